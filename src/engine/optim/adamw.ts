/**
 * @file AdamW with decoupled weight decay, PyTorch's semantics (torch.optim.AdamW, amsgrad off), arranged so that a step
 * is as few passes over the parameters as possible.
 *
 * The state holds discounted sums instead of averages: m = Σ β₁ᵏ g, v = Σ β₂ᵏ g², that is PyTorch's exp_avg / (1 − β₁)
 * and exp_avg_sq / (1 − β₂). All scalars that vary with the step are folded on the host in double precision into three
 * (`adamwRow`), so one graph serves every learning rate, weight decay and schedule. Non-finite gradients propagate.
 * Source: Loshchilov & Hutter, ICLR 2019, Algorithm 2.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DomainError } from "../../core/index.ts";
import { add, div, mul, sqrt, square, sub } from "../ops.ts";
import type { TensorSpec } from "../program.ts";

export interface AdamwBetas {
  readonly beta1?: number;
  readonly beta2?: number;
}

const DEFAULT_BETA1 = 0.9;
const DEFAULT_BETA2 = 0.999;

export interface AdamwRowOptions extends AdamwBetas {
  readonly learningRate: number;
  /** As in PyTorch: a step multiplies parameters by 1 − learningRate·weightDecay. */
  readonly weightDecay?: number;
  readonly epsilon?: number;
  /** 1 for the first update since m and v were zero. */
  readonly update: number;
}

/** Per-step scalars: columns of the loop's table. */
export interface AdamwRow extends Record<string, number> {
  readonly adamwDecay: number;
  readonly adamwStepSize: number;
  readonly adamwEpsilon: number;
}

export const ADAMW_COLUMNS = ["adamwDecay", "adamwStepSize", "adamwEpsilon"] as const;

/** The `perStep` entries that `adamw` reads. */
export const ADAMW_TABLE: Readonly<Record<(typeof ADAMW_COLUMNS)[number], TensorSpec>> = {
  adamwDecay: { dtype: "float32", shape: [] },
  adamwStepSize: { dtype: "float32", shape: [] },
  adamwEpsilon: { dtype: "float32", shape: [] },
};

/**
 * Folds lr·(m̂/(√v̂ + ε)) into stepSize·m/(√v + ε′). Throws OUT_OF_DOMAIN for betas outside [0, 1) or update < 1.
 */
export function adamwRow(options: AdamwRowOptions): AdamwRow {
  const { learningRate, weightDecay = 0, beta1 = DEFAULT_BETA1, beta2 = DEFAULT_BETA2, epsilon = 1e-8 } = options;
  const { update } = options;
  if (!Number.isInteger(update) || update < 1) throw new DomainError("adamwRow, update", "an integer ≥ 1", update);
  for (const beta of [beta1, beta2])
    if (!(beta >= 0 && beta < 1)) throw new DomainError("adamwRow, beta", "a number in [0, 1)", beta);
  const meanScale = (1 - beta1) / (1 - beta1 ** update);
  const rootScale = Math.sqrt((1 - beta2) / (1 - beta2 ** update));
  return {
    adamwDecay: 1 - learningRate * weightDecay,
    adamwStepSize: (learningRate * meanScale) / rootScale,
    adamwEpsilon: epsilon / rootScale,
  };
}

export type Arrays = Readonly<Record<string, JaxArray>>;

export interface AdamwOptions extends AdamwBetas {
  readonly params: Arrays;
  /** Keys as in `params`, which is also how m and v are keyed. */
  readonly grads: Arrays;
  readonly m: Arrays;
  readonly v: Arrays;
  /** Traced scalars named by ADAMW_COLUMNS: pass the step's arguments. */
  readonly row: Arrays;
  /** Parameters that weight decay leaves alone; default none. */
  readonly undecayed?: readonly string[];
}

/** One traced update. */
export function adamw(options: AdamwOptions) {
  const { params, grads, row, beta1 = DEFAULT_BETA1, beta2 = DEFAULT_BETA2, undecayed = [] } = options;
  const next = { params: {}, m: {}, v: {} } as Record<"params" | "m" | "v", Record<string, JaxArray>>;
  for (const [name, p] of Object.entries(params)) {
    const g = grads[name];
    const m = add(mul(options.m[name], beta1), g);
    const v = add(mul(options.v[name], beta2), square(g));
    const change = mul(div(m, add(sqrt(v), row.adamwEpsilon)), row.adamwStepSize);
    const kept = undecayed.includes(name) ? p.ref : mul(p, row.adamwDecay);
    next.params[name] = sub(kept, change);
    next.m[name] = m;
    next.v[name] = v;
  }
  return next;
}
