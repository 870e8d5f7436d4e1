/**
 * @file What a paired design can see: power of the t test and its minimal detectable effect.
 *
 * For normal differences. Refuses a standard deviation that is negative or not finite, and fewer than two seeds.
 */
import { DomainError } from "../../core/index.ts";
import { chiSquareQuantile, normalCdf, studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";

const NODES = 400;

export interface MinimalDetectableEffect {
  /** Smallest |mean difference| that is found significant with probability `power`. */
  readonly value: number;
  readonly power: number;
  /** 1 − the two-sided significance level. */
  readonly level: number;
}

/**
 * Smallest effect that the two-sided paired t test at `level` finds with probability `power`, from the sd of the
 * differences over n seeds: δ = ncp·sd/√n with the noncentrality that solves P(|T| > t) = power.
 */
export function minimalDetectableEffect({
  sd,
  n,
  power = 0.8,
  level = 0.95,
}: {
  readonly sd: number;
  readonly n: number;
  readonly power?: number;
  readonly level?: number;
}): MinimalDetectableEffect {
  if (!(sd >= 0 && sd < Number.POSITIVE_INFINITY))
    throw new DomainError("minimalDetectableEffect: sd", "a number ≥ 0", sd);
  requireLevel("minimalDetectableEffect", level);
  if (!(power > 1 - level && power < 1))
    throw new DomainError("minimalDetectableEffect: power", `above ${1 - level}, below 1`, power);
  const nodes = powerNodes(n);
  const critical = studentTQuantile((1 + level) / 2, n - 1);
  let low = 0;
  let high = 1;
  while (powerAt(high, critical, nodes) < power) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (powerAt(middle, critical, nodes) < power) low = middle;
    else high = middle;
  }
  return { value: (high * sd) / Math.sqrt(n), power, level };
}

/** P(|T| > t) for a noncentral t with n − 1 degrees of freedom, by averaging over its chi-square denominator. */
export function pairedTPower({
  effect,
  sd,
  n,
  level = 0.95,
}: {
  readonly effect: number;
  readonly sd: number;
  readonly n: number;
  readonly level?: number;
}): number {
  requireLevel("pairedTPower", level);
  if (!(sd > 0)) throw new DomainError("pairedTPower: sd", "a positive number", sd);
  return powerAt((effect * Math.sqrt(n)) / sd, studentTQuantile((1 + level) / 2, n - 1), powerNodes(n));
}

/** s/σ at the midpoints of NODES equal slices of its distribution. */
function powerNodes(n: number): Float64Array {
  if (!Number.isInteger(n) || n < 2) throw new DomainError("paired t power: n", "an integer ≥ 2", n);
  return Float64Array.from({ length: NODES }, (_, i) =>
    Math.sqrt(chiSquareQuantile((i + 0.5) / NODES, n - 1) / (n - 1)),
  );
}

function powerAt(noncentrality: number, critical: number, nodes: Float64Array): number {
  let sum = 0;
  for (const spread of nodes)
    sum += normalCdf(noncentrality - critical * spread) + normalCdf(-noncentrality - critical * spread);
  return sum / nodes.length;
}
