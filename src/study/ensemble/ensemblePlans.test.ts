import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunMeaning } from "../../core/index.ts";
import { organism } from "../../lab/index.ts";
import { Workspace } from "../../store/index.ts";
import type { RunSpec } from "../runSpec.ts";
import { bestOf, candidatesFor, type EnsembleMode, EnsemblePlans } from "./ensemblePlans.ts";

const row = (members: number, ratio: number, exactness = "bit-identical") => ({ members, ratio, rounds: 5, exactness });

describe("the ensemble that is used", () => {
  test("takes the least time, the copies that fill up the last one included", () => {
    expect(bestOf([row(4, 0.6), row(8, 0.5)], 16, "exact")?.members).toBe(8);
    // 9 runs are 3 times 4 or 2 times 8: .8 and .89 of the separate time.
    expect(bestOf([row(4, 0.6), row(8, 0.5)], 9, "exact")?.members).toBe(4);
  });

  test("must save a tenth, and have the bits of separate runs unless rounding is allowed", () => {
    expect(bestOf([row(4, 0.91)], 8, "exact")).toBeUndefined();
    expect(bestOf([row(4, 0.5, "within 1e-6")], 8, "exact")).toBeUndefined();
    expect(bestOf([row(4, 0.5, "within 1e-6")], 8, "close")).toEqual({ members: 4, exactness: "within 1e-6" });
    expect(bestOf([], 8, "close")).toBeUndefined();
  });

  test("is looked for among sizes that keep all workers busy", () => {
    expect(candidatesFor(24, 2)).toEqual([3, 6, 12]);
    expect(candidatesFor(100, 2)).toEqual([13, 16]);
    expect(candidatesFor(3, 2)).toEqual([2]);
    expect(candidatesFor(2, 2)).toEqual([]);
  });
});

describe("jobs", () => {
  const specOf = (seed: number, settings: Record<string, number> = {}, until = 5000): RunSpec => {
    const meaning: RunMeaning = {
      process: { organism: "grokking", factors: organism("grokking").parseFactors(settings, "test"), changes: [] },
      seeds: { data: seed, init: seed },
      data: {},
    };
    const at = { measureAt: [until], fullAt: [until], checkpointAt: [until], complete: true };
    return { role: "cohort", label: `seed ${seed}`, meaning, until, ...at };
  };
  const specs = [0, 1, 2, 3, 4].map((seed) => specOf(seed));

  async function plansIn(home: string, mode: EnsembleMode = "exact", ratio = 0.4) {
    const asked: (readonly number[])[] = [];
    const said: string[] = [];
    const plans = new EnsemblePlans({
      workspace: await Workspace.open(home),
      workers: 2,
      mode,
      choose: async ({ candidates }) => {
        asked.push(candidates);
        const measured = candidates.map((members) => ({
          ...row(members, members === 3 ? ratio * 0.9 : ratio),
          exactness: "bit-identical" as const,
          stepsPerRound: 10,
          graphHash: "",
        }));
        return { members: 3, measured, excluded: [] };
      },
      say: (message) => said.push(message),
    });
    return { plans, asked, said };
  }
  const home = () => mkdtempSync(join(tmpdir(), "ontogeny-ensembles-"));

  test("are ensembles of runs of one shape and stretch; numbers may differ", async () => {
    const { plans, said } = await plansIn(home());
    const mixed = [...specs, specOf(9, { "optimizer.weightDecay": 3 }), specOf(10, { "architecture.hidden": 16 })];
    const jobs = await plans.jobsOf(mixed, mixed);
    expect(jobs.map((job) => [job.ensemble?.members ?? 1, job.specs.length])).toEqual([
      [3, 3],
      [3, 3],
      [1, 1],
    ]);
    expect(said[0]).toBe("ensembles: 2 at once, bit-identical to separate runs: 0.40 × their separate time (5 rounds)");
  });

  test("are the same when some of the runs are done already, and nothing is measured twice in a workspace", async () => {
    const where = home();
    await (await plansIn(where)).plans.jobsOf(specs, specs);
    const { plans, asked } = await plansIn(where, "exact", 2);
    const jobs = await plans.jobsOf(specs, specs.slice(4));
    expect(jobs.map((job) => [job.ensemble?.members, job.specs.length])).toEqual([[3, 1]]);
    expect(asked).toEqual([]);
  });

  test("are single runs where it is off, does not pay, or is not worth a measurement", async () => {
    const none = async (mode: EnsembleMode, ratio: number, runs: readonly RunSpec[]) => {
      const { plans, asked } = await plansIn(home(), mode, ratio);
      const jobs = await plans.jobsOf(runs, runs);
      expect(jobs.every((job) => job.ensemble === undefined && job.specs.length === 1)).toBe(true);
      return asked.length;
    };
    expect(await none("off", 0.1, specs)).toBe(0);
    expect(await none("exact", 0.95, specs)).toBe(1);
    expect(
      await none(
        "exact",
        0.1,
        specs.map((spec) => ({ ...spec, until: 100 })),
      ),
    ).toBe(0);
  });
});
