/**
 * @file How much of an outcome's variance each seed component carries, from a one-at-a-time design.
 *
 * A group holds runs that differ in one seed component only. The pooled variance inside groups estimates
 * E[Var(outcome | all other components)]: the component's own part and its interactions, so that the shares of all
 * components may add up to more than 1. Non-finite outcomes throw; groups of one run carry nothing and throw too.
 */
import { DomainError, type Estimate, RefusedError } from "../../core/index.ts";
import { fQuantile } from "./distributions.ts";
import { requireLevel, sdFromVariance, varianceInterval } from "./intervals.ts";
import { requireFinite, sumOfSquares, variance } from "./moments.ts";

export interface VarianceComponent {
  readonly name: string;
  readonly variance: Estimate;
  readonly sd: Estimate;
  /** Component variance / cohort variance. */
  readonly share: Estimate;
  readonly df: number;
  readonly groups: number;
}

export interface VarianceComponents {
  readonly total: { readonly variance: Estimate; readonly sd: Estimate };
  readonly components: readonly VarianceComponent[];
}

/**
 * `groups`: component name → groups → outcomes of runs that differ in this component only. `cohort`: outcomes of
 * independent runs in which all components differ; its variance is the total.
 *
 * Intervals: chi-square for variances (normal outcomes), F for shares, treating component and cohort variance as
 * independent. Where the bases of the groups are cohort runs this is an approximation.
 * `n` is the number of runs that entered; degrees of freedom stand in the method.
 */
export function varianceComponents({
  groups,
  cohort,
  level = 0.95,
}: {
  readonly groups: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly cohort: readonly number[];
  readonly level?: number;
}): VarianceComponents {
  requireLevel("varianceComponents", level);
  const totalVariance = variance(cohort);
  if (totalVariance === 0) throw new RefusedError("varianceComponents", "the cohort's outcomes are all equal");
  const totalDf = cohort.length - 1;
  const total = varianceInterval(totalVariance, totalDf, level, "variance over runs", cohort.length);
  const components = Object.entries(groups).map(([name, members]): VarianceComponent => {
    const { pooled, df, runs } = pooledWithinVariance(name, members);
    const ratio = pooled / totalVariance;
    const estimate = varianceInterval(pooled, df, level, `pooled variance in ${members.length} groups`, runs);
    return {
      name,
      variance: estimate,
      sd: sdFromVariance(estimate),
      share: {
        value: ratio,
        low: ratio / fQuantile((1 + level) / 2, df, totalDf),
        high: ratio / fQuantile((1 - level) / 2, df, totalDf),
        level,
        method: `variance ratio to the cohort, F interval on ${df} and ${totalDf} df (taken as independent)`,
        n: runs,
      },
      df,
      groups: members.length,
    };
  });
  return { total: { variance: total, sd: sdFromVariance(total) }, components };
}

/** Σ(n_g − 1)s_g² / Σ(n_g − 1). Each group needs two runs. */
export function pooledWithinVariance(
  what: string,
  groups: readonly (readonly number[])[],
): { readonly pooled: number; readonly df: number; readonly runs: number } {
  if (groups.length === 0) throw new DomainError(`Variance component "${what}"`, "at least one group", "none");
  let squares = 0;
  let df = 0;
  for (const group of groups) {
    requireFinite(`Variance component "${what}": group`, group, 2);
    squares += sumOfSquares(group);
    df += group.length - 1;
  }
  return { pooled: squares / df, df, runs: df + groups.length };
}
