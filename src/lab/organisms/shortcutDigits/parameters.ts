/**
 * @file The factor settings of `shortcut-digits`.
 */
import { TRAIN_IMAGES } from "../../data/mnist.ts";
import type { Parameters } from "../../parameters.ts";

export const PARAMETERS = {
  "data.trainSize": {
    kind: "integer",
    default: 10_000,
    low: 128,
    high: TRAIN_IMAGES,
    fixed: true,
    description: "Training images, drawn without replacement from MNIST's 60,000 by seeds.data.",
  },
  "data.cueAgreement": {
    kind: "number",
    default: 0.98,
    low: 0,
    high: 1,
    description: "Share of training images whose cue is that of their class; the others get one of the other nine.",
  },
  "data.cueDecorrelation": {
    kind: "number",
    default: 0,
    low: 0,
    high: 1,
    description: "Share of presentations whose cue is redrawn uniformly from the ten classes, per step and example.",
  },
  "data.maskShare": {
    kind: "number",
    default: 0,
    low: 0,
    high: 1,
    description: "Share of presentations in which the cue is not drawn, per step and example.",
  },
  "objective.conflictWeight": {
    kind: "number",
    default: 1,
    low: 0,
    high: 10_000,
    description: "Weight in the loss of training images whose fixed cue is not that of their class.",
  },
  "objective.agreeingWeight": {
    kind: "number",
    default: 1,
    low: 0,
    high: 10_000,
    description:
      "Weight of a random set of agreeing training images, as many as there are conflicting ones (seeds.data): the active placebo of conflictWeight.",
  },
  "objective.labelSmoothing": {
    kind: "number",
    default: 0,
    low: 0,
    high: 0.9,
    description: "Share of each target spread evenly over the ten classes.",
  },
  "architecture.hidden": {
    kind: "integer",
    default: 128,
    low: 1,
    high: 1024,
    fixed: true,
    description: "Units of the one hidden layer (ReLU).",
  },
  "optimizer.kind": {
    kind: "choice",
    default: "adamw",
    values: ["adamw"],
    fixed: true,
    description: "The optimizer.",
  },
  "optimizer.learningRate": {
    kind: "number",
    default: 6e-4,
    low: 0,
    high: 10,
    description: "Peak learning rate.",
  },
  "optimizer.schedule": {
    kind: "choice",
    default: "cosine",
    values: ["constant", "cosine", "linear", "wsd"],
    description: "How the learning rate falls after the warm-up; to 0 at decaySteps unless constant.",
  },
  "optimizer.decaySteps": {
    kind: "integer",
    default: 2000,
    low: 1,
    high: 10_000_000,
    description: "The step at which the schedule ends; the learning rate stays at its end value after it.",
  },
  "optimizer.warmupSteps": {
    kind: "integer",
    default: 0,
    low: 0,
    high: 10_000_000,
    description: "Steps over which the learning rate rises linearly from 0.",
  },
  "optimizer.weightDecay": {
    kind: "number",
    default: 0,
    low: 0,
    high: 100,
    description: "Decoupled weight decay, multiplied by the learning rate, on all parameters.",
  },
  "optimizer.beta1": { kind: "number", default: 0.9, low: 0, high: 0.9999, description: "Decay of the first moment." },
  "optimizer.beta2": {
    kind: "number",
    default: 0.999,
    low: 0,
    high: 0.999999,
    description: "Decay of the second moment.",
  },
  "optimizer.batchSize": {
    kind: "integer",
    default: 128,
    low: 1,
    high: 8192,
    description: "Presentations per update.",
  },
} as const satisfies Parameters;

/** The settings in force at a step, read out of `Factors` (which have been parsed, so every value is there). */
export interface ShortcutSettings {
  readonly data: {
    readonly trainSize: number;
    readonly cueAgreement: number;
    readonly cueDecorrelation: number;
    readonly maskShare: number;
  };
  readonly objective: {
    readonly conflictWeight: number;
    readonly agreeingWeight: number;
    readonly labelSmoothing: number;
  };
  readonly architecture: { readonly hidden: number };
  readonly optimizer: {
    readonly kind: "adamw";
    readonly learningRate: number;
    readonly schedule: "constant" | "cosine" | "linear" | "wsd";
    readonly decaySteps: number;
    readonly warmupSteps: number;
    readonly weightDecay: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly batchSize: number;
  };
}
