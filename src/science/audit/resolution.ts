/**
 * @file How finely a measure can tell two values apart: the smallest step between values that it took.
 *
 * Values over items lie on a lattice (1/n for an accuracy), printed values on one of their digits. Non-finite values
 * are left out.
 */

/** Gaps below this share of the values' size are rounding, not a lattice. */
const ROUNDING = 1e-9;

/**
 * Smallest gap between two different values, but for rounding; never below the resolution of a float of the values'
 * size. Infinity when all are equal: nothing is known. An overestimate for a continuous measure with few values, which
 * makes agreement look more likely than it is.
 */
export function resolution(values: ArrayLike<number>): number {
  const ascending = Float64Array.from(values as ArrayLike<number>)
    .filter(Number.isFinite)
    .sort();
  if (ascending.length === 0) return Number.POSITIVE_INFINITY;
  const size = Math.max(Math.abs(ascending[0]), Math.abs(ascending[ascending.length - 1]));
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < ascending.length; i++) {
    const gap = ascending[i] - ascending[i - 1];
    if (gap > ROUNDING * size && gap < smallest) smallest = gap;
  }
  return smallest;
}

/** Items behind a proportion `p` with standard error `se` = √(p(1 − p)/(n − 1)); NaN where that says nothing. */
export function itemsFrom(p: number, se: number): number {
  if (!(p > 0 && p < 1) || !(se > 0)) return Number.NaN;
  return (p * (1 - p)) / (se * se) + 1;
}
