/**
 * @file Elementwise activations with their derivatives by law (see ./localModel.ts). Nothing is consumed.
 *
 * Finite inputs give finite values and derivatives however large they are; NaN stays NaN.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, nn, numpy as np } from "@jax-js/jax";
import { held, stepFrom } from "./localModel.ts";

/** max(x, 0); the derivative at 0 is 0, as in PyTorch and JAX. */
export function relu(x: JaxArray): JaxArray {
  const isPositive = held(x).greater(0).astype(DType.Float32);
  return np.maximum(held(x), 0).add(stepFrom(x).mul(isPositive));
}

/** 1/(1 + e⁻ˣ). The law: s(a + w) = s·eʷ/(1 + s·(eʷ − 1)). */
export function sigmoid(x: JaxArray): JaxArray {
  const value = nn.sigmoid(held(x));
  const growth = np.exp(stepFrom(x));
  return value.ref.mul(growth.ref).div(value.mul(growth.sub(1)).add(1));
}

/** The law: t(a + w) = (t·(g + 1) + g − 1)/(g + 1 + t·(g − 1)) with g = e²ʷ. */
export function tanh(x: JaxArray): JaxArray {
  const value = np.tanh(held(x));
  const growth = np.exp(stepFrom(x).mul(2));
  const more = growth.ref.add(1);
  const less = growth.sub(1);
  return value.ref
    .mul(more.ref)
    .add(less.ref)
    .div(more.add(value.mul(less)));
}
