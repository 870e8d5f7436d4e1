/**
 * @file Elementwise activations with their derivatives by law (see ./localModel.ts). Nothing is consumed.
 *
 * Finite inputs give finite values and derivatives however large they are; NaN stays NaN.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, nn, numpy as np } from "@jax-js/jax";
import { growthOf, held, stepFrom } from "./localModel.ts";

/** max(x, 0); the derivative at 0 is 0, as in PyTorch and JAX. */
export function relu(x: JaxArray): JaxArray {
  const isPositive = held(x).greater(0).astype(DType.Float32);
  return np.maximum(held(x), 0).add(stepFrom(x).mul(isPositive));
}

/** 1/(1 + e⁻ˣ). The law: s(a + w) = s·(1 + g)/(1 + s·g) with g = eʷ − 1. */
export function sigmoid(x: JaxArray): JaxArray {
  const value = nn.sigmoid(held(x));
  const growth = growthOf(stepFrom(x));
  return value.ref.mul(growth.ref.add(1)).div(value.mul(growth).add(1));
}

/** The law: t(a + w) = (t + h)/(1 + t·h) with h = tanh w, by its series. */
export function tanh(x: JaxArray): JaxArray {
  const value = np.tanh(held(x));
  const step = stepFrom(x);
  const square = step.ref.mul(step.ref);
  const series = square.ref
    .mul(2 / 15)
    .sub(1 / 3)
    .mul(square)
    .add(1);
  const growth = series.mul(step);
  return value.ref.add(growth.ref).div(value.mul(growth).add(1));
}
