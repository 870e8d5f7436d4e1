/**
 * @file The optimizer settings that the organisms share, with each organism's own defaults.
 */
import type { NumberParameter, Parameters } from "./parameters.ts";

export const SCHEDULES = ["constant", "cosine", "linear", "wsd"] as const;

/** The optimizer settings in force at a step (parsed, so every value is there). */
export interface OptimizerSettings {
  readonly kind: "adamw";
  readonly learningRate: number;
  readonly schedule: (typeof SCHEDULES)[number];
  readonly decaySteps: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
}

/** The table entries "optimizer.*" that every organism has. */
export function optimizerParameters(defaults: Omit<OptimizerSettings, "kind">): Parameters {
  const share = (key: "beta1" | "beta2", high: number, description: string): NumberParameter => ({
    kind: "number",
    default: defaults[key],
    low: 0,
    high,
    fixed: true,
    description,
  });
  return {
    "optimizer.kind": {
      kind: "choice",
      default: "adamw",
      values: ["adamw"],
      fixed: true,
      description: "The optimizer: Adam with decoupled weight decay.",
    },
    "optimizer.learningRate": {
      kind: "number",
      default: defaults.learningRate,
      low: 0,
      high: 10,
      description: "Peak learning rate.",
    },
    "optimizer.schedule": {
      kind: "choice",
      default: defaults.schedule,
      values: SCHEDULES,
      description:
        "How the learning rate goes after the warm-up: constant; cosine or linear to 0 at decaySteps; wsd: constant, then linear to 0 over the last fifth of decaySteps.",
    },
    "optimizer.decaySteps": {
      kind: "integer",
      default: defaults.decaySteps,
      low: 1,
      high: 10_000_000,
      description: "The step at which the schedule ends; the learning rate stays at its end value after it.",
    },
    "optimizer.warmupSteps": {
      kind: "integer",
      default: defaults.warmupSteps,
      low: 0,
      high: 10_000_000,
      description: "Steps over which the learning rate first rises linearly.",
    },
    "optimizer.weightDecay": {
      kind: "number",
      default: defaults.weightDecay,
      low: 0,
      high: 100,
      description: "Decoupled weight decay on all parameters, multiplied by the learning rate.",
    },
    "optimizer.beta1": share("beta1", 0.9999, "Decay of AdamW's first moment."),
    "optimizer.beta2": share("beta2", 0.999999, "Decay of AdamW's second moment."),
  };
}
