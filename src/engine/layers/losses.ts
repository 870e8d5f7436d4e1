/**
 * @file Losses per example, and their means over all n examples: Σᵢ wᵢ·lossᵢ / n, so that doubling a weight doubles that
 * example's gradient and leaves the others alone. Without weights every wᵢ is 1.
 *
 * Non-finite predictions give non-finite losses; nothing is clipped. An int32 label outside 0…classes−1 has no meaning
 * and is not looked for.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import {
  add,
  exp,
  less,
  log,
  logTotalExp,
  max,
  mean,
  mul,
  oneHot,
  relu,
  square,
  stopGradient,
  sub,
  sum,
  where,
} from "../ops.ts";
import { expectType } from "./expect.ts";

export interface LossOptions {
  /** float32, one per example. */
  readonly weights?: JaxArray;
}

export interface CrossEntropyOptions extends LossOptions {
  /** The label's share ε that is spread over all classes evenly: a number or a traced scalar. Default 0. */
  readonly smoothing?: JaxArray | number;
}

/**
 * −(1 − ε)·ln p(label) − ε·(mean of ln p), nats per example: float32 [...] from logits [..., classes] and int32 labels
 * [...]. torch.nn.CrossEntropyLoss(label_smoothing=ε, reduction="none").
 */
export function crossEntropyPerExample(
  logits: JaxArray,
  labels: JaxArray,
  { smoothing }: Pick<CrossEntropyOptions, "smoothing"> = {},
): JaxArray {
  expectType("crossEntropy", "labels", "int32", labels);
  expectEqualShapes("crossEntropy, labels", logits.shape.slice(0, -1), labels);
  const classes = logits.shape[logits.shape.length - 1];
  const { shifted, logTotal } = shiftedLogits(logits);
  const own = sum(mul(shifted, oneHot(labels, classes)), -1);
  if (smoothing === undefined || smoothing === 0) return sub(logTotal, own);
  const spread = mul(mean(shifted, -1), smoothing);
  return sub(logTotal, add(mul(own, sub(1, smoothing)), spread));
}

/** Mean of `crossEntropyPerExample`, in nats. */
export function softmaxCrossEntropy(logits: JaxArray, labels: JaxArray, options: CrossEntropyOptions = {}): JaxArray {
  return weightedMean(crossEntropyPerExample(logits, labels, options), options);
}

/** Mean of squared differences over all elements, with one weight for every entry of axis 0. */
export function meanSquaredError(predicted: JaxArray, target: JaxArray, { weights }: LossOptions = {}): JaxArray {
  const squared = square(sub(predicted, target));
  if (weights === undefined) return mean(squared);
  const rest = squared.shape.slice(1).map((_, i) => i + 1);
  return weightedMean(rest.length === 0 ? squared : mean(squared, rest), { weights });
}

/**
 * −t·ln σ(x) − (1 − t)·ln σ(−x), nats, for logits x and float32 targets t in [0, 1] of one shape:
 * torch.nn.BCEWithLogitsLoss. Absolute error up to 1e-7 where the loss itself is that small.
 */
export function binaryCrossEntropyPerExample(logits: JaxArray, targets: JaxArray): JaxArray {
  expectEqualShapes("binaryCrossEntropy, targets", logits.shape, targets);
  // One choice of sign for both parts, so that the gradient at 0 is ½ − t.
  const negative = less(logits, 0);
  const softplusOfMinus = log(add(exp(mul(logits, where(negative, 1, -1))), 1));
  return add(sub(where(negative, 0, logits), mul(logits, targets)), softplusOfMinus);
}

export function binaryCrossEntropy(logits: JaxArray, targets: JaxArray, options: LossOptions = {}): JaxArray {
  return weightedMean(binaryCrossEntropyPerExample(logits, targets), options);
}

/** max(0, 1 − s·x) for scores x and float32 signs s = ±1 of one shape. Its gradient at the kink is 0. */
export function hingePerExample(scores: JaxArray, signs: JaxArray): JaxArray {
  expectEqualShapes("hinge, signs", scores.shape, signs);
  return relu(sub(1, mul(scores, signs)));
}

export function hingeLoss(scores: JaxArray, signs: JaxArray, options: LossOptions = {}): JaxArray {
  return weightedMean(hingePerExample(scores, signs), options);
}

function weightedMean(perExample: JaxArray, { weights }: LossOptions): JaxArray {
  if (weights === undefined) return mean(perExample);
  expectEqualShapes("loss, weights", perExample.shape, weights);
  return mean(mul(perExample, weights));
}

/** x − max x, and ln Σ exp of it, over the last axis. */
function shiftedLogits(logits: JaxArray): { shifted: JaxArray; logTotal: JaxArray } {
  const kept = [...logits.shape.slice(0, -1), 1];
  const shifted = sub(logits, stopGradient(max(logits, -1)).reshape(kept));
  return { shifted, logTotal: logTotalExp(shifted) };
}

function expectEqualShapes(what: string, expected: readonly number[], { shape }: JaxArray): void {
  if (shape.length !== expected.length || shape.some((extent, i) => extent !== expected[i]))
    throw new ShapeError(what, `[${expected.join(", ")}]`, shape);
}
