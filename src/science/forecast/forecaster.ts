/**
 * @file What a forecaster is: fitted on a finished cohort, frozen, and only then shown the beginning of a new run.
 *
 * `defineForecaster` cuts every trajectory at the cutoff before a method's predict sees it: a method cannot look ahead.
 * In a trajectory NaN means "not measured at that step"; ±∞ is a value, which methods that need finite ones refuse.
 */
import {
  canonicalJson,
  type Distribution,
  DomainError,
  type Json,
  type OnsetDefinition,
  RefusedError,
  ShapeError,
  sha256Hex,
} from "../../core/index.ts";

export interface Trajectory {
  readonly run: string;
  /** Optimizer updates done, strictly ascending. */
  readonly steps: readonly number[];
  /** measure → one value a step; NaN where not measured. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** measure → standard error over items, one a step; NaN where not stated. Absent: stated nowhere. */
  readonly ses?: Readonly<Record<string, readonly number[]>>;
  /** measure → known range, for methods that look at other measures than the target. */
  readonly ranges?: Readonly<Record<string, ForecastTask["range"]>>;
  /** Covariates of the run's configuration, where configurations differ. */
  readonly configuration?: Readonly<Record<string, number>>;
  /** Runs of one unit (one size, one seed's arms) are not independent and are left out together. Absent: the run itself. */
  readonly unit?: string;
}

/** The value of a measure at a later step. */
export interface ForecastTask {
  readonly target: string;
  readonly targetStep: number;
  readonly cutoff: number;
  readonly range?: readonly [number | null, number | null];
  /** The measure's chance level, where curves begin. */
  readonly chance?: number;
}

/** The step of an onset; what happens after `horizon` is not seen. */
export interface OnsetTask {
  readonly onset: OnsetDefinition;
  readonly horizon: number;
  readonly cutoff: number;
}

export interface FittedForecaster {
  /** What is hashed and registered before any data of the new run exist: it fixes every later prediction. */
  readonly frozen: Json;
  /** Outcome minus the centre of the forecast made without that run, for each cohort run, where the method knows them. */
  readonly leftOutErrors?: readonly number[];
  /** The forecast of each cohort run made without its unit, where the method has a cheaper or better way than another fit. */
  leftOut?(): readonly Distribution[];
  /** Throws REFUSED when the prefix does not carry the forecast. */
  predict(prefix: Trajectory): Distribution;
}

export interface Forecaster<Task extends { readonly cutoff: number } = ForecastTask> {
  readonly name: string;
  readonly role: "baseline" | "method";
  readonly description: string;
  fit(cohort: readonly Trajectory[], task: Task): FittedForecaster;
}

/** What a method has to say for itself; the rest is `defineForecaster`'s. */
export interface ForecasterDefinition<Task extends { readonly cutoff: number }> {
  readonly name: string;
  readonly role: "baseline" | "method";
  readonly description: string;
  /** Changes when predictions from the same data would. */
  readonly version: number;
  fit(
    cohort: readonly Trajectory[],
    task: Task,
  ): {
    readonly parameters: Json;
    readonly leftOutErrors?: readonly number[];
    leftOut?(): readonly Distribution[];
    predict(prefix: Trajectory): Distribution;
  };
}

export function defineForecaster<Task extends { readonly cutoff: number }>(
  definition: ForecasterDefinition<Task>,
): Forecaster<Task> {
  const { name, role, description, version } = definition;
  // A cohort is never changed, so a fit on it is made once; combinations and their members meet here.
  const made = new WeakMap<readonly Trajectory[], Map<string, FittedForecaster>>();
  return {
    name,
    role,
    description,
    fit(cohort, task) {
      const fits = made.get(cohort) ?? new Map<string, FittedForecaster>();
      made.set(cohort, fits);
      const key = canonicalJson(task);
      const fitted = fits.get(key) ?? fitOnce(cohort, task, key);
      fits.set(key, fitted);
      return fitted;
    },
  };

  function fitOnce(cohort: readonly Trajectory[], task: Task, key: string): FittedForecaster {
    for (const trajectory of cohort) requireTrajectory(trajectory);
    const { parameters, leftOutErrors, leftOut, predict } = definition.fit(cohort, task);
    return {
      leftOutErrors,
      leftOut,
      get frozen(): Json {
        const data = { runs: cohort.length, sha256: cohortHash(cohort) };
        return { method: name, version, task: JSON.parse(key) as Json, cohort: data, parameters };
      },
      predict(prefix) {
        requireTrajectory(prefix);
        return predict(upTo(prefix, task.cutoff));
      },
    };
  }
}

