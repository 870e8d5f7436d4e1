import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Change, RunMeaning } from "../../core/index.ts";
import { runIdOf } from "../../core/index.ts";
import type { WorkerContext } from "../../fleet/index.ts";
import { organism } from "../../lab/index.ts";
import { Workspace } from "../../store/index.ts";
import { branchMeaning } from "../plan.ts";
import { replayRun } from "../replay/replayRun.ts";
import type { TrainJob } from "../runSpec.ts";
import { trainRun } from "../trainRun.ts";
import { trainGroup } from "./trainGroup.ts";

const ENSEMBLE = { members: 4, exactness: "bit-identical" };
const SMALL = { "data.modulus": 13, "architecture.embedding": 8, "architecture.hidden": 16 };
const MARKS = [0, 20, 40, 60];

const meaningOf = (seed: number, settings: Record<string, number> = {}): RunMeaning => ({
  process: {
    organism: "grokking",
    factors: organism("grokking").parseFactors({ ...SMALL, ...settings }, "test"),
    changes: [],
  },
  seeds: { data: seed, init: seed },
  data: {},
});
const specOf = (meaning: RunMeaning, until = 60): TrainJob["spec"] => {
  const at = MARKS.filter((step) => step <= until && step >= (meaning.lineage?.forkStep ?? 0));
  return { meaning, until, measureAt: at, fullAt: [], checkpointAt: at, complete: until === 60 };
};
const three = [meaningOf(1), meaningOf(2, { "optimizer.weightDecay": 0.3 }), meaningOf(3)];

const quiet = (signal = new AbortController().signal): WorkerContext => ({ signal, progress: () => {} });
const open = (): Promise<Workspace> => Workspace.open(mkdtempSync(join(tmpdir(), "ontogeny-group-")));
const group = (workspace: Workspace, specs: readonly TrainJob["spec"][], context = quiet()) =>
  trainGroup({
    workspace,
    job: { kind: "trainGroup", home: workspace.home, specs, ensemble: ENSEMBLE },
    context,
    clock: Date.now,
  });

/** All that a run is: state hashes by step, and measured values. */
async function contentOf(workspace: Workspace, meaning: RunMeaning) {
  const run = workspace.run(runIdOf(meaning));
  const { points } = await run.points();
  return {
    status: run.manifest().status,
    states: run.checkpoints().map(({ step, meta }) => [step, meta.stateHash]),
    points: points.map(({ step, measure, value, se, n }) => [step, measure, value, se, n]),
  };
}

async function separately(meanings: readonly RunMeaning[]) {
  const workspace = await open();
  for (const meaning of meanings)
    await trainRun({ workspace, spec: specOf(meaning), context: quiet(), clock: Date.now });
  return Promise.all(meanings.map((meaning) => contentOf(workspace, meaning)));
}

