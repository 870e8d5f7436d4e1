/**
 * @file What a regression may know of a run at the cutoff: every measure, how it changed before, the configuration.
 *
 * Features are chosen from the cohort: those that every cohort run has with a finite value and that differ between runs.
 * A new run that lacks one is refused, not filled in.
 */
import { RefusedError } from "../../../core/index.ts";
import { type Trajectory, valueAt } from "../forecaster.ts";
import { differingCovariates } from "./covariates.ts";

/** Coefficients of a parabola. */
const PARABOLA = 3;

export interface Feature {
  readonly name: string;
  of(run: Trajectory): number;
}

/**
 * For each measure its value at the last evaluation up to the cutoff that all runs share, and its change to there from
 * the last shared evaluation at or before half of that step.
 */
export function earlyFeatures(cohort: readonly Trajectory[], cutoff: number): Feature[] {
  const measures = Object.keys(cohort[0].values).sort();
  const features = measures.flatMap((measure): Feature[] => {
    const shared = cohort[0].steps.filter(
      (step) => step <= cutoff && cohort.every((run) => Number.isFinite(valueAt(run, measure, step))),
    );
    const now = shared.at(-1);
    if (now === undefined) return [];
    const before = shared.filter((step) => step <= now / 2).at(-1);
    const value = { name: `${measure} at ${now}`, of: (run: Trajectory) => valueAt(run, measure, now) };
    if (before === undefined) return [value];
    const change = {
      name: `${measure} from ${before} to ${now}`,
      of: (run: Trajectory) => valueAt(run, measure, now) - valueAt(run, measure, before),
    };
    return [value, change];
  });
  return features.filter((feature) => differs(cohort, feature));
}

/**
 * Each covariate that differs in the cohort (covariates.ts), and the square of each that has more values than a parabola
 * has coefficients; outside the cohort's range the square stays what it is at the end. Throws REFUSED when a cohort run lacks one that another states.
 */
export function configurationFeatures(cohort: readonly Trajectory[]): Feature[] {
  const known = new Set(cohort.flatMap((run) => Object.keys(run.configuration ?? {})));
  for (const name of known)
    for (const { run, configuration } of cohort)
      if (!Number.isFinite(configuration?.[name]))
        throw new RefusedError("Forecast", `run ${run} has no finite ${name}`);
  const covariates = differingCovariates(cohort);
  return covariates.flatMap(({ name, of }): Feature[] => {
    const column = cohort.map(of);
    const centre = column.reduce((a, b) => a + b) / column.length;
    if (new Set(column).size <= PARABOLA) return [{ name, of }];
    return [
      { name, of },
      { name: `${name} squared`, of: (run) => (of(run) - centre) ** 2 },
    ];
  });
}

/** Values of all features in one run. Throws REFUSED naming the first that is not finite. */
export function featureRow(run: Trajectory, features: readonly Feature[]): number[] {
  return features.map(({ name, of }) => {
    const value = of(run);
    if (!Number.isFinite(value)) throw new RefusedError("Forecast", `run ${run.run} has no finite ${name}`);
    return value;
  });
}

function featureColumn(cohort: readonly Trajectory[], feature: Feature): number[] {
  return cohort.map((run) => featureRow(run, [feature])[0]);
}

function differs(cohort: readonly Trajectory[], feature: Feature): boolean {
  const column = featureColumn(cohort, feature);
  return column.some((value) => value !== column[0]);
}
