/**
 * @file The effect of one intervention: treated minus control, paired by seed.
 *
 * Arms are given in the same order of seeds. A non-finite value on either side is refused, never dropped in silence: an
 * arm that diverged is an outcome, and leaving it out would bias the effect.
 */
import { DomainError, type Estimate, RefusedError, ShapeError } from "../../core/index.ts";
import { pearson } from "../stats/correlation.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";
import { mean, sd, variance } from "../stats/moments.ts";
import { minimalDetectableEffect } from "./power.ts";
import { describeFlips, signFlips } from "./signFlips.ts";

export interface PairedEffect {
  /** Mean difference with its t interval. */
  readonly effect: Estimate;
  /** Between the arms over seeds; absent when an arm is constant. */
  readonly correlation?: number;
  /** Variance of an unpaired contrast of as many seeds, divided by that of the paired one. */
  readonly varianceReduction: number;
  /** Two-sided sign-flip p of "no effect"; 1 when all differences are 0. */
  readonly p: number;
  readonly pMethod: string;
  /** The mean difference that a two-sided test at 5% finds with a chance of 80%, at this sd and n (noncentral t). */
  readonly minimalDetectable: number;
}

/** `treated`, `control`: shape [seeds], n ≥ 2. Throws SHAPE_MISMATCH, OUT_OF_DOMAIN, REFUSED. */
export function pairedEffect({
  treated,
  control,
  level = 0.95,
}: {
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly level?: number;
}): PairedEffect {
  if (treated.length !== control.length)
    throw new ShapeError("pairedEffect: control", `[${treated.length}]`, [control.length]);
  const differences = treated.map((value, i) => value - control[i]);
  const effect = meanDifference(differences, level);
  const spread = sd(differences);
  const n = differences.length;
  return {
    effect,
    correlation: variance(treated) > 0 && variance(control) > 0 ? pearson(treated, control) : undefined,
    varianceReduction: (variance(treated) + variance(control)) / spread ** 2,
    ...signFlipP(differences),
    minimalDetectable: minimalDetectableEffect({ sd: spread, n }).value,
  };
}

/** Mean of paired differences with its t interval. */
export function meanDifference(differences: readonly number[], level = 0.95): Estimate {
  requireLevel("meanDifference", level);
  requirePairs(differences);
  const n = differences.length;
  const value = mean(differences);
  const half = (studentTQuantile((1 + level) / 2, n - 1) * sd(differences)) / Math.sqrt(n);
  return {
    value,
    low: value - half,
    high: value + half,
    level,
    method: "mean paired difference over seeds, t interval",
    n,
  };
}

/** Share of sign patterns whose |mean| is at least that observed (Fisher's randomisation test for pairs). */
export function signFlipP(differences: readonly number[]): { p: number; pMethod: string } {
  requirePairs(differences);
  const flips = signFlips(differences.length);
  const observed = Math.abs(mean(differences));
  const tolerance = 1e-12 * Math.max(...differences.map(Math.abs));
  let extreme = 0;
  for (const pattern of flips.patterns) {
    let sum = 0;
    for (let i = 0; i < pattern.length; i++) sum += pattern[i] * differences[i];
    if (Math.abs(sum) / differences.length >= observed - tolerance) extreme++;
  }
  return { p: extreme / flips.patterns.length, pMethod: `sign-flip test, ${describeFlips(flips)}` };
}

export function requirePairs(differences: readonly number[]): void {
  if (differences.length < 2) throw new DomainError("paired differences", "at least 2 seeds", differences.length);
  const bad = differences.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RefusedError(
      "paired differences",
      `the outcome of pair ${bad + 1} is not finite; take an outcome that is defined for a run that diverged (an onset, or a success)`,
    );
}
