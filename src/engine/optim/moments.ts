/**
 * @file What Adam and AdamW share: two moments kept as discounted sums, and their scalars folded on the host.
 *
 * Source: Kingma & Ba, ICLR 2015, Algorithm 1.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { add, div, mul, sqrt, square } from "../ops.ts";
import type { StepSettings } from "./optimizer.ts";
import { requireShare, requireUpdate } from "./optimizer.ts";

export interface AdamOptions {
  /** Decay of the first moment. Default .9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default .999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

export const DEFAULT_BETAS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Folds lr·(m̂/(√v̂ + ε)) into stepSize·m/(√v + ε′), for m and v that are sums. */
export function foldedScalars(
  what: string,
  options: StepSettings & AdamOptions,
): { stepSize: number; epsilon: number } {
  const { learningRate, update, beta1, beta2, epsilon } = { ...DEFAULT_BETAS, ...options };
  requireUpdate(what, options);
  for (const beta of [beta1, beta2]) requireShare(`${what}, beta`, beta);
  const meanScale = (1 - beta1) / (1 - beta1 ** update);
  const rootScale = Math.sqrt((1 - beta2) / (1 - beta2 ** update));
  return { stepSize: (learningRate * meanScale) / rootScale, epsilon: epsilon / rootScale };
}

interface Scalars {
  readonly beta1: number;
  readonly beta2: number;
  readonly stepSize: JaxArray;
  readonly epsilon: JaxArray;
}

/** The moments after this gradient, and what the parameter is lowered by. */
export function adamChange(g: JaxArray, slots: { readonly m: JaxArray; readonly v: JaxArray }, scalars: Scalars) {
  const m = add(mul(slots.m, scalars.beta1), g);
  const v = add(mul(slots.v, scalars.beta2), square(g));
  return { m, v, change: mul(div(m, add(sqrt(v), scalars.epsilon)), scalars.stepSize) };
}
