/**
 * @file AdamW with decoupled weight decay, PyTorch's semantics (torch.optim.AdamW, amsgrad off), arranged so that a step
 * is as few passes over the parameters as possible.
 *
 * The slots hold discounted sums instead of averages: m = Σ β₁ᵏ g, v = Σ β₂ᵏ g², that is PyTorch's exp_avg / (1 − β₁)
 * and exp_avg_sq / (1 − β₂). All scalars that vary with the step are folded on the host in double precision into three
 * (`adamwRow`), so one graph serves every learning rate, weight decay and schedule.
 * Source: Loshchilov & Hutter, ICLR 2019, Algorithm 2.
 */
import { mul, sub } from "../ops.ts";
import type { AdamOptions } from "./moments.ts";
import { adamChange, DEFAULT_BETAS, foldedScalars } from "./moments.ts";
import type { Optimizer, ParameterRule, StepSettings } from "./optimizer.ts";
import { everyParameter, slotsLike } from "./optimizer.ts";

export interface AdamwOptions extends AdamOptions {
  /** Which parameters weight decay multiplies. Default all. */
  readonly decays?: ParameterRule;
}

export interface AdamwRow extends Record<string, number> {
  readonly adamwDecay: number;
  readonly adamwStepSize: number;
  readonly adamwEpsilon: number;
}

/** As in PyTorch, a step multiplies decayed parameters by 1 − learningRate·weightDecay. */
export function adamw(options: AdamwOptions = {}): Optimizer {
  const { beta1, beta2, epsilon, decays = everyParameter } = { ...DEFAULT_BETAS, ...options };
  return {
    name: "adamw",
    slots: (parameters) => slotsLike(parameters, ["m", "v"]),
    columns: ["adamwDecay", "adamwStepSize", "adamwEpsilon"],
    row: (step) => adamwRow({ ...step, beta1, beta2, epsilon }),
    update({ params, grads, slots, row }) {
      const next = { params: { ...params }, slots: { ...slots } };
      for (const [name, p] of Object.entries(params)) {
        const moments = { m: slots[`m.${name}`], v: slots[`v.${name}`] };
        const scalars = { beta1, beta2, stepSize: row.adamwStepSize, epsilon: row.adamwEpsilon };
        const { m, v, change } = adamChange(grads[name], moments, scalars);
        next.params[name] = sub(decays(name, p.shape) ? mul(p, row.adamwDecay) : p, change);
        next.slots[`m.${name}`] = m;
        next.slots[`v.${name}`] = v;
      }
      return next;
    },
  };
}

/** Throws OUT_OF_DOMAIN for betas outside [0, 1) or update < 1. */
export function adamwRow(options: StepSettings & AdamOptions): AdamwRow {
  const { stepSize, epsilon } = foldedScalars("adamwRow", options);
  const { learningRate, weightDecay = 0 } = options;
  return { adamwDecay: 1 - learningRate * weightDecay, adamwStepSize: stepSize, adamwEpsilon: epsilon };
}
