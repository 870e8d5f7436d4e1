/**
 * @file The process model: predictions against whole matrices, and what it learns from curves whose truth is known.
 */
import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cholesky, choleskySolve, dot } from "../../stats/linear.ts";
import type { Trajectory } from "../forecaster.ts";
import { curveGrid, onGrid } from "./curveGrid.ts";
import { conditionProcess, learnProcess } from "./processModel.ts";
import { runRelations } from "./runRelations.ts";

const STEPS = [10, 20, 50, 100, 200, 500, 1000];
const TASK = { target: "score", targetStep: 1000, cutoff: 100 };

/** Curves that rise with ln(step), faster in larger runs. */
function cohort(sizes: readonly number[], seed = 1): Trajectory[] {
  const rng = Rng.of(seed, "process model");
  return sizes.map((size, i) => {
    const own = 0.01 * rng.normal();
    return {
      run: `run-${i}`,
      steps: STEPS,
      configuration: { size },
      values: {
        score: STEPS.map((step) => 0.1 + (0.02 * Math.log(size) + own) * Math.log(step / 10) + 0.005 * rng.normal()),
      },
    };
  });
}

test("predicts what conditioning the whole joint normal distribution predicts", () => {
  const runs = cohort([10, 20, 40, 80, 160]);
  const [known, fresh] = [runs.slice(0, 4), runs[4]];
  const grid = curveGrid(known, TASK);
  const relations = runRelations(known);
  const learned = learnProcess({ grid, relations });
  const prefix = onGrid(
    grid,
    { ...fresh, values: { score: fresh.values.score.map((v, i) => (STEPS[i] <= 100 ? v : Number.NaN)) } },
    "score",
  );
  const { mean, variance } = conditionProcess({ grid, relations }, learned).predict(fresh, prefix);

  const kinds = relations.kinds.length;
  const variances = [...learned.logSds].map((log) => Math.exp(2 * log));
  const { cross, own } = relations.across(fresh);
  const g = STEPS.length;
  const related = (k: number, a: number, b: number) =>
    a === 4 && b === 4 ? own[k] : a === 4 ? cross[k][b] : b === 4 ? cross[k][a] : relations.within[k][a * 4 + b];
  const covarianceOf = (a: readonly [number, number], b: readonly [number, number]) => {
    const range = Math.log(100);
    const c = Math.min(Math.log(STEPS[a[1]] / 10), Math.log(STEPS[b[1]] / 10)) / range;
    let sum = a[0] === b[0] && a[1] === b[1] ? variances[2 * kinds] : 0;
    for (let k = 0; k < kinds; k++) sum += related(k, a[0], b[0]) * (variances[k] + variances[kinds + k] * c);
    return sum;
  };
  const points = [0, 1, 2, 3].flatMap((run) => STEPS.map((_, j) => [run, j] as const));
  const seen = [...points, ...[0, 1, 2, 3].map((j) => [4, j] as const)];
  const values = seen.map(([run, j]) => runs[run].values.score[j] - learned.centre);
  const l = cholesky(seen.map((a) => seen.map((b) => covarianceOf(a, b))));
  const k = seen.map((a) => covarianceOf(a, [4, g - 1]));
  expect(mean).toBeCloseTo(learned.centre + dot(k, choleskySolve(l, values)), 8);
  expect(variance).toBeCloseTo(covarianceOf([4, g - 1], [4, g - 1]) - dot(k, choleskySolve(l, k)), 8);
});