describe("a group of runs", () => {
  test("is measured, saved and completed as separate runs are, and the manifests say how it was trained", async () => {
    const workspace = await open();
    const outcome = await group(
      workspace,
      three.map((meaning) => specOf(meaning)),
    );
    if (outcome === "stopped") throw new Error("stopped");
    expect(outcome.result.map(({ steps }) => steps)).toEqual([60, 60, 60]);
    const expected = await separately(three);
    for (const [i, meaning] of three.entries()) {
      expect(await contentOf(workspace, meaning)).toEqual(expected[i]);
      expect(workspace.run(runIdOf(meaning)).manifest().numerics?.ensemble).toEqual(ENSEMBLE);
    }
  });

  test("stopped at any moment and called again, comes to the same end", async () => {
    const workspace = await open();
    const specs = three.map((meaning) => specOf(meaning));
    let stops = 0;
    for (let calls = 1; calls < 100; calls++) {
      const controller = new AbortController();
      let told = 0;
      const progress = () => {
        if (++told === 3) controller.abort();
      };
      const outcome = await group(workspace, specs, { signal: controller.signal, progress });
      if (outcome !== "stopped") break;
      stops++;
    }
    expect(stops).toBeGreaterThan(1);
    const expected = await separately(three);
    for (const [i, meaning] of three.entries()) {
      const { status, states, points } = await contentOf(workspace, meaning);
      expect({ status, points }).toEqual({ status: expected[i].status, points: expected[i].points });
      for (const row of expected[i].states) expect(states).toContainEqual(row);
    }
  });

  test("runs that are ahead wait for the others, and one that is done stays as it is", async () => {
    const workspace = await open();
    await group(workspace, [specOf(three[0], 40)]);
    await group(workspace, [specOf(three[1])]);
    const outcome = await group(
      workspace,
      three.map((meaning) => specOf(meaning)),
    );
    if (outcome === "stopped") throw new Error("stopped");
    const stepsOf = new Map(outcome.result.map(({ run, steps }) => [run, steps]));
    expect(three.map((meaning) => stepsOf.get(runIdOf(meaning)))).toEqual([20, 0, 60]);
    const expected = await separately(three);
    for (const [i, meaning] of three.entries()) expect(await contentOf(workspace, meaning)).toEqual(expected[i]);
  });

  test("branches go on from their parents' states", async () => {
    const workspace = await open();
    await group(
      workspace,
      three.map((meaning) => specOf(meaning)),
    );
    const change: Change = { from: 20, set: { "optimizer.learningRate": 0.03 } };
    const branches = three.map((meaning) => branchMeaning(meaning, 20, [change]));
    const outcome = await group(
      workspace,
      branches.map((meaning) => ({ ...specOf(meaning), measureAt: [40, 60], checkpointAt: [60] })),
    );
    if (outcome === "stopped") throw new Error("stopped");
    expect(outcome.result).toMatchObject(three.map(() => ({ steps: 40, stepsShared: 20 })));
    const treated = workspace.run(runIdOf(branches[0]));
    const control = workspace.run(runIdOf(three[0]));
    expect(treated.manifest().numericsKey).toBe(control.manifest().numericsKey);
    expect(treated.loadCheckpoint(60)).not.toEqual(control.loadCheckpoint(60));
  });

  test("one whose training breaks fails with its trajectory up to there, the others are completed", async () => {
    const workspace = await open();
    const change: Change = { from: 25, set: { "optimizer.learningRate": 10, "optimizer.weightDecay": 100 } };
    const breaking: RunMeaning = { ...meaningOf(4), process: { ...meaningOf(4).process, changes: [change] } };
    const meanings = [three[0], breaking, three[1]];
    const outcome = await group(
      workspace,
      meanings.map((meaning) => specOf(meaning)),
    );
    if (outcome === "stopped") throw new Error("stopped");
    expect(outcome.result.filter(({ failure }) => failure !== undefined).map(({ run }) => run)).toEqual([
      runIdOf(breaking),
    ]);
    const expected = await separately(meanings);
    for (const [i, meaning] of meanings.entries()) expect(await contentOf(workspace, meaning)).toEqual(expected[i]);
  });

  test("a run of it is verified bit for bit, by itself among copies", async () => {
    const workspace = await open();
    await group(
      workspace,
      three.map((meaning) => specOf(meaning)),
    );
    const run = runIdOf(three[1]);
    const job = { kind: "replay", home: workspace.home, run } as const;
    const outcome = await replayRun({ workspace, job, context: quiet() });
    if (outcome === "stopped") throw new Error("stopped");
    expect(outcome.result.checkpoints.map(({ step, same }) => [step, same])).toEqual(MARKS.map((step) => [step, true]));
    expect(outcome.result.measures.differences).toEqual([]);
  });

  test("refuses a run that was begun by itself, and leaves no lease behind", async () => {
    const workspace = await open();
    await trainRun({ workspace, spec: specOf(three[0], 20), context: quiet(), clock: Date.now });
    const specs = three.map((meaning) => specOf(meaning));
    await expect(group(workspace, specs)).rejects.toThrow(
      "ensemble: none there, 4 at once, bit-identical to separate runs here",
    );
    await trainRun({ workspace, spec: specOf(three[0]), context: quiet(), clock: Date.now });
    await group(workspace, specs.slice(1));
  });
});
