/**
 * @file Stochastic gradient descent with momentum and coupled weight decay, PyTorch's semantics (torch.optim.SGD,
 * dampening 0): g ← g + λp; b ← μb + g; p ← p − lr·b, with Nesterov p ← p − lr·(g + μb).
 *
 * A momentum buffer of zeros gives PyTorch's first step. Non-finite gradients propagate.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { add, mul, sub } from "../ops.ts";
import type { TensorSpec } from "../program.ts";
import type { Arrays } from "./adamw.ts";

export interface SgdRow extends Record<string, number> {
  readonly sgdLearningRate: number;
  readonly sgdWeightDecay: number;
}

export const SGD_COLUMNS = ["sgdLearningRate", "sgdWeightDecay"] as const;

/** The `perStep` entries that `sgdMomentum` reads. */
export const SGD_TABLE: Readonly<Record<(typeof SGD_COLUMNS)[number], TensorSpec>> = {
  sgdLearningRate: { dtype: "float32", shape: [] },
  sgdWeightDecay: { dtype: "float32", shape: [] },
};

export function sgdRow(options: { readonly learningRate: number; readonly weightDecay?: number }): SgdRow {
  return { sgdLearningRate: options.learningRate, sgdWeightDecay: options.weightDecay ?? 0 };
}

export interface SgdOptions {
  readonly params: Arrays;
  readonly grads: Arrays;
  /** The momentum buffers, keyed as `params`. */
  readonly momentum: Arrays;
  readonly row: Arrays;
  /** μ, fixed in the graph. */
  readonly mu?: number;
  readonly nesterov?: boolean;
}

/** One traced update. */
export function sgdMomentum({ params, grads, momentum, row, mu = 0.9, nesterov = false }: SgdOptions) {
  const next = { params: {}, momentum: {} } as Record<"params" | "momentum", Record<string, JaxArray>>;
  for (const [name, p] of Object.entries(params)) {
    const g = add(grads[name], mul(p, row.sgdWeightDecay));
    const buffer = add(mul(momentum[name], mu), g);
    const direction = nesterov ? add(g, mul(buffer, mu)) : buffer;
    next.params[name] = sub(p, mul(direction, row.sgdLearningRate));
    next.momentum[name] = buffer;
  }
  return next;
}
