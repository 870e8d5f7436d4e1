/**
 * @file Losses. Each is a mean over the batch of n examples: Σᵢ wᵢ·lossᵢ / n, so that doubling a weight doubles that
 * example's gradient and leaves the others alone. Without weights every wᵢ is 1.
 *
 * Non-finite logits give non-finite losses; nothing is clipped.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { exp, log, max, mean, mul, oneHot, square, stopGradient, sub, sum } from "../ops.ts";

/** ln softmax over the last axis, shifted by its maximum. */
export function logSoftmax(logits: JaxArray): JaxArray {
  const shape = [...logits.shape.slice(0, -1), 1];
  const shifted = sub(logits, stopGradient(max(logits, -1)).reshape(shape));
  return sub(shifted, log(sum(exp(shifted), -1)).reshape(shape));
}

/** −ln p(label), nats per example: float32 [n] from logits [n, classes] and int32 labels [n]. */
export function crossEntropyPerExample(logits: JaxArray, labels: JaxArray): JaxArray {
  const classes = logits.shape[logits.shape.length - 1];
  return sum(mul(logSoftmax(logits), oneHot(labels, classes)), -1).neg();
}

/** Σ wᵢ·(−ln pᵢ(label)) / n, in nats; `weights` is float32 [n]. */
export function softmaxCrossEntropy(logits: JaxArray, labels: JaxArray, weights?: JaxArray): JaxArray {
  const perExample = crossEntropyPerExample(logits, labels);
  return mean(weights === undefined ? perExample : mul(perExample, weights));
}

/** Mean of squared differences over all elements; with weights [n], Σ wᵢ·(mean over the rest)ᵢ / n. */
export function meanSquaredError(predicted: JaxArray, target: JaxArray, weights?: JaxArray): JaxArray {
  const squared = square(sub(predicted, target));
  if (weights === undefined) return mean(squared);
  const rest = squared.shape.slice(1).map((_, i) => i + 1);
  return mean(mul(rest.length === 0 ? squared : mean(squared, rest), weights));
}
