/**
 * @file Choosing among finalists by their replicates: margins to the bounds in units of the spread over seeds.
 *
 * The best of several noisy candidates looks better than it is (the winner's curse), so finalists are ranked by a lower
 * confidence bound of their smallest margin, on seeds that took no part in the search. A value that is not finite fails
 * its bound and puts the margins at −∞.
 */
import { DomainError } from "../../core/index.ts";
import { normalQuantile, studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";
import type { Matrix } from "../stats/linear.ts";
import { mean, sumOfSquares } from "../stats/moments.ts";
import { columnOf, meetsBounds, type OutcomeBound, type OutcomeScale, outcomeScale, scaleOfKind } from "./bounds.ts";

/** Spread over seeds of each requirement's outcome, on the scale of its margins, with its degrees of freedom. */
export interface MarginSpread {
  readonly sd: readonly number[];
  readonly df: number;
  /** The scale that each margin is taken on. */
  readonly kinds: readonly OutcomeScale["kind"][];
}

export interface ReplicateScore {
  /** Seeds that met all bounds, of n. */
  readonly passes: number;
  readonly n: number;
  /** Smallest over requirements of the mean margin, in sds over seeds; +∞ when nothing binds. */
  readonly worstMargin: number;
  /** Smallest over requirements of the mean margin's one-sided lower bound; −∞ from one seed without a `spread`. */
  readonly marginLow: number;
}

/**
 * `outcomes` is seeds × requirements, at least one seed. Proportions count on the logit scale. The unit of a margin is
 * `spread` where given (`pooledSpread` over all finalists, so that all are measured with one ruler); otherwise the sd over
 * these seeds, averaged in variance with that of all requirements when all are proportions (a few seeds can agree by
 * chance and would make a margin huge). `level` of the one-sided bound defaults to .9.
 */
export function scoreReplicates({
  outcomes,
  bounds,
  spread,
  level = 0.9,
}: {
  readonly outcomes: Matrix;
  readonly bounds: readonly OutcomeBound[];
  readonly spread?: MarginSpread;
  readonly level?: number;
}): ReplicateScore {
  requireLevel("scoreReplicates", level);
  const n = outcomes.length;
  if (n === 0) throw new DomainError("scoreReplicates", "at least one seed", "none");
  const passes = outcomes.filter((values) => meetsBounds(values, bounds)).length;
  const isBroken = outcomes.some((values) => !values.every(Number.isFinite));
  if (isBroken) return { passes, n, worstMargin: Number.NEGATIVE_INFINITY, marginLow: Number.NEGATIVE_INFINITY };

  const ruler = spread ?? pooledSpread([outcomes], bounds);
  let worstMargin = Number.POSITIVE_INFINITY;
  let marginLow = Number.POSITIVE_INFINITY;
  const isAlone = ruler.df < 1;
  const quantile = isAlone ? 0 : ruler.df > 200 ? normalQuantile(level) : studentTQuantile(level, ruler.df);
  for (let j = 0; j < bounds.length; j++) {
    if (bounds[j].min === undefined && bounds[j].max === undefined) continue;
    const values = columnOf("scoreReplicates", outcomes, j, bounds.length);
    const scale = scaleOfKind(ruler.kinds[j], bounds[j]);
    const margin = scale.margin(mean(values.map(scale.forward))) / ruler.sd[j];
    worstMargin = Math.min(worstMargin, margin);
    marginLow = Math.min(marginLow, isAlone ? Number.NEGATIVE_INFINITY : margin - quantile / Math.sqrt(n));
  }
  return { passes, n, worstMargin, marginLow };
}

/**
 * Within-finalist spread of each requirement over all finalists. Where all outcomes are proportions, each variance is
 * averaged with the mean over requirements (their logits have like spreads); none falls below 1e-6 of the bound's size.
 * Rows that are not finite are left out. With no finalist of two seeds or more, df is 0 and the unit is 1.
 */
export function pooledSpread(finalists: readonly Matrix[], bounds: readonly OutcomeBound[]): MarginSpread {
  const usable = finalists.map((outcomes) => outcomes.filter((values) => values.every(Number.isFinite)));
  const df = usable.reduce((sum, outcomes) => sum + Math.max(0, outcomes.length - 1), 0);
  const all = usable.flat();
  const scales = bounds.map((bound, j) => outcomeScale(columnOf("pooledSpread", all, j, bounds.length), bound));
  const kinds = scales.map(({ kind }) => kind);
  if (df === 0) return { sd: bounds.map(() => 1), df, kinds };
  const variances = scales.map((scale, j) => {
    const squares = usable.map((rows) =>
      rows.length < 2 ? 0 : sumOfSquares(rows.map((row) => scale.forward(row[j]))),
    );
    return squares.reduce((a, b) => a + b, 0) / df;
  });
  const shared = scales.every(({ kind }) => kind === "logit") ? mean(variances) : undefined;
  const sd = variances.map((variance, j) => {
    const floor = 1e-6 * Math.max(Math.abs(bounds[j].min ?? 0), Math.abs(bounds[j].max ?? 0), 1e-6);
    return Math.max(floor, Math.sqrt(shared === undefined ? variance : (variance + shared) / 2));
  });
  return { sd, df, kinds };
}
