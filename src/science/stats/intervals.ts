/**
 * @file Estimates with closed-form intervals: a mean, a spread, a proportion.
 *
 * Non-finite values and samples too small for an interval throw OUT_OF_DOMAIN; nothing is dropped.
 */
import { DomainError, type Estimate } from "../../core/index.ts";
import { chiSquareQuantile, normalQuantile, studentTQuantile } from "./distributions.ts";
import { mean, requireFinite, sd, variance } from "./moments.ts";

export interface IntervalOptions {
  /** Two-sided coverage; default .95. */
  readonly level?: number;
  /** What the independent units are, for the method text; default "runs". */
  readonly unit?: string;
}

export function requireLevel(what: string, level: number): void {
  if (!(level > 0 && level < 1)) throw new DomainError(`${what}: level`, "a number in (0, 1)", level);
}

/** Mean of independent units with Student's t interval. Needs two values. */
export function meanEstimate(
  values: ArrayLike<number>,
  { level = 0.95, unit = "runs" }: IntervalOptions = {},
): Estimate {
  requireLevel("meanEstimate", level);
  requireFinite("meanEstimate", values, 2);
  const n = values.length;
  const value = mean(values);
  const half = studentTQuantile((1 + level) / 2, n - 1) * (sd(values) / Math.sqrt(n));
  return { value, low: value - half, high: value + half, level, method: `mean over ${unit}, Student t interval`, n };
}

/** Sample standard deviation with the chi-square interval, exact for normal data. Needs two values. */
export function sdEstimate(values: ArrayLike<number>, { level = 0.95, unit = "runs" }: IntervalOptions = {}): Estimate {
  requireFinite("sdEstimate", values, 2);
  return sdFromVariance(varianceInterval(variance(values), values.length - 1, level, `sd over ${unit}`, values.length));
}

/** Interval of a variance estimated with `df` degrees of freedom: df·s² / χ². Exact for normal data. */
export function varianceInterval(value: number, df: number, level: number, what: string, n: number): Estimate {
  requireLevel(what, level);
  return {
    value,
    low: (df * value) / chiSquareQuantile((1 + level) / 2, df),
    high: (df * value) / chiSquareQuantile((1 - level) / 2, df),
    level,
    method: `${what}, chi-square interval on ${df} df`,
    n,
  };
}

/** The same statement about the standard deviation. */
export function sdFromVariance(estimate: Estimate): Estimate {
  const { value, low, high } = estimate;
  return { ...estimate, value: Math.sqrt(value), low: Math.sqrt(low), high: Math.sqrt(high) };
}

/**
 * Proportion with the Wilson score interval (Wilson, JASA 22, 1927): (p̂ + z²/2n ± z√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n).
 * Throws unless 0 ≤ successes ≤ n are integers and n ≥ 1.
 */
export function proportionEstimate(
  { successes, n }: { readonly successes: number; readonly n: number },
  { level = 0.95, unit = "runs" }: IntervalOptions = {},
): Estimate {
  requireLevel("proportionEstimate", level);
  if (!Number.isInteger(n) || n < 1) throw new DomainError("proportionEstimate", "a positive integer n", n);
  if (!Number.isInteger(successes) || successes < 0 || successes > n)
    throw new DomainError("proportionEstimate", `an integer number of successes in 0…${n}`, successes);
  const z = normalQuantile((1 + level) / 2);
  const share = successes / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return {
    value: share,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
    level,
    method: `proportion of ${unit}, Wilson interval`,
    n,
  };
}
