/**
 * @file Recorded runs as the forecasters take them: one axis of steps, covariates, and the units that are left out together.
 *
 * What cannot take part (a run without a size where sizes are left out, a measure that never differs) is named with its
 * reason, never dropped in silence. Errors: FACTOR_UNKNOWN, NOTHING_TO_FORECAST.
 */
import { type MeasureSpec, OntogenyError, type RecordedRun, sizeFromName } from "../../core/index.ts";
import type { Trajectory } from "../../science/index.ts";
import { isOutcomeKey } from "./exchangeable.ts";

export interface TrajectoryRequest {
  /** "final": each run's last step; where those differ, steps are counted as shares of it (see `axis`). */
  readonly target: "final" | number;
  /** "run", "size", or a key of the configuration. Absent: "size" where there are three or more, else "run". */
  readonly leaveOut?: string;
  /** Keys of the configuration, "size" among them. Absent: the size where sizes differ, else every number that differs. */
  readonly covariates?: readonly string[];
  /** True where the cutoffs are shares: runs of different length then meet on shares of their own length. */
  readonly isInShares: boolean;
}

export interface TrajectorySet {
  readonly trajectories: readonly Trajectory[];
  readonly measures: readonly string[];
  readonly rangeOf: (measure: string) => MeasureSpec["range"] | undefined;
  /** On the axis. */
  readonly targetStep: number;
  /** "shares": a step is a millionth of the run's own last step. */
  readonly axis: "steps" | "shares";
  readonly leaveOut: string;
  readonly covariates: readonly string[];
  readonly excluded: readonly Exclusion[];
}

export interface Exclusion {
  readonly what: string;
  readonly why: string;
}

/** Where runs have different lengths, a step is this many parts of the run's own. */
const WHOLE = 1_000_000;
/** More covariates than this describe every run by itself. */
const MOST_COVARIATES = 6;

export function trajectorySet(runs: readonly RecordedRun[], request: TrajectoryRequest): TrajectorySet {
  const excluded: Exclusion[] = [];
  const sizes = new Map(runs.map((run) => [run.id, maybeSize(run)]));
  const distinct = new Set([...sizes.values()].filter((size) => size !== undefined));
  const leaveOut = request.leaveOut ?? (distinct.size >= 3 ? "size" : "run");
  const unitOf = (run: RecordedRun): string | undefined => {
    if (leaveOut === "run") return run.id;
    const value = leaveOut === "size" ? sizes.get(run.id) : run.configuration[leaveOut];
    return value === undefined ? undefined : String(value);
  };
  if (leaveOut !== "run" && !runs.some((run) => unitOf(run) !== undefined))
    throw new OntogenyError(
      "FACTOR_UNKNOWN",
      `Leaving out by ${leaveOut}: expected runs that state it, got none; use --leave-out run, or a key of the configuration (\`ontogeny show\`)`,
    );
  const kept = runs.filter((run) => {
    if (unitOf(run) !== undefined) return true;
    excluded.push({ what: run.name, why: `states no ${leaveOut}` });
    return false;
  });
  const covariates = chooseCovariates(kept, sizes, request.covariates);
  const lasts = new Map(kept.map((run) => [run.id, lastStep(run)]));
  const isUneven = new Set(lasts.values()).size > 1;
  const axis = request.target === "final" && isUneven && request.isInShares ? "shares" : "steps";
  const targetStep = axis === "shares" ? WHOLE : request.target === "final" ? commonestEnd(kept) : request.target;
  const specs = new Map<string, Partial<MeasureSpec>>();
  for (const run of kept)
    for (const [measure, spec] of run.specs) specs.set(measure, { ...spec, ...specs.get(measure) });
  const ranges = Object.fromEntries([...specs].map(([measure, { range }]) => [measure, range] as const));
  const trajectories = kept.map((run): Trajectory => {
    const configuration = Object.fromEntries(
      covariates.flatMap((name) => {
        const value = covariateOf(run, name, sizes);
        return value === undefined ? [] : [[name, value] as const];
      }),
    );
    return {
      ...columnsOf(run, axis === "shares" ? WHOLE / lasts.get(run.id)! : 1),
      run: run.name,
      ranges,
      configuration,
      unit: unitOf(run)!,
    };
  });
  const measures = forecastable(trajectories, targetStep, excluded);
  if (measures.length === 0)
    throw new OntogenyError(
      "NOTHING_TO_FORECAST",
      `Forecasts: expected measures with an outcome at step ${targetStep} in three runs or more, got none of ${kept.length} runs; choose --target-step, --measure or other runs`,
    );
  return {
    trajectories,
    measures,
    rangeOf: (measure) => specs.get(measure)?.range,
    targetStep,
    axis,
    leaveOut,
    covariates,
    excluded,
  };
}

/** A run by itself, in its own steps, without covariates. */
export function runTrajectory(run: RecordedRun): Trajectory {
  return { ...columnsOf(run, 1), run: run.name };
}

