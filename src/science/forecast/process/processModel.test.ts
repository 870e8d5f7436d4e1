/**
 * @file The process model: forecasts against whole matrices, and what it learns from curves whose truth is known.
 */
import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cholesky, choleskySolve, dot } from "../../stats/linear.ts";
import type { Trajectory } from "../forecaster.ts";
import { curveGrid, onGrid } from "./curveGrid.ts";
import { conditionProcess } from "./processForecast.ts";
import { learnProcess } from "./processModel.ts";
import { runRelations } from "./runRelations.ts";
import { amplitudes, elapsed, MOTIONS } from "./stepClock.ts";

const STEPS = [10, 20, 50, 100, 200, 500, 1000];
const TASK = { target: "score", targetStep: 1000, cutoff: 100 };

/** Curves that rise with ln(step), faster in larger runs. */
function runsOf(sizes: readonly number[], { seed = 1, own = 0.005, noise = 0.005 } = {}): Trajectory[] {
  const rng = Rng.of(seed, "process model");
  return sizes.map((size, i) => {
    const slope = 0.02 * Math.log(size) + own * rng.normal();
    return {
      run: `run-${i}`,
      steps: STEPS,
      configuration: { size },
      values: { score: STEPS.map((step) => 0.1 + slope * Math.log(step / 10) + noise * rng.normal()) },
    };
  });
}

function prefixOf(run: Trajectory, grid: ReturnType<typeof curveGrid>): Float64Array {
  const seen = run.values.score.map((value, i) => (STEPS[i] <= TASK.cutoff ? value : Number.NaN));
  return onGrid(grid, { ...run, values: { score: seen } }, "score");
}

test("one model's forecast is the whole joint normal distribution, conditioned, with a very wide common curve", () => {
  const runs = runsOf([10, 20, 40, 80, 160]);
  const [known, fresh] = [runs.slice(0, 4), runs[4]];
  const grid = curveGrid(known, TASK);
  const relations = runRelations(known);
  const learned = learnProcess({ grid, relations });
  const k = 2;
  const model = learned.models[k];
  const weights = MOTIONS.map((_, m) => Number(m === k));
  // A common curve that may do anything: each step's mean is then all that is known of it.
  const free = { ...learned, common: { pace: 0, ratio: 1e10 } };
  const prefix = prefixOf(fresh, grid);
  const { mean, variance } = conditionProcess({ grid, relations }, free, weights).predict(fresh, prefix);

  const kinds = relations.kinds.length;
  const variances = [...model.logSds].map((log) => Math.exp(2 * log));
  const { cross, own } = relations.across(fresh);
  const clock = elapsed(grid.logSteps, model.pace);
  const size = amplitudes(grid.logSteps, model.swell);
  const related = (kind: number, a: number, b: number) =>
    a === 4 && b === 4
      ? own[kind]
      : a === 4
        ? cross[kind][b]
        : b === 4
          ? cross[kind][a]
          : relations.within[kind][a * 4 + b];
  const covarianceOf = ([runA, i]: readonly [number, number], [runB, j]: readonly [number, number]) => {
    const wide = i === j ? 1e4 : 0;
    let sum = wide + (runA === runB && i === j ? variances[2 * kinds] : 0);
    for (let kind = 0; kind < kinds; kind++)
      sum +=
        related(kind, runA, runB) *
        size[i] *
        size[j] *
        (variances[kind] + variances[kinds + kind] * Math.min(clock[i], clock[j]));
    return sum;
  };
  const end = STEPS.length - 1;
  const seen = [
    ...[0, 1, 2, 3].flatMap((run) => STEPS.map((_, j) => [run, j] as const)),
    ...[0, 1, 2, 3].map((j) => [4, j] as const),
  ];
  const l = cholesky(seen.map((a) => seen.map((b) => covarianceOf(a, b))));
  const towards = seen.map((a) => covarianceOf(a, [4, end]));
  const values = seen.map(([run, j]) => runs[run].values.score[j]);
  // The wide prior of each step leaves rounding of the order of 1e4 × 1e-16 / noise.
  expect(mean).toBeCloseTo(dot(towards, choleskySolve(l, values)), 5);
  expect(variance).toBeCloseTo(covarianceOf([4, end], [4, end]) - dot(towards, choleskySolve(l, towards)), 5);
});

test("finds a law in the size and extrapolates it: within three of its own spreads in 20 of 20 cohorts, and far nearer than the last value", () => {
  let [missed, last] = [0, 0];
  for (let seed = 0; seed < 20; seed++) {
    const runs = runsOf([10, 20, 40, 80, 320], { seed });
    const [known, fresh] = [runs.slice(0, 4), runs[4]];
    const grid = curveGrid(known, TASK);
    const input = { grid, relations: runRelations(known) };
    const learned = learnProcess(input);
    const even = learned.models.map(() => 1 / learned.models.length);
    const { mean, variance } = conditionProcess(input, learned, even).predict(fresh, prefixOf(fresh, grid));
    const outcome = fresh.values.score[STEPS.length - 1];
    expect(Math.abs(outcome - mean), `seed ${seed}`).toBeLessThan(3 * Math.sqrt(variance));
    missed += Math.abs(outcome - mean);
    last += Math.abs(outcome - fresh.values.score[3]);
  }
  expect(missed).toBeLessThan(0.25 * last);
});

test("curves that are noise about one value are forecast by that value, with the noise as spread", () => {
  const rng = Rng.of("noise");
  const runs = Array.from(
    { length: 9 },
    (_, i): Trajectory => ({
      run: `run-${i}`,
      steps: STEPS,
      values: { score: STEPS.map(() => 0.25 + 0.02 * rng.normal()) },
    }),
  );
  const known = runs.slice(0, 8);
  const grid = curveGrid(known, TASK);
  const input = { grid, relations: runRelations(known) };
  const learned = learnProcess(input);
  const even = learned.models.map(() => 1 / learned.models.length);
  const { mean, variance } = conditionProcess(input, learned, even).predict(runs[8], prefixOf(runs[8], grid));
  // The mean of 8 × 7 values has the sd .02/√56 = .0027; four of them.
  expect(Math.abs(mean - 0.25)).toBeLessThan(0.011);
  expect(Math.sqrt(variance)).toBeGreaterThan(0.016);
  expect(Math.sqrt(variance)).toBeLessThan(0.03);
});

test("equal curves refuse", () => {
  const runs = runsOf([10, 10, 10], { own: 0, noise: 0 });
  const grid = curveGrid(runs, TASK);
  expect(() => learnProcess({ grid, relations: runRelations(runs) })).toThrow("the cohort's curves do not differ");
});
