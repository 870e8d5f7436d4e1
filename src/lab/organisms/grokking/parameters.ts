/**
 * @file The factor settings of `grokking`.
 */
import { type OptimizerSettings, optimizerParameters } from "../../optimizerParameters.ts";
import type { Parameters } from "../../parameters.ts";

export const PARAMETERS: Parameters = {
  "data.modulus": {
    kind: "integer",
    default: 53,
    low: 5,
    high: 113,
    fixed: true,
    description: "p: the task is a + b mod p over all p² pairs.",
  },
  "data.trainFraction": {
    kind: "number",
    default: 0.4,
    low: 0.05,
    high: 0.95,
    fixed: true,
    description: "Share of the p² pairs that are trained on, drawn by seeds.data; the others are the test set.",
  },
  "architecture.embedding": {
    kind: "integer",
    default: 64,
    low: 2,
    high: 512,
    fixed: true,
    description: "Width of the embedding that both numbers share.",
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
    learningRate: 0.01,
    schedule: "constant",
    decaySteps: 1000,
    warmupSteps: 0,
    weightDecay: 1,
    beta1: 0.9,
    beta2: 0.98,
  }),
};

/** The settings in force at a step, read out of `Factors` (which have been parsed, so every value is there). */
export interface GrokkingSettings {
  readonly data: { readonly modulus: number; readonly trainFraction: number };
  readonly objective: Record<string, never>;
  readonly architecture: { readonly embedding: number; readonly hidden: number };
  readonly optimizer: OptimizerSettings;
}
