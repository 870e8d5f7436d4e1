/**
 * @file Mean over runs at each step with Student's t interval for the mean: what the band in the trajectories is.
 *
 * Runs without a finite value at a step are left out there and counted; with fewer than two there is no interval.
 */
import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { DomainError } from "../../core/index.ts";
import { isFiniteNumber, type MaybeNumber } from "./format.ts";

export interface MeanPoint {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Runs with a finite value at this step. */
  readonly n: number;
}

/** `rows`: one a run, one value a step. Returns one point a step. Source: mean ± t(n−1) · sd/√n. */
export function meanBand(
  rows: readonly (readonly MaybeNumber[])[],
  { steps, level = 0.95 }: { steps: number; level?: number },
): MeanPoint[] {
  return Array.from({ length: steps }, (_, i) => {
    const values = rows.map((row) => row[i]).filter(isFiniteNumber);
    const n = values.length;
    if (n === 0) return { mean: null, low: null, high: null, n };
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    if (n === 1) return { mean, low: null, high: null, n };
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
    const half = studentQuantile(level, n - 1) * Math.sqrt(variance / n);
    return { mean, low: mean - half, high: mean + half, n };
  });
}

/**
 * The t that a Student variable with ν degrees of freedom stays within ±t of with probability `level`.
 * From the beta distribution: ν/(ν+T²) ~ Beta(ν/2, ½).
 */
export function studentQuantile(level: number, degreesOfFreedom: number): number {
  if (!(level > 0 && level < 1)) throw new DomainError("studentQuantile level", "a number in (0, 1)", level);
  if (!(degreesOfFreedom > 0)) throw new DomainError("studentQuantile degreesOfFreedom", "> 0", degreesOfFreedom);
  const x = betaQuantile(1 - level, degreesOfFreedom / 2, 0.5);
  return Math.sqrt((degreesOfFreedom * (1 - x)) / x);
}
