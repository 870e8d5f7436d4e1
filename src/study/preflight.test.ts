import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Numerics, numericsKeyOf, type RunMeaning, runIdOf } from "../core/index.ts";
import { Workspace } from "../store/index.ts";
import { branchMeaning } from "./plan.ts";
import { memoryWarning, requireOwnNumerics } from "./preflight.ts";

const HERE: Numerics = { engine: "e/2", graph: "g", runtime: "r", threads: 1, cpu: "c" };
const THERE: Numerics = { ...HERE, engine: "e/1" };
const GIB = 2 ** 30;

const meaningOf = (seed: number, learningRate = 0.1): RunMeaning => ({
  process: {
    organism: "grokking",
    factors: { data: {}, objective: {}, architecture: {}, optimizer: { learningRate } },
    changes: [],
  },
  seeds: { data: seed },
  data: {},
});

async function workspaceWith(runs: readonly { readonly meaning: RunMeaning; readonly numerics?: Numerics }[]) {
  const workspace = await Workspace.open(mkdtempSync(join(tmpdir(), "ontogeny-preflight-")));
  for (const { meaning, numerics } of runs) {
    const writer = await workspace.acquireRun(meaning, { owner: "test" });
    const key = numerics === undefined ? {} : { numerics, numericsKey: numericsKeyOf(numerics) };
    writer.commit({ step: 10, status: "running", ...key });
    writer.release();
  }
  return workspace;
}

function check(workspace: Workspace, meanings: readonly RunMeaning[], isOwn?: (run: string) => boolean) {
  const inspected: RunMeaning[] = [];
  const inspect = async (meaning: RunMeaning) => {
    inspected.push(meaning);
    return { numerics: HERE, openBytes: 0 };
  };
  return { inspected, done: requireOwnNumerics({ workspace, meanings, inspect, isOwn }) };
}

describe("before anything is trained", () => {
  test("new runs, and runs of these numerics, may be trained; new ones need no look", async () => {
    const [known, fresh] = [meaningOf(1), meaningOf(2)];
    const workspace = await workspaceWith([{ meaning: known, numerics: HERE }]);
    const { inspected, done } = check(workspace, [known, fresh]);
    await done;
    expect(inspected).toEqual([known]);
    const other = check(workspace, [fresh, meaningOf(3)]);
    await other.done;
    expect(other.inspected).toEqual([]);
  });

  test("runs of one process are looked at once, and all that differ are counted in one message", async () => {
    const old = [1, 2, 3].map((seed) => meaningOf(seed));
    const workspace = await workspaceWith(old.map((meaning) => ({ meaning, numerics: THERE })));
    const { inspected, done } = check(workspace, [...old, meaningOf(4, 0.2)]);
    await expect(done).rejects.toMatchObject({
      code: "NUMERICS_DIFFER",
      message: expect.stringMatching(/in 3 runs \(.*\)\. engine: e\/1 there, e\/2 here\..*Nothing was trained$/),
    });
    expect(inspected).toHaveLength(1);
  });

  test("runs that the same workers have trained before are not looked at", async () => {
    const [old, own] = [meaningOf(1), meaningOf(2, 0.2)];
    const workspace = await workspaceWith([old, own].map((meaning) => ({ meaning, numerics: HERE })));
    const { inspected, done } = check(workspace, [old, own], (run) => run === runIdOf(own));
    await done;
    expect(inspected).toEqual([old]);
  });

  test("a branch of a run of other numerics is stopped, though it is new itself; so is a branch of its branch", async () => {
    const parent = meaningOf(1);
    const branch = branchMeaning(parent, 5, []);
    const workspace = await workspaceWith([{ meaning: parent, numerics: THERE }]);
    await expect(check(workspace, [branch]).done).rejects.toThrow(runIdOf(parent));
    const both = await workspaceWith([{ meaning: parent, numerics: THERE }, { meaning: branch }]);
    await expect(check(both, [branchMeaning(branch, 7, [])]).done).rejects.toThrow("in 1 run (");
  });
});

describe("workers that do not fit in memory", () => {
  const inspected = { numerics: HERE, openBytes: 0.2 * GIB, trainingBytes: 0.8 * GIB };

  test("are warned of, with how many fit", () => {
    expect(memoryWarning({ workers: 8, inspected, availableBytes: 4.8 * GIB })).toBe(
      "memory: 8 workers are expected to take up to 8.0 GiB (1.0 GiB each), 5.0 GiB are there; run with --workers 5, or choose a smaller model or batch",
    );
    expect(memoryWarning({ workers: 1, inspected, availableBytes: 0.1 * GIB })).toContain("there; choose a smaller");
  });

  test("are not warned of when they fit, or when the device cannot say", () => {
    expect(memoryWarning({ workers: 5, inspected, availableBytes: 4.8 * GIB })).toBeUndefined();
    const silent = { numerics: HERE, openBytes: GIB };
    expect(memoryWarning({ workers: 64, inspected: silent, availableBytes: 0 })).toBeUndefined();
  });
});
