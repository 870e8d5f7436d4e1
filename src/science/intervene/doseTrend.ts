/**
 * @file The trend of an effect over doses.
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

function requireShape(what: string, { x, differences }: Pick<ShapeInput, "x" | "differences">): void {
  if (x.length < 2) throw new DomainError(what, "at least 2 arms", x.length);
  if (differences.length < 2) throw new DomainError(what, "at least 2 seeds", differences.length);
  for (const row of differences) {
    if (row.length !== x.length) throw new DomainError(what, `${x.length} arms a seed`, row.length);
    requirePairs(row);
  }
}
