/**
 * @file Logarithmic score of a forecast that is registered as quantiles.
 *
 * The distribution function is a straight line between quantiles, as everywhere in this room; beyond the outermost ones the
 * probability left there falls off exponentially from the density beside it. Non-finite outcomes throw.
 */
import { type Distribution, DomainError } from "../../../core/index.ts";
import { requireDistribution } from "../distribution.ts";

/** Narrowest piece, as a share of the whole width: a point mass has no density. */
const NARROWEST = 1e-6;

/** −ln(density at the outcome), in nats per unit of the outcome; lower is better. */
export function logScore(distribution: Distribution, outcome: number): number {
  requireDistribution("logScore", distribution);
  if (!Number.isFinite(outcome)) throw new DomainError("logScore: outcome", "a finite number", outcome);
  const { probabilities, quantiles } = distribution;
  const last = quantiles.length - 1;
  const size = Math.max(Math.abs(quantiles[0]), Math.abs(quantiles[last]), Math.abs(outcome));
  const floor = Math.max(NARROWEST * Math.max(quantiles[last] - quantiles[0], 1e-3 * size), 1e-300);
  const density = (k: number) =>
    (probabilities[k + 1] - probabilities[k]) / Math.max(quantiles[k + 1] - quantiles[k], floor);
  const tail = (left: number, beside: number, distance: number) => -Math.log(beside) + (distance * beside) / left;
  if (outcome < quantiles[0]) return tail(probabilities[0], density(0), quantiles[0] - outcome);
  if (outcome > quantiles[last]) return tail(1 - probabilities[last], density(last - 1), outcome - quantiles[last]);
  let k = 0;
  while (k < last - 1 && quantiles[k + 1] < outcome) k++;
  return -Math.log(density(k));
}
