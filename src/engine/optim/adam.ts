/**
 * @file Adam with coupled weight decay, PyTorch's semantics (torch.optim.Adam, amsgrad off): g ← g + λp, then both
 * moments see it. Slots and folding as in `adamw`.
 */
import { add, mul, sub } from "../ops.ts";
import type { AdamwOptions } from "./adamw.ts";
import { adamChange, DEFAULT_BETAS, foldedScalars } from "./moments.ts";
import type { Optimizer } from "./optimizer.ts";
import { everyParameter, slotsLike } from "./optimizer.ts";

export function adam(options: AdamwOptions = {}): Optimizer {
  const { beta1, beta2, epsilon, decays = everyParameter } = { ...DEFAULT_BETAS, ...options };
  return {
    name: "adam",
    slots: (parameters) => slotsLike(parameters, ["m", "v"]),
    columns: ["adamWeightDecay", "adamStepSize", "adamEpsilon"],
    row(step) {
      const folded = foldedScalars("adam", { ...step, beta1, beta2, epsilon });
      return { adamWeightDecay: step.weightDecay ?? 0, adamStepSize: folded.stepSize, adamEpsilon: folded.epsilon };
    },
    update({ params, grads, slots, row }) {
      const next = { params: { ...params }, slots: { ...slots } };
      for (const [name, p] of Object.entries(params)) {
        const g = decays(name, p.shape) ? add(grads[name], mul(p, row.adamWeightDecay)) : grads[name];
        const moments = { m: slots[`m.${name}`], v: slots[`v.${name}`] };
        const scalars = { beta1, beta2, stepSize: row.adamStepSize, epsilon: row.adamEpsilon };
        const { m, v, change } = adamChange(g, moments, scalars);
        next.params[name] = sub(p, change);
        next.slots[`m.${name}`] = m;
        next.slots[`v.${name}`] = v;
      }
      return next;
    },
  };
}
