/**
 * @file Rows brought to unit scale, as normalisation layers do, with derivatives by law (see ./localModel.ts). Statistics
 * in float32 over the last axis; ε keeps constant rows finite; a non-finite value spreads over its row.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { numpy as np } from "@jax-js/jax";
import { held, stepFrom } from "./localModel.ts";

/** (x − mean)/√(variance + ε), biased variance. */
export function standardise(x: JaxArray, epsilon: number): JaxArray {
  return toUnitScale(centred(held(x)), centred(stepFrom(x)), epsilon);
}

/** x/√(mean of x² + ε). */
export function toUnitRms(x: JaxArray, epsilon: number): JaxArray {
  return toUnitScale(held(x), stepFrom(x), epsilon);
}

/**
 * u = x/√(mean of x² + ε) goes on by w as (u + d)/√(1 + mean of 2ud + d²), where d is w on u's scale.
 */
function toUnitScale(x: JaxArray, step: JaxArray, epsilon: number): JaxArray {
  const inverse = np.reciprocal(np.sqrt(rowMean(x.ref.mul(x.ref)).add(epsilon)));
  const value = x.mul(inverse.ref);
  const moved = step.mul(inverse);
  const change = rowMean(value.ref.mul(moved.ref).mul(2).add(moved.ref.mul(moved.ref)));
  return value.add(moved).mul(np.reciprocal(np.sqrt(change.add(1))));
}

/** Consumes x. */
function centred(x: JaxArray): JaxArray {
  const mean = rowMean(x.ref);
  return x.sub(mean);
}

/** Consumes x. */
function rowMean(x: JaxArray): JaxArray {
  const shape = [...x.shape.slice(0, -1), 1];
  return np.mean(x, -1).reshape(shape);
}
