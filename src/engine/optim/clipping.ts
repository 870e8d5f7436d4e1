/**
 * @file Gradient clipping by the norm of all gradients together, PyTorch's semantics (clip_grad_norm_).
 *
 * Every gradient is multiplied by min(1, maxNorm/(norm + 1e-6)). A NaN in a gradient makes all of them NaN, an infinity
 * makes the others 0 and itself NaN; nothing is hidden. Source: Pascanu, Mikolov, Bengio, ICML 2013, Algorithm 1.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DomainError } from "../../core/index.ts";
import { add, div, minimum, mul, sqrt, square, sum } from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import type { Arrays } from "./optimizer.ts";

/** The `perStep` column that holds the largest norm. */
export const CLIP_COLUMN = "clipNorm";

/** The column's value; +∞ clips nothing. Throws OUT_OF_DOMAIN unless it is above 0. */
export function clipNorm(most = Number.POSITIVE_INFINITY): number {
  if (!(most > 0)) throw new DomainError("clipNorm", "a number above 0", most);
  return most;
}

/** Square root of the sum of squares of all entries: a scalar. */
export function globalNorm(arrays: Arrays): JaxArray {
  const squares = Object.values(arrays).map((array) => sum(square(array)));
  return sqrt(squares.reduce((total, part) => add(total, part)));
}

/** The gradients, scaled down where their global norm exceeds `maxNorm`, and that norm before it. */
export function clipByGlobalNorm(grads: Arrays, maxNorm: JaxArray | number): { grads: JaxArrays; norm: JaxArray } {
  const norm = globalNorm(grads);
  const factor = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  const clipped = Object.entries(grads).map(([name, g]) => [name, mul(g, factor)] as const);
  return { grads: Object.fromEntries(clipped), norm };
}
