/**
 * @file Functions whose derivatives are given by a law instead of being derived from how their values are computed.
 *
 * jax-js has no custom derivatives. Here f(x) is written as its value at x held fixed, and a law that says how f goes on
 * from there: sigmoid(a + w) from sigmoid(a) and w. The step w is zero and has derivative 1; derivatives are
 * those of the law. When a program is lowered, w is known to be zero and what it multiplies is not computed, so that a
 * value costs one operator and a gradient what one would write by hand.
 *
 * On jax-js's own devices w is computed as x − x: a non-finite x gives NaN there.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { jit, lax } from "@jax-js/jax";

/** Name of the traced call that holds a value, and the beginning of the names of everything derived from it. */
export const HELD = "ontogeny_held";

const marked = jit(named(HELD, (x: JaxArray) => lax.stopGradient(x)));
let isMarking = false;

/**
 * While `trace` runs, held values are traced as calls by that name, so that whoever lowers the program can tell which of
 * its constants are derivatives of held values. Elsewhere the call would only cost.
 */
export function markingHeld<T>(trace: () => T): T {
  isMarking = true;
  try {
    return trace();
  } finally {
    isMarking = false;
  }
}

/** Zero of x's shape with derivative 1: x − x held fixed. */
export function stepFrom(x: JaxArray): JaxArray {
  return x.ref.sub(held(x));
}

/** x without derivative. */
export function held(x: JaxArray): JaxArray {
  return isMarking ? marked(x.ref) : lax.stopGradient(x.ref);
}

function named<F extends object>(name: string, body: F): F {
  return Object.defineProperty(body, "name", { value: name });
}

/** eʷ − 1 for a step w: its Taylor polynomial, whose derivatives at 0 are right up to the sixth. Consumes w. */
export function growthOf(step: JaxArray): JaxArray {
  let series = step.ref.mul(1 / 6).add(1);
  for (const order of [5, 4, 3, 2])
    series = series
      .mul(step.ref)
      .mul(1 / order)
      .add(1);
  return series.mul(step);
}
