/**
 * @file Mean, variance and quantiles of a sample.
 *
 * Every routine refuses an empty sample and any non-finite value: dropping values silently would change the question.
 */
import { DomainError } from "../../core/index.ts";

/** Throws OUT_OF_DOMAIN unless there are at least `min` values and all are finite. */
export function requireFinite(what: string, values: ArrayLike<number>, min = 1): void {
  if (values.length < min)
    throw new DomainError(what, `at least ${min} value${min === 1 ? "" : "s"}`, `${values.length} values`);
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new DomainError(what, "finite values", `${values[i]} at position ${i}`);
}

export function mean(values: ArrayLike<number>): number {
  requireFinite("mean", values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Sample variance, divisor n − 1 (Bessel). Needs two values. */
export function variance(values: ArrayLike<number>): number {
  requireFinite("variance", values, 2);
  return sumOfSquares(values) / (values.length - 1);
}

/** Square root of the sample variance. Needs two values. */
export function sd(values: ArrayLike<number>): number {
  requireFinite("sd", values, 2);
  return Math.sqrt(sumOfSquares(values) / (values.length - 1));
}

/** Sum of squared deviations from the mean (two passes). */
export function sumOfSquares(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2;
  return sum;
}

/** Ascending copy. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * Quantile of an ascending sample by linear interpolation of order statistics, (n − 1)p + 1: type 7 of Hyndman & Fan,
 * "Sample quantiles in statistical packages", Am. Stat. 50 (1996), as in R and numpy. Throws unless 0 ≤ p ≤ 1. The order
 * is the caller's duty and is not checked.
 */
export function quantileSorted(ascending: ArrayLike<number>, p: number): number {
  requireFinite("quantileSorted", ascending);
  if (!(p >= 0 && p <= 1)) throw new DomainError("quantileSorted", "a probability in [0, 1]", p);
  const position = (ascending.length - 1) * p;
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (position - below) * (ascending[above] - ascending[below]);
}

/** Type 7 quantile of an unordered sample. */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileSorted(sorted(values), p);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
