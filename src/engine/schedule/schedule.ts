/**
 * @file Learning-rate schedules, evaluated on the host. `step` counts updates done before this one: 0 for the first.
 */
import { DomainError } from "../../core/index.ts";

export interface Schedule {
  /**
   * constant: peak · cosine: half a cosine from peak to `floor` · linear: a straight line from peak to `floor` ·
   * wsd: peak, then a straight line to `floor` over the last `decaySteps` · multi-step: peak, multiplied by `factor` at
   * each of `milestones`. All after a linear warm-up.
   */
  readonly kind: "constant" | "cosine" | "linear" | "linear-warmup" | "wsd" | "multi-step";
  readonly peak: number;
  readonly totalSteps: number;
  /** The rate rises as peak·(step + 1)/warmupSteps; default 0. */
  readonly warmupSteps?: number;
  /** Only for wsd; default a fifth of the total. */
  readonly decaySteps?: number;
  /** Where the descent of cosine, linear and wsd ends; default 0. */
  readonly floor?: number;
  /** Only for multi-step: the updates from which on the rate is lower. Default none. */
  readonly milestones?: readonly number[];
  /** Only for multi-step; default .1. */
  readonly factor?: number;
}

/** The learning rate of one update. Past `totalSteps` a descending schedule stays at its floor. */
export function scheduleAt(schedule: Schedule, step: number): number {
  const { kind, peak, totalSteps, warmupSteps = 0, floor = 0 } = schedule;
  if (!Number.isInteger(step) || step < 0) throw new DomainError("scheduleAt, step", "an integer ≥ 0", step);
  if (!Number.isInteger(totalSteps) || totalSteps < 1)
    throw new DomainError("scheduleAt, totalSteps", "an integer ≥ 1", totalSteps);
  if (warmupSteps < 0 || warmupSteps > totalSteps)
    throw new DomainError("scheduleAt, warmupSteps", `a number in 0…${totalSteps}`, warmupSteps);
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const share = (from: number): number => Math.min(1, Math.max(0, (step - from) / Math.max(1, totalSteps - from)));
  switch (kind) {
    case "constant":
    case "linear-warmup":
      return peak;
    case "linear":
      return peak + (floor - peak) * share(warmupSteps);
    case "cosine":
      return floor + ((peak - floor) * (1 + Math.cos(Math.PI * share(warmupSteps)))) / 2;
    case "wsd": {
      const { decaySteps = Math.ceil(totalSteps / 5) } = schedule;
      return peak + (floor - peak) * share(Math.max(warmupSteps, totalSteps - decaySteps));
    }
    case "multi-step": {
      const { milestones = [], factor = 0.1 } = schedule;
      return peak * factor ** milestones.filter((milestone) => milestone <= step).length;
    }
    default:
      kind satisfies never;
      throw new DomainError("scheduleAt, kind", "constant, cosine, linear, linear-warmup, wsd or multi-step", kind);
  }
}
