/**
 * @file The mean of an autocorrelated series: how many independent values it is worth.
 *
 * For a stationary series whose autocorrelation falls off like AR(1); a trend shows as strong autocorrelation and widens the
 * interval. Refuses fewer than 5 values and non-finite ones. Lags are positions, so steps should be evenly spaced.
 */
import { RefusedError } from "../../core/index.ts";
import { mean, requireFinite } from "./moments.ts";

export interface AutocorrelatedMean {
  readonly mean: number;
  readonly standardError: number;
  /** Lag-1 autocorrelation, corrected for its bias in short series. */
  readonly rho: number;
  /** Independent values that the series is worth; at least 1.5. */
  readonly effectiveCount: number;
}

const LEAST = 5;
const LEAST_WORTH = 1.5;

/**
 * ρ̂ + (1 + 4ρ̂)/n (the first-order correction for an estimated mean: Marriott & Pope, Biometrika 41, 1954), kept in
 * [0, .99]; negative autocorrelation is not used to narrow. Effective count n(1 − ρ)/(1 + ρ); the variance is corrected
 * for the mean having been estimated from it: Σ(x − x̄)²/(n − n/n_eff).
 */
export function autocorrelatedMean(values: readonly number[]): AutocorrelatedMean {
  requireFinite("autocorrelatedMean", values);
  const n = values.length;
  if (n < LEAST) throw new RefusedError("autocorrelatedMean", `needs at least ${LEAST} values, got ${n}`);
  const centre = mean(values);
  let squares = 0;
  let products = 0;
  values.forEach((value, i) => {
    squares += (value - centre) ** 2;
    if (i > 0) products += (value - centre) * (values[i - 1] - centre);
  });
  if (squares === 0) return { mean: centre, standardError: 0, rho: 0, effectiveCount: n };
  const raw = products / squares;
  const rho = Math.min(0.99, Math.max(0, raw + (1 + 4 * raw) / n));
  const effectiveCount = Math.max(LEAST_WORTH, (n * (1 - rho)) / (1 + rho));
  const variance = squares / (n - n / effectiveCount);
  return { mean: centre, standardError: Math.sqrt(variance / effectiveCount), rho, effectiveCount };
}
