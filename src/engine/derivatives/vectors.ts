/**
 * @file Arithmetic on float64 vectors of one length, in index order, so that results do not depend on the machine.
 * Lengths are the caller's business; non-finite values follow IEEE 754.
 */

export function dot(x: Float64Array, y: Float64Array): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * y[i];
  return total;
}

export const norm = (x: Float64Array): number => Math.sqrt(dot(x, x));

export const scaled = (x: Float64Array, factor: number): Float64Array => x.map((value) => value * factor);

/** target += factor · x, in place. */
export function addScaled(target: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * x[i];
}

/**
 * x less its components along an orthonormal basis; twice over, so that rounding leaves none behind (Kahan and Parlett's
 * "twice is enough").
 */
export function withoutComponents(x: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const rest = x.slice();
  for (let pass = 0; pass < 2; pass++) for (const direction of basis) addScaled(rest, -dot(direction, rest), direction);
  return rest;
}

/** Whether what is left of a vector of this norm is rounding of float64. */
export const isNegligible = (rest: number, whole: number): boolean => !(rest > 1e-12 * whole);