const latestCut = new WeakMap<Trajectory, { readonly end: number; readonly prefix: Trajectory }>();

/** The trajectory without anything after `step`; asked again for the same part, the same object. */
export function upTo(trajectory: Trajectory, step: number): Trajectory {
  const { steps, values, ses } = trajectory;
  let end = steps.length;
  while (end > 0 && steps[end - 1] > step) end--;
  if (end === steps.length) return trajectory;
  const latest = latestCut.get(trajectory);
  if (latest?.end === end) return latest.prefix;
  const cut = (columns: Readonly<Record<string, readonly number[]>>) =>
    Object.fromEntries(Object.entries(columns).map(([measure, series]) => [measure, series.slice(0, end)]));
  const prefix = { ...trajectory, steps: steps.slice(0, end), values: cut(values), ...(ses && { ses: cut(ses) }) };
  latestCut.set(trajectory, { end, prefix });
  return prefix;
}

/** The same task for another of the cohort's measures. */
export function taskFor(cohort: readonly Trajectory[], task: ForecastTask, target: string): ForecastTask {
  if (target === task.target) return task;
  return { targetStep: task.targetStep, cutoff: task.cutoff, target, range: cohort[0]?.ranges?.[target] };
}

/** What is left out together with a run. */
export function unitOf({ unit, run }: Pick<Trajectory, "unit" | "run">): string {
  return unit ?? run;
}

const parts = new WeakMap<
  readonly Trajectory[],
  { whole: readonly Trajectory[]; byRuns: Map<string, readonly Trajectory[]> }
>();

/**
 * The runs of a cohort that are not of the unit. Parts of parts of one cohort are the same array where they are the same
 * runs, so that fits on them are made once; they live as long as that cohort.
 */
export function withoutUnit(cohort: readonly Trajectory[], unit: string): readonly Trajectory[] {
  const { whole, byRuns } = parts.get(cohort) ?? { whole: cohort, byRuns: new Map<string, readonly Trajectory[]>() };
  const rest = cohort.filter((run) => unitOf(run) !== unit);
  const key = JSON.stringify(rest.map((run) => whole.indexOf(run)));
  const part = byRuns.get(key) ?? rest;
  byRuns.set(key, part);
  for (const one of [whole, part]) parts.set(one, { whole, byRuns });
  return part;
}

/** Value of a measure at exactly this step; NaN where not measured. */
export function valueAt({ steps, values }: Trajectory, measure: string, step: number): number {
  const i = steps.indexOf(step);
  return i < 0 ? Number.NaN : (values[measure]?.[i] ?? Number.NaN);
}

/** The measured points of one measure. */
export function measuredSeries(
  { steps, values }: Trajectory,
  measure: string,
): { measure: string; steps: number[]; values: number[] } {
  const series = values[measure] ?? [];
  const kept = series.map((_, i) => i).filter((i) => !Number.isNaN(series[i]));
  return { measure, steps: kept.map((i) => steps[i]), values: kept.map((i) => series[i]) };
}

/** Each cohort run's target. Throws REFUSED for a cohort below three runs or a run without a finite target. */
export function cohortTargets(cohort: readonly Trajectory[], { target, targetStep, cutoff }: ForecastTask): number[] {
  if (!(cutoff < targetStep)) throw new DomainError("Forecast: cutoff", `a step before ${targetStep}`, cutoff);
  if (cohort.length < 3) throw new RefusedError("Forecast", `a cohort of ${cohort.length} is too small; 3 are needed`);
  return cohort.map((trajectory) => {
    const value = valueAt(trajectory, target, targetStep);
    if (!Number.isFinite(value))
      throw new RefusedError("Forecast", `${target} at step ${targetStep} of cohort run ${trajectory.run} is ${value}`);
    return value;
  });
}

function requireTrajectory({ run, steps, values, ses = {} }: Trajectory): void {
  for (let i = 1; i < steps.length; i++)
    if (!(steps[i] > steps[i - 1]))
      throw new DomainError(`Trajectory of run ${run}`, "strictly ascending steps", `${steps[i]} at position ${i}`);
  for (const [measure, series] of [...Object.entries(values), ...Object.entries(ses)])
    if (series.length !== steps.length)
      throw new ShapeError(`Trajectory of run ${run}: ${measure}`, `[${steps.length}]`, [series.length]);
}

const hashes = new WeakMap<readonly Trajectory[], string>();

function cohortHash(cohort: readonly Trajectory[]): string {
  let hash = hashes.get(cohort);
  if (hash === undefined) {
    hash = sha256Hex(canonicalJson(cohort));
    hashes.set(cohort, hash);
  }
  return hash;
}
