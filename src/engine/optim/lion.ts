/**
 * @file Lion: steps of one size against the sign of an interpolated momentum, decoupled weight decay.
 *
 * c = β₁m + (1 − β₁)g; p ← p − lr·(sign(c) + λp); m ← β₂m + (1 − β₂)g. The slot holds m/(1 − β₂), and the sign is taken
 * of c/(1 − β₁), which saves two passes. A coordinate with c = 0 stays; a NaN gradient makes its parameter NaN.
 * Source: Chen et al., NeurIPS 2023, Algorithm 2.
 */
import { add, mul, sign, sub } from "../ops.ts";
import type { Optimizer, ParameterRule } from "./optimizer.ts";
import { everyParameter, requireShare, requireUpdate, slotsLike } from "./optimizer.ts";

export interface LionOptions {
  /** Default .9. */
  readonly beta1?: number;
  /** Default .99. */
  readonly beta2?: number;
  /** Which parameters weight decay multiplies. Default all. */
  readonly decays?: ParameterRule;
}

export function lion({ beta1 = 0.9, beta2 = 0.99, decays = everyParameter }: LionOptions = {}): Optimizer {
  for (const beta of [beta1, beta2]) requireShare("lion, beta", beta);
  const weight = (beta1 * (1 - beta2)) / (1 - beta1);
  return {
    name: "lion",
    slots: (parameters) => slotsLike(parameters, ["m"]),
    columns: ["lionDecay", "lionLearningRate"],
    row(step) {
      requireUpdate("lion", step);
      const { learningRate, weightDecay = 0 } = step;
      return { lionDecay: 1 - learningRate * weightDecay, lionLearningRate: learningRate };
    },
    update({ params, grads, slots, row }) {
      const next = { params: { ...params }, slots: { ...slots } };
      for (const [name, p] of Object.entries(params)) {
        const [g, m] = [grads[name], slots[`m.${name}`]];
        const direction = sign(add(mul(m, weight), g));
        const kept = decays(name, p.shape) ? mul(p, row.lionDecay) : p;
        next.params[name] = sub(kept, mul(direction, row.lionLearningRate));
        next.slots[`m.${name}`] = add(mul(m, beta2), g);
      }
      return next;
    },
  };
}
