import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type RunMeaning, runIdOf } from "../core/index.ts";
import { grokking } from "../lab/organisms/grokking/organism.ts";
import { Workspace } from "../store/index.ts";
import { branchMeaning } from "./plan.ts";
import type { TrainJob } from "./runSpec.ts";
import { trainRun } from "./trainRun.ts";

/** Every update multiplies the weights by 1 − 1 · 10 = −9: broken after a dozen. */
const diverging = meaningOf({ "optimizer.learningRate": 1, "optimizer.weightDecay": 10 });

function meaningOf(settings: Record<string, number>): RunMeaning {
  const factors = grokking.parseFactors({ "data.modulus": 13, "architecture.hidden": 16, ...settings }, "test");
  return { process: { organism: "grokking", factors, changes: [] }, seeds: { data: 1, init: 1 }, data: {} };
}

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.open(mkdtempSync(join(tmpdir(), "ontogeny-train-")));
});

async function train(meaning: RunMeaning, more: Partial<TrainJob["spec"]> = {}) {
  const spec = {
    meaning,
    until: 40,
    measureAt: [5, 20, 40],
    fullAt: [40],
    checkpointAt: [5, 40],
    complete: true,
    ...more,
  };
  const told: number[] = [];
  const outcome = await trainRun({
    workspace,
    spec,
    clock: Date.now,
    context: { signal: new AbortController().signal, progress: (value) => told.push((value as { step: number }).step) },
  });
  if (outcome === "stopped") throw new TypeError("was not asked to stop");
  const run = workspace.run(runIdOf(meaning));
  const steps = async () => [...new Set((await run.points()).points.map(({ step }) => step))];
  return { result: outcome.result, told, run, manifest: run.manifest(), steps };
}

test("training that breaks is a result: marked, with its measures and the last finite state kept", async () => {
  const { result, manifest, run, steps, told } = await train(diverging);
  const broke = manifest.step;
  expect(broke).toBeGreaterThan(5);
  expect(broke).toBeLessThan(20);
  expect(result).toMatchObject({ steps: broke, failure: manifest.failure });
  expect(manifest.status).toBe("failed");
  expect(manifest.failure).toMatch(
    new RegExp(`^Training from step ${broke} to .*; last finite checkpoint: step ${broke}$`),
  );
  expect(await steps()).toEqual([5]);
  expect(run.checkpoints().map(({ step }) => step)).toEqual([5, broke]);
  expect(Math.max(...told)).toBeLessThanOrEqual(broke);
});

test("taken up again it breaks at the same step with the same words, and looks again where it is asked to", async () => {
  const first = await train(diverging);
  const again = await train(diverging);
  expect(again.result).toMatchObject({ steps: 0, failure: first.result.failure });
  const closer = await train(diverging, { measureAt: [5, 8, 20, 40] });
  expect(closer.result.failure).toBe(first.result.failure);
  expect(await closer.steps()).toEqual([5, 8]);
  expect(closer.manifest).toMatchObject({ status: "failed", step: first.manifest.step });
});

test("a branch of it from before it broke is trained; one from after it fails at once, without a step", async () => {
  const { run, manifest } = await train(diverging);
  const mended = branchMeaning(diverging, 3, [{ from: 3, set: { "optimizer.weightDecay": 0 } }]);
  expect((await train(mended, { checkpointAt: [] })).manifest).toMatchObject({ status: "complete", step: 40 });
  const late = branchMeaning(diverging, 30, []);
  const { result, manifest: failed } = await train(late, { measureAt: [40], checkpointAt: [] });
  expect(result).toMatchObject({ steps: 0, failure: failed.failure });
  expect(failed).toMatchObject({
    status: "failed",
    failure: `its parent, run ${run.id}, failed at step ${manifest.step}, before the fork`,
  });
});

test("a run of other numerics is refused with what differs, before a step", async () => {
  const meaning = meaningOf({});
  const { run } = await train(meaning, { until: 10, measureAt: [], checkpointAt: [10], complete: false });
  const manifest = JSON.parse(JSON.stringify(run.manifest()));
  manifest.numerics.engine = "ontogeny-engine/0";
  manifest.numericsKey = "n000000000000000000000000";
  writeFileSync(run.paths.manifest, JSON.stringify(manifest));
  await expect(train(meaning)).rejects.toMatchObject({
    code: "NUMERICS_DIFFER",
    message: expect.stringMatching(/^Run r\w+: .*\. engine: ontogeny-engine\/0 there, ontogeny-engine\/\w+ here\. /),
  });
  expect(run.manifest().step).toBe(10);
});
