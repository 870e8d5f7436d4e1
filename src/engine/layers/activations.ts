/**
 * @file Activation functions by name, elementwise. NaN stays NaN.
 *
 * Source of both forms of GELU: Hendrycks & Gimpel, arXiv:1606.08415, §2.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { add, erf, mul, relu, sigmoid, tanh } from "../ops.ts";
import type { Layer } from "./layer.ts";
import { fixed } from "./layer.ts";

/** x·Φ(x), by the error function: torch.nn.GELU(), jax.nn.gelu(approximate=False). */
export function geluErf(x: JaxArray): JaxArray {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** ½x(1 + tanh(√(2/π)(x + .044715x³))): torch.nn.GELU("tanh"), jax.nn.gelu(approximate=True). */
export function geluTanh(x: JaxArray): JaxArray {
  const scale = 2 * Math.sqrt(2 / Math.PI);
  // ½(1 + tanh(u)) = sigmoid(2u).
  return mul(x, sigmoid(mul(x, add(mul(mul(x, x), 0.044715 * scale), scale))));
}

/** x·sigmoid(x). */
export const silu = (x: JaxArray): JaxArray => mul(x, sigmoid(x));

const ACTIVATIONS = { relu, geluErf, geluTanh, silu, tanh, sigmoid, identity: (x: JaxArray) => x.ref } as const;

export type Activation = keyof typeof ACTIVATIONS;

export const activate = (name: Activation, x: JaxArray): JaxArray => ACTIVATIONS[name](x);

export const activationLayer = (name: Activation): Layer => fixed((x) => activate(name, x));