/** Runs by themselves, in their own steps, with the covariates that differ between them (or those asked for). */
export function withCovariates(
  runs: readonly RecordedRun[],
  asked?: readonly string[],
): { readonly trajectories: readonly Trajectory[]; readonly covariates: readonly string[] } {
  const sizes = new Map(runs.map((run) => [run.id, maybeSize(run)]));
  const covariates = chooseCovariates(runs, sizes, asked);
  const trajectories = runs.map((run) => {
    const known = covariates.flatMap((name) => {
      const value = covariateOf(run, name, sizes);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...runTrajectory(run), configuration: Object.fromEntries(known), unit: run.id };
  });
  return { trajectories, covariates };
}

/** From a setting that names the number of parameters, else from the run's name, else from the evaluated model's. */
export function maybeSize(run: Pick<RecordedRun, "name" | "configuration" | "contexts">): number | undefined {
  const entries = Object.entries(run.configuration);
  for (const [key, value] of entries) {
    if (!/(^|[._/])(n_?params?|num_?param(eter)?s|(non_?embedding_?)?param(eter)?s|model_?size)$/i.test(key)) continue;
    const size = typeof value === "string" ? (sizeFromName(value) ?? Number(value)) : value;
    if (typeof size === "number" && Number.isFinite(size) && size > 0) return size;
  }
  const models = run.contexts.flatMap(({ model }) => (model === undefined ? [] : [model]));
  const settings = entries.flatMap(([key, value]) =>
    typeof value === "string" && /model|pretrained/i.test(key) ? [value] : [],
  );
  for (const text of [run.name, ...models.slice(0, 1), ...settings]) {
    const size = sizeFromName(text);
    if (size !== undefined) return size;
  }
  return undefined;
}

function chooseCovariates(
  runs: readonly RecordedRun[],
  sizes: ReadonlyMap<string, number | undefined>,
  asked: readonly string[] | undefined,
): string[] {
  if (asked !== undefined) {
    for (const name of asked)
      if (!runs.every((run) => covariateOf(run, name, sizes) !== undefined))
        throw new OntogenyError(
          "FACTOR_UNKNOWN",
          `Covariate "${name}": expected a number in the configuration of every run, got runs without it; see \`ontogeny show\``,
        );
    return [...asked];
  }
  if (new Set(runs.map((run) => sizes.get(run.id))).size > 1 && runs.every((run) => sizes.get(run.id) !== undefined))
    return ["size"];
  const names = Object.keys(runs[0]?.configuration ?? {}).filter((name) => {
    if (isOutcomeKey(name)) return false;
    if (/seed|(^|[._])(id|idx|index|port|pid|rank|timestamp|started|date)$/i.test(name)) return false;
    const column = runs.map((run) => covariateOf(run, name, sizes));
    return column.every((value) => value !== undefined) && new Set(column).size > 1;
  });
  return names.length > MOST_COVARIATES ? [] : names.sort();
}

function covariateOf(
  run: RecordedRun,
  name: string,
  sizes: ReadonlyMap<string, number | undefined>,
): number | undefined {
  const value = name === "size" ? (sizes.get(run.id) ?? run.configuration.size) : run.configuration[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function lastStep(run: RecordedRun): number {
  return Math.max(...[...run.series.values()].map(({ steps }) => steps.at(-1) ?? Number.NEGATIVE_INFINITY));
}

/** The step at which the most series end, the later of equals. */
function commonestEnd(runs: readonly RecordedRun[]): number {
  const ends = new Map<number, number>();
  for (const run of runs)
    for (const { steps } of run.series.values())
      if (steps.length > 0) ends.set(steps[steps.length - 1], (ends.get(steps[steps.length - 1]) ?? 0) + 1);
  return [...ends].reduce(
    (best, end) => (end[1] > best[1] || (end[1] === best[1] && end[0] > best[0]) ? end : best),
    [0, 0],
  )[0];
}

/** All measures of a run on the union of their steps. */
function columnsOf(run: RecordedRun, factor: number): Pick<Trajectory, "steps" | "values" | "ses"> {
  const steps = [...new Set([...run.series.values()].flatMap((series) => [...series.steps]))].sort((a, b) => a - b);
  const at = new Map(steps.map((step, i) => [step, i]));
  const values: Record<string, number[]> = {};
  const ses: Record<string, number[]> = {};
  for (const [measure, series] of run.series) {
    const place = (column: readonly number[]) => {
      const out = new Array<number>(steps.length).fill(Number.NaN);
      series.steps.forEach((step, i) => {
        out[at.get(step)!] = column[i];
      });
      return out;
    };
    values[measure] = place(series.values);
    if (series.ses !== undefined) ses[measure] = place(series.ses);
  }
  return { steps: factor === 1 ? steps : steps.map((step) => step * factor), values, ses };
}

/** Measures with outcomes that differ in three runs or more; the others are told. */
function forecastable(trajectories: readonly Trajectory[], targetStep: number, excluded: Exclusion[]): string[] {
  const measures = [...new Set(trajectories.flatMap(({ values }) => Object.keys(values)))].sort();
  return measures.filter((measure) => {
    const outcomes = trajectories.flatMap(({ steps, values }) => {
      const i = steps.indexOf(targetStep);
      const value = i < 0 ? Number.NaN : (values[measure]?.[i] ?? Number.NaN);
      return Number.isFinite(value) ? [value] : [];
    });
    const missing = trajectories.length - outcomes.length;
    const why =
      outcomes.length < 3
        ? `${outcomes.length} runs have a finite value at the target; 3 are needed`
        : outcomes.every((value) => value === outcomes[0])
          ? "all outcomes are equal"
          : undefined;
    if (why !== undefined) excluded.push({ what: measure, why });
    else if (missing > 0)
      excluded.push({ what: `${measure} in ${missing} runs`, why: "no finite value at the target" });
    return why === undefined;
  });
}
