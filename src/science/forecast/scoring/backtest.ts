/**
 * @file Rolls cutoffs over runs × measures: every run is forecast by every method from a cohort without its unit.
 *
 * The outcomes existed when these forecasts were made: they are retrospective. A run without a finite outcome for a measure
 * is no case of it, and is left out of that measure's cohorts; what a method refuses is kept with its reason.
 */
import { type Distribution, OntogenyError } from "../../../core/index.ts";
import {
  type Forecaster,
  type ForecastTask,
  type Trajectory,
  unitOf,
  upTo,
  valueAt,
  withoutUnit,
} from "../forecaster.ts";

export interface BacktestOptions {
  /** With `unit` where runs are not independent. */
  readonly runs: readonly Trajectory[];
  readonly measures: readonly string[];
  readonly cutoffs: readonly number[];
  readonly targetStep: number;
  readonly forecasters: readonly Forecaster[];
  /** A run outside of them that every left-out fit is also asked about (jackknife+). */
  readonly newcomer?: Trajectory;
  /** Known range of a measure. */
  readonly rangeOf?: (measure: string) => ForecastTask["range"];
  /** Called before every cutoff. */
  readonly onCutoff?: (cutoff: number) => void;
}

export interface BacktestCase {
  readonly measure: string;
  readonly run: string;
  readonly unit: string;
  readonly outcome: number;
}

export interface BacktestAtCutoff {
  readonly cutoff: number;
  readonly cases: readonly BacktestCase[];
  /** By method, in the order of the forecasters; one entry a case, undefined where refused. */
  readonly forecasts: readonly (readonly (Distribution | undefined)[])[];
  /** What the fits without each case's unit say of the newcomer, laid out alike. */
  readonly ofNewcomer?: readonly (readonly (Distribution | undefined)[])[];
  readonly refusals: readonly BacktestRefusal[];
}

export interface BacktestRefusal {
  readonly method: string;
  readonly reason: string;
  readonly count: number;
  /** The first case that met it. */
  readonly example: { readonly measure: string; readonly run: string };
}

export function backtest(options: BacktestOptions): BacktestAtCutoff[] {
  const { measures, cutoffs, targetStep, forecasters, newcomer, rangeOf, onCutoff } = options;
  return cutoffs.map((cutoff) => {
    onCutoff?.(cutoff);
    // Arrays of this cutoff's own: what is kept with them is given free after it.
    const byRuns = new Map<string, readonly Trajectory[]>();
    const cases: BacktestCase[] = [];
    const forecasts: (Distribution | undefined)[][] = forecasters.map(() => []);
    const ofNewcomer: (Distribution | undefined)[][] | undefined = newcomer && forecasters.map(() => []);
    const newPrefix = newcomer && upTo(newcomer, cutoff);
    const refusals = new Map<
      string,
      { method: string; reason: string; count: number; example: BacktestRefusal["example"] }
    >();
    for (const measure of measures) {
      const task: ForecastTask = { target: measure, targetStep, cutoff, range: rangeOf?.(measure) };
      const cohort = cohortOf(options.runs, task, byRuns);
      for (const run of cohort) {
        const [prefix, unit] = [upTo(run, cutoff), unitOf(run)];
        cases.push({ measure, run: run.run, unit, outcome: valueAt(run, measure, targetStep) });
        forecasters.forEach((forecaster, f) => {
          const others = withoutUnit(cohort, unit);
          const made = predictOrReason(forecaster, others, task, prefix);
          const ofNew = newPrefix && predictOrReason(forecaster, others, task, newPrefix);
          ofNewcomer?.[f].push(typeof ofNew === "string" ? undefined : ofNew);
          forecasts[f].push(typeof made === "string" ? undefined : made);
          if (typeof made !== "string") return;
          const key = JSON.stringify([forecaster.name, generalised(made, run.run, measure)]);
          const known = refusals.get(key);
          if (known !== undefined) known.count++;
          else
            refusals.set(key, { method: forecaster.name, reason: made, count: 1, example: { measure, run: run.run } });
        });
      }
    }
    return { cutoff, cases, forecasts, ...(ofNewcomer && { ofNewcomer }), refusals: [...refusals.values()] };
  });
}

/** The runs with a finite outcome; the same array for measures that the same runs have. */
function cohortOf(
  runs: readonly Trajectory[],
  { target, targetStep }: ForecastTask,
  byRuns: Map<string, readonly Trajectory[]>,
): readonly Trajectory[] {
  const finite = runs.filter((run) => Number.isFinite(valueAt(run, target, targetStep)));
  const key = JSON.stringify(finite.map((run) => runs.indexOf(run)));
  const same = byRuns.get(key) ?? finite;
  byRuns.set(key, same);
  return same;
}

function predictOrReason(
  forecaster: Forecaster,
  cohort: readonly Trajectory[],
  task: ForecastTask,
  prefix: Trajectory,
): Distribution | string {
  try {
    return forecaster.fit(cohort, task).predict(prefix);
  } catch (error) {
    if (error instanceof OntogenyError && error.code === "REFUSED") return error.message;
    throw error;
  }
}

/** The reason without what differs from case to case. */
function generalised(reason: string, run: string, measure: string): string {
  return reason
    .replaceAll(run, "…")
    .replaceAll(measure, "…")
    .replace(/-?\d+(\.\d+)?(e[+-]?\d+)?/g, "#");
}
