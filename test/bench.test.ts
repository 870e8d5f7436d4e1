/**
 * @file The parts of bench/ that its figures rest on: problems on disk, intervals, goals, and that every model of the
 * suite can be trained by the engine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TRAINING_CASES } from "../bench/engine/cases.ts";
import { MODELS } from "../bench/engine/models/index.ts";
import { loopSpec, OurRun } from "../bench/engine/ours.ts";
import { readProblem, writeProblem } from "../bench/engine/problem.ts";
import { type BenchRow, isMet, median, ratioInterval } from "../bench/harness.ts";
import { Rng } from "../src/core/index.ts";
import { initEngine, lowerLoop } from "../src/engine/index.ts";

test("a problem comes back from its folder as it was, bytes of every type included", () => {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-bench-test-"));
  try {
    const problem = {
      ...MODELS.grokking.problem(),
      resident: { bytes: { dtype: "uint8" as const, shape: [3], data: Uint8Array.of(1, 2, 255) } },
      perStep: { index: { dtype: "int32" as const, shape: [2, 1], data: Int32Array.of(-1, 7) } },
    };
    writeProblem(folder, problem);
    expect(readProblem(folder)).toEqual(problem);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every case names a model, and the engine lowers it", async () => {
  await initEngine();
  for (const { name } of TRAINING_CASES)
    expect(lowerLoop(loopSpec(MODELS[name].problem())).layout.outputs.map((slot) => slot.name)).toEqual(["loss"]);
});

test("a run that begins again repeats its losses, whatever it did before", async () => {
  const run = await OurRun.open(MODELS.mlp.problem());
  const first = await run.advance(4);
  await run.advance(3);
  run.restart();
  expect([...(await run.advance(1)), ...(await run.advance(3))]).toEqual(first);
  await run.close();
});

test("the interval of a ratio holds the ratio, and is narrow where the turns agree", () => {
  const rng = Rng.of(4, "bench test");
  const turns = Array.from({ length: 15 }, () => 1 + 0.1 * rng.uniform());
  const ours = turns.map((slow) => slow * 2 * (1 + 0.001 * rng.uniform()));
  const [low, high] = ratioInterval(ours, turns);
  const ratio = median(ours) / median(turns);
  expect(low).toBeLessThanOrEqual(ratio);
  expect(high).toBeGreaterThanOrEqual(ratio);
  // Both costs of a turn are drawn together, so the 10% by which turns differ cancels for the most part.
  expect(high - low).toBeLessThan(0.05);
  expect(ratioInterval([3, 3, 3], [2, 2, 2])).toEqual([1.5, 1.5]);
});

test("a goal may bound the ratio or the figure, from either side; no figure does not meet it", () => {
  const row: BenchRow = {
    suite: "engine",
    case: "one",
    ours: 3,
    peer: 2,
    peerName: "peer",
    ratio: 1.5,
    goal: 2,
    unit: "ms",
    runs: 1,
  };
  expect(isMet(row)).toBe(false);
  expect(isMet({ ...row, held: { what: "ratio", side: "atMost" } })).toBe(true);
  expect(isMet({ ...row, held: { what: "ours", side: "atLeast" } })).toBe(true);
  expect(isMet({ ...row, ratio: Number.NaN, held: { what: "ratio", side: "atMost" } })).toBe(false);
  expect(isMet({ ...row, ours: Number.NaN, goal: 1e9 })).toBe(false);
  expect(isMet({ ...row, goal: null })).toBe(null);
});
