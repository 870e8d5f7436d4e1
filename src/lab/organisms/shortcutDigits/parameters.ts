/**
 * @file The factor settings of `shortcut-digits`.
 */
import { TRAIN_IMAGES } from "../../data/mnist.ts";
import { type OptimizerSettings, optimizerParameters } from "../../optimizerParameters.ts";
import type { Parameters } from "../../parameters.ts";

export const PARAMETERS: Parameters = {
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
    description: "Weight in the loss of presentations that show the cue of another class; masked ones weigh 1.",
  },
  "objective.agreeingWeight": {
    kind: "number",
    default: 1,
    low: 0,
    high: 10_000,
    description:
      "Weight of presentations, with their own class's cue, of a random set of agreeing training images, as many as there are conflicting ones (seeds.data): the active placebo of conflictWeight.",
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
  ...optimizerParameters({
    learningRate: 6e-4,
    schedule: "cosine",
    decaySteps: 2000,
    warmupSteps: 0,
    weightDecay: 0,
    beta1: 0.9,
    beta2: 0.999,
  }),
  "optimizer.batchSize": {
    kind: "integer",
    default: 128,
    low: 1,
    high: 8192,
    fixed: true,
    description: "Presentations per update.",
  },
};

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
  readonly optimizer: OptimizerSettings & { readonly batchSize: number };
}
