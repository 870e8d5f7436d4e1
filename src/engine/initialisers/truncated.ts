/**
 * @file Normal draws conditioned on an interval, by inverting the distribution function: one uniform a draw.
 */
import cdf from "@stdlib/stats-base-dists-normal-cdf";
import quantile from "@stdlib/stats-base-dists-normal-quantile";
import type { Rng, Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";
import { drawn } from "./draw.ts";
import { requirePositive } from "./initialiser.ts";

export interface Truncation {
  readonly mean: number;
  /** Of the normal before it is cut. */
  readonly standardDeviation: number;
  /** Bounds in the same units as the mean. */
  readonly low: number;
  readonly high: number;
}

/** N(mean, standardDeviation²) given that it lies in [low, high]. Throws OUT_OF_DOMAIN unless low < high. */
export function truncatedNormal(rng: Rng, shape: readonly number[], truncation: Truncation): Tensor {
  const { mean, standardDeviation, low, high } = truncation;
  requirePositive("truncatedNormal, standard deviation", standardDeviation);
  if (!(low < high)) throw new DomainError("truncatedNormal, bounds", "low < high", `${low} and ${high}`);
  const [from, to] = [low, high].map((bound) => cdf(bound, mean, standardDeviation));
  const clamp = (value: number): number => Math.min(high, Math.max(low, value));
  return drawn(shape, () => clamp(quantile(from + (to - from) * rng.uniform(), mean, standardDeviation)));
}
