/**
 * @file Stochastic gradient descent with momentum and coupled weight decay, PyTorch's semantics (torch.optim.SGD,
 * dampening 0): g ← g + λp; b ← μb + g; p ← p − lr·b, with Nesterov p ← p − lr·(g + μb).
 *
 * A momentum slot of zeros gives PyTorch's first step. Without momentum there is no slot, and the decay is one factor.
 */
import { DomainError } from "../../core/index.ts";
import { add, mul, sub } from "../ops.ts";
import type { Optimizer, ParameterRule, UpdateInput } from "./optimizer.ts";
import { everyParameter, requireShare, requireUpdate, slotsLike } from "./optimizer.ts";

export interface SgdOptions {
  /** μ, in [0, 1). Default 0. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Which parameters weight decay acts on. Default all. */
  readonly decays?: ParameterRule;
}

export function sgd({ momentum = 0, nesterov = false, decays = everyParameter }: SgdOptions = {}): Optimizer {
  requireShare("sgd, momentum", momentum);
  if (nesterov && momentum === 0) throw new DomainError("sgd, momentum", "a positive number with Nesterov", momentum);
  if (momentum === 0) return plainSgd(decays);
  return {
    name: nesterov ? "nesterov" : "momentum",
    slots: (parameters) => slotsLike(parameters, ["momentum"]),
    columns: ["sgdLearningRate", "sgdWeightDecay"],
    row(step) {
      requireUpdate("sgd", step);
      return { sgdLearningRate: step.learningRate, sgdWeightDecay: step.weightDecay ?? 0 };
    },
    update({ params, grads, slots, row }) {
      const next = { params: { ...params }, slots: { ...slots } };
      for (const [name, p] of Object.entries(params)) {
        const g = decays(name, p.shape) ? add(grads[name], mul(p, row.sgdWeightDecay)) : grads[name];
        const buffer = add(mul(slots[`momentum.${name}`], momentum), g);
        const direction = nesterov ? add(g, mul(buffer, momentum)) : buffer;
        next.params[name] = sub(p, mul(direction, row.sgdLearningRate));
        next.slots[`momentum.${name}`] = buffer;
      }
      return next;
    },
  };
}

/** p − lr·(g + λp) = (1 − lr·λ)·p − lr·g. */
function plainSgd(decays: ParameterRule): Optimizer {
  return {
    name: "sgd",
    slots: () => ({}),
    columns: ["sgdDecay", "sgdLearningRate"],
    row(step) {
      requireUpdate("sgd", step);
      const { learningRate, weightDecay = 0 } = step;
      return { sgdDecay: 1 - learningRate * weightDecay, sgdLearningRate: learningRate };
    },
    update({ params, grads, row }: UpdateInput) {
      const moved = Object.entries(params).map(([name, p]) => {
        const kept = decays(name, p.shape) ? mul(p, row.sgdDecay) : p;
        return [name, sub(kept, mul(grads[name], row.sgdLearningRate))] as const;
      });
      return { params: Object.fromEntries(moved), slots: {} };
    },
  };
}
