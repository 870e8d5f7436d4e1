/** @file Series with a known truth, and bounds for counts, for the tests of event detection. */
import type { Rng } from "../../core/index.ts";
import type { Series } from "./series.ts";

/** Stationary AR(1) noise of variance 1; a random walk with unit steps from 0 where the correlation is 1. */
export function autoregressive(rng: Rng, n: number, correlation: number): number[] {
  const innovation = correlation < 1 ? Math.sqrt(1 - correlation ** 2) : 1;
  let value = correlation < 1 ? rng.normal() : 0;
  return Array.from({ length: n }, () => {
    const now = value;
    value = correlation * value + innovation * rng.normal();
    return now;
  });
}

/** Measure m at steps 10, 20, … */
export function seriesOf(values: readonly number[]): Series {
  return { measure: "m", steps: values.map((_, i) => 10 * (i + 1)), values };
}

/** The count that a binomial of n trials at rate p exceeds with probability below 1e-4. */
export function binomialUpper(n: number, p: number): number {
  let [term, sum] = [(1 - p) ** n, 0];
  for (let k = 0; k <= n; k++) {
    sum += term;
    if (1 - sum < 1e-4) return k;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return n;
}
