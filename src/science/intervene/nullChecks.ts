/**
 * @file The nulls that an effect comes with: exact placebo, active placebo, perturbed null.
 *
 * Each says something else. The exact placebo changes nothing and must be bit-identical: it tests the machinery and says
 * nothing of noise. The active placebo gives the same dose to an irrelevant target: it tests specificity. The perturbed
 * null re-draws noise after the fork: it is the floor below which this design sees nothing.
 */
import { DomainError, type Estimate } from "../../core/index.ts";
import { sdEstimate } from "../stats/intervals.ts";
import { sd } from "../stats/moments.ts";
import { meanDifference } from "./pairedEffect.ts";
import { type MinimalDetectableEffect, minimalDetectableEffect } from "./power.ts";

export interface HashPair {
  readonly run: string;
  /** State hash of the undisturbed run. */
  readonly expected: string;
  /** State hash of the placebo at the same step. */
  readonly actual: string;
}

export interface ExactPlacebo {
  readonly compared: number;
  readonly identical: number;
  readonly differing: readonly string[];
  readonly passed: boolean;
}

/** Equality of state hashes, run by run. Refuses an empty list and empty hashes: comparing nothing is not passing. */
export function exactPlacebo(pairs: readonly HashPair[]): ExactPlacebo {
  if (pairs.length === 0) throw new DomainError("exactPlacebo", "at least one pair of hashes", "none");
  for (const { run, expected, actual } of pairs)
    if (expected === "" || actual === "")
      throw new DomainError(`exactPlacebo: run ${run}`, "two hashes", "an empty one");
  const differing = pairs.filter(({ expected, actual }) => expected !== actual).map(({ run }) => run);
  return {
    compared: pairs.length,
    identical: pairs.length - differing.length,
    differing,
    passed: differing.length === 0,
  };
}

export interface ActivePlacebo {
  readonly effect: Estimate;
  readonly margin: number;
  /** "equivalent": the interval lies within ±margin; "different": it excludes 0 as well as not lying within; else "undecided". */
  readonly verdict: "equivalent" | "different" | "undecided";
  /** The interval excludes 0: a placebo can be real and still negligible. */
  readonly nonZero: boolean;
  readonly statement: string;
}

/**
 * Two one-sided tests at α = (1 − level)/2 each, by interval inclusion (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987):
 * level .9 gives the usual 5% test. `margin` is the largest effect that would not matter, in units of the outcome, fixed
 * before looking.
 */
export function activePlacebo({
  differences,
  margin,
  level = 0.9,
}: {
  /** Placebo − control, one value a seed. */
  readonly differences: readonly number[];
  readonly margin: number;
  readonly level?: number;
}): ActivePlacebo {
  if (!(margin > 0 && margin < Number.POSITIVE_INFINITY))
    throw new DomainError("activePlacebo: margin", "a positive number", margin);
  const effect = meanDifference(differences, level);
  const within = effect.low > -margin && effect.high < margin;
  const nonZero = effect.low > 0 || effect.high < 0;
  const verdict = within ? "equivalent" : nonZero ? "different" : "undecided";
  const where = `the ${Math.round(100 * level)}% interval`;
  const statement = within
    ? `${where} lies within ±${margin}${nonZero ? ", though it excludes 0" : ""}`
    : nonZero
      ? `${where} excludes 0 and reaches beyond ±${margin}`
      : `${where} includes 0 and reaches beyond ±${margin}: too few seeds to say`;
  return { effect, margin, verdict, nonZero, statement };
}

export interface PerturbedNull {
  /** Mean of perturbed − control; its expectation is 0. */
  readonly effect: Estimate;
  /** Standard deviation over seeds of perturbed − control. */
  readonly noiseSd: Estimate;
  /** The part of one arm: noiseSd / √2, if both arms carry equal and independent noise. */
  readonly armNoiseSd: number;
  /** Smallest effect that a contrast with nothing but this noise would find. */
  readonly detectable: MinimalDetectableEffect;
  readonly identical: boolean;
}

/** The noise floor of the design. When all pairs are equal (nothing random is left after the fork) the floor is 0. */
export function perturbedNull({
  differences,
  level = 0.95,
}: {
  /** Perturbed − control, one value a seed. */
  readonly differences: readonly number[];
  readonly level?: number;
}): PerturbedNull {
  const spread = sd(differences);
  return {
    effect: meanDifference(differences, level),
    noiseSd: sdEstimate(differences, { level, unit: "seeds" }),
    armNoiseSd: spread / Math.SQRT2,
    detectable: minimalDetectableEffect({ sd: spread, n: differences.length, level }),
    identical: differences.every((difference) => difference === 0),
  };
}
