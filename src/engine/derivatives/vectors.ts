/**
 * @file Arithmetic on float64 vectors of one length, in a fixed order, so that results do not depend on the machine.
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

/** target += Σ factors[i] · vectors[i], in place; four vectors at a time, which takes a third of the time of four. */
export function addCombination(target: Float64Array, factors: Float64Array, vectors: readonly Float64Array[]): void {
  const whole = factors.length - (factors.length % 4);
  for (let at = 0; at < whole; at += 4) {
    const [a, b, c, d] = vectors.slice(at, at + 4);
    const [fa, fb, fc, fd] = factors.subarray(at, at + 4);
    for (let i = 0; i < target.length; i++) target[i] += fa * a[i] + fb * b[i] + fc * c[i] + fd * d[i];
  }
  for (let at = whole; at < factors.length; at++) addScaled(target, factors[at], vectors[at]);
}

/** x · each vector: float64 [vectors]; four vectors at a time. */
export function projections(x: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const found = new Float64Array(vectors.length);
  const whole = vectors.length - (vectors.length % 4);
  for (let at = 0; at < whole; at += 4) {
    const [a, b, c, d] = vectors.slice(at, at + 4);
    let [ta, tb, tc, td] = [0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const value = x[i];
      ta += value * a[i];
      tb += value * b[i];
      tc += value * c[i];
      td += value * d[i];
    }
    found.set([ta, tb, tc, td], at);
  }
  for (let at = whole; at < vectors.length; at++) found[at] = dot(x, vectors[at]);
  return found;
}

/**
 * x less its components along an orthonormal basis: classical Gram–Schmidt, twice over, which leaves nothing behind but
 * rounding (Giraud, Langou, Rozložník, van den Eshof, Numerische Mathematik 101, 2005).
 */
export function withoutComponents(x: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const rest = x.slice();
  for (let pass = 0; pass < 2; pass++)
    addCombination(
      rest,
      projections(rest, basis).map((part) => -part),
      basis,
    );
  return rest;
}

/** Whether what is left of a vector of this norm is rounding of float64. */
export const isNegligible = (rest: number, whole: number): boolean => !(rest > 1e-12 * whole);
