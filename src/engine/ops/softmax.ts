/**
 * @file Softmax and its logarithm over the last axis, shifted by the maximum, with their derivatives by law (see
 * ./localModel.ts). A non-finite value spreads over its row.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { numpy as np } from "@jax-js/jax";
import { growthOf, held, stepFrom } from "./localModel.ts";

/** The law: p(a + w) = p·(1 + g)/(1 + Σ p·g) with g = eʷ − 1. */
export function softmax(x: JaxArray): JaxArray {
  const weights = np.exp(shifted(held(x)));
  const sums = rowSum(weights.ref);
  const value = weights.div(sums);
  const growth = growthOf(stepFrom(x));
  const total = rowSum(value.ref.mul(growth.ref)).add(1);
  return value.mul(growth.add(1)).div(total);
}

/** The law: l(a + w) = l + w − ln(1 + Σ eˡ·g) with g = eʷ − 1. */
export function logSoftmax(x: JaxArray): JaxArray {
  const centred = x.ref.sub(np.max(held(x), -1).reshape(columnOf(x)));
  const total = logTotalExp(centred).reshape(columnOf(x));
  return centred.sub(total);
}

/** ln Σ eˣ of rows whose maximum is about 0, without a shift: [...] from [..., n]. The law is that of `logSoftmax`. */
export function logTotalExp(x: JaxArray): JaxArray {
  const weights = np.exp(held(x));
  const sums = rowSum(weights.ref);
  const growth = growthOf(stepFrom(x));
  const total = rowSum(weights.div(sums.ref).mul(growth)).add(1);
  return np.log(sums).add(np.log(total)).reshape(x.shape.slice(0, -1));
}

/** Consumes x. */
function shifted(x: JaxArray): JaxArray {
  const rows = np.max(x.ref, -1).reshape(columnOf(x));
  return x.sub(rows);
}

/** Consumes x. */
function rowSum(x: JaxArray): JaxArray {
  const shape = columnOf(x);
  return np.sum(x, -1).reshape(shape);
}

const columnOf = (x: JaxArray): number[] => [...x.shape.slice(0, -1), 1];
