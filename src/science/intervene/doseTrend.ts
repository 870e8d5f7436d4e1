/**
 * @file Shapes of effects over a dose or a window's start: a trend, a peak, a closing.
 *
 * Input: one row a seed, one column an arm, the paired differences; arms in ascending order of x. Intervals come from a
 * bootstrap over seeds, whole rows at a time, so that what arms of one seed share is kept. Non-finite values are refused.
 */
import { DomainError, type Estimate, type Rng } from "../../core/index.ts";
import { bootstrap } from "../stats/bootstrap.ts";
import { spearman } from "../stats/correlation.ts";
import { mean } from "../stats/moments.ts";
import { requirePairs, signFlipP } from "./pairedEffect.ts";

export interface ShapeInput {
  /** Ascending; shape [arms]. */
  readonly x: readonly number[];
  /** Shape [seeds][arms]. */
  readonly differences: readonly (readonly number[])[];
  readonly rng: Rng;
}

/**
 * Trend over doses: Spearman's correlation of dose and effect within each seed, averaged over seeds; p by sign flips of
 * the seeds' correlations (a seed-level form of Page's test for ordered alternatives). A seed whose
 * effects are all equal counts as 0.
 */
export function doseTrend({ x, differences, rng }: ShapeInput): { estimate: Estimate; p: number } {
  requireShape("doseTrend", { x, differences });
  const correlations = differences.map((row) => (row.every((value) => value === row[0]) ? 0 : spearman(x, row)));
  return {
    estimate: bootstrap({ units: correlations, statistic: mean, rng, draws: 2000, unit: "seeds" }),
    p: signFlipP(correlations).p,
  };
}

/** The x at which the mean effect is largest in size, with a bootstrap interval over seeds. */
export function peakPosition({ x, differences, rng }: ShapeInput): Estimate {
  requireShape("peakPosition", { x, differences });
  return bootstrap({
    units: differences,
    statistic: (rows) => x[largest(x.map((_, arm) => Math.abs(mean(rows.map((row) => row[arm])))))],
    rng,
    draws: 2000,
    unit: "seeds",
  });
}

/** Mean effect at the peak arm (as seen in these data) minus that at the last arm: how far a window closes. */
export function peakMinusLast({ x, differences, rng }: ShapeInput): { estimate: Estimate; p: number } {
  requireShape("peakMinusLast", { x, differences });
  const means = x.map((_, arm) => mean(differences.map((row) => row[arm])));
  const peak = largest(means.map(Math.abs));
  const drops = differences.map((row) => row[peak] - row[row.length - 1]);
  return {
    estimate: bootstrap({ units: drops, statistic: mean, rng, draws: 2000, unit: "seeds" }),
    p: signFlipP(drops).p,
  };
}

function requireShape(what: string, { x, differences }: Pick<ShapeInput, "x" | "differences">): void {
  if (x.length < 2) throw new DomainError(what, "at least 2 arms", x.length);
  if (differences.length < 2) throw new DomainError(what, "at least 2 seeds", differences.length);
  for (const row of differences) {
    if (row.length !== x.length) throw new DomainError(what, `${x.length} arms a seed`, row.length);
    requirePairs(row);
  }
}

function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
