/**
 * @file Synthetic cohorts with a known truth, for the tests of this room. Not exported from the layer.
 */
import { Rng } from "../../core/index.ts";
import type { Trajectory } from "./forecaster.ts";

export const GRID = [
  5, 10, 14, 20, 28, 40, 50, 70, 100, 140, 200, 280, 400, 500, 560, 700, 800, 1000, 1300, 1600, 2000,
];

/**
 * Runs whose accuracy dips and then rises to an end that a hidden quantity decides. `accuracy` tells of it ever better as
 * it rises, `mechanism` tells of it from the start with noise, `noise` never.
 */
export function syntheticCohort(n: number, seed: number): Trajectory[] {
  const rng = Rng.of(seed, "synthetic cohort");
  return Array.from({ length: n }, (_, i): Trajectory => {
    const hidden = rng.normal();
    const end = 0.5 + 0.03 * hidden + 0.006 * rng.normal();
    const accuracy = GRID.map((step) => {
      const rise = 1 / (1 + (260 / step) ** 1.8);
      const dip = 0.14 * Math.exp(-step / 25);
      return 0.19 + dip + (end - 0.19) * rise + 0.006 * rng.normal();
    });
    accuracy[accuracy.length - 1] = end;
    return {
      run: `run-${seed}-${i}`,
      steps: GRID,
      values: {
        accuracy,
        mechanism: GRID.map(() => hidden + 0.6 * rng.normal()),
        noise: GRID.map(() => rng.normal()),
        loss: GRID.map((step) => 2.3 * step ** -0.3 + 0.05 * rng.normal()),
      },
    };
  });
}
