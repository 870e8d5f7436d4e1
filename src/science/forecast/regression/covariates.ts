/**
 * @file Covariates of the configuration by which a cohort's runs differ, on the scale on which they act.
 *
 * Those that every cohort run states as a finite number and that differ. One that is positive and spans twofold or more is
 * taken in its logarithm (sizes, learning rates, weight decays act by ratios), unless its values lie clearly less
 * symmetrically there.
 */
import { mean, sd } from "../../stats/moments.ts";
import type { Trajectory } from "../forecaster.ts";

const LOGARITHM_FROM = 2;
/** Difference in skewness. */
const CLEARLY = 0.5;

export interface Covariate {
  readonly name: string;
  /** NaN for a run that does not state it. */
  of(run: Trajectory): number;
}

export function differingCovariates(cohort: readonly Trajectory[]): Covariate[] {
  const names = [...new Set(cohort.flatMap((run) => Object.keys(run.configuration ?? {})))].sort();
  return names.flatMap((name) => {
    const stated = ({ configuration }: Trajectory) => configuration?.[name] ?? Number.NaN;
    const column = cohort.map(stated);
    if (!column.every(Number.isFinite) || column.every((value) => value === column[0])) return [];
    return [
      isTakenInLogarithm(column)
        ? { name: `ln ${name}`, of: (run: Trajectory) => Math.log(stated(run)) }
        : { name, of: stated },
    ];
  });
}

function isTakenInLogarithm(column: readonly number[]): boolean {
  const [low, high] = [Math.min(...column), Math.max(...column)];
  if (!(low > 0) || high < LOGARITHM_FROM * low) return false;
  return Math.abs(skewness(column.map(Math.log))) <= Math.abs(skewness(column)) + CLEARLY;
}

function skewness(values: readonly number[]): number {
  const [centre, spread] = [mean(values), sd(values)];
  return mean(values.map((value) => ((value - centre) / spread) ** 3));
}
