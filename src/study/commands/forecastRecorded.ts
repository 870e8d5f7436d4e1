/**
 * @file How a recorded run goes on: every method and the combination, fitted on other runs of the workspace, with their
 * record on those; from the run's own curve alone where there are too few of them.
 *
 * Registered in the ledger when the run has no value after the cutoff in the workspace and is not known to have ended;
 * otherwise retrospective, with the outcome beside it. Refuses what the audit finds an error in (unless `despite`).
 */
import { canonicalJson, type Distribution, OntogenyError, type RecordedRun, sha256Hex } from "../../core/index.ts";
import {
  audit,
  type BacktestRow,
  type Forecaster,
  type ForecastTask,
  forecastFromPrefix,
  recordedForecasters,
  type Trajectory,
  upTo,
  valueAt,
  withoutUnit,
} from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { cohortFor, commonestLastStep } from "../recorded/cohort.ts";
import { type CurveAhead, curveAhead } from "../recorded/curveAhead.ts";
import { isExchangeable } from "../recorded/exchangeable.ts";
import { listRuns, matchesPattern, selectRun, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { type SeedInterval, seedInterval } from "../recorded/seedInterval.ts";
import { requireSound, type Soundness } from "../recorded/soundness.ts";
import { type Exclusion, runTrajectory, type TrajectorySet, trajectorySet } from "../recorded/trajectories.ts";
import { whyRetrospective } from "../recorded/whyRetrospective.ts";
import { type ScoredSet, scoreSet } from "./backtestRuns.ts";

export interface ForecastRecordedRequest {
  readonly home: string;
  readonly run: string;
  /** Names or patterns. */
  readonly measures: readonly string[];
  /** Absent: as far as the run has got. */
  readonly cutoff?: number;
  readonly target: "final" | number;
  /** Absent: all runs that were measured alike and reached the target. */
  readonly cohort?: readonly string[];
  readonly leaveOut?: string;
  readonly covariates?: readonly string[];
  readonly despite?: boolean;
  /** Also how it goes on between the cutoff and the target. */
  readonly curve?: boolean;
}

export interface StatedForecast {
  readonly method: string;
  readonly role: Forecaster["role"];
  readonly distribution: Distribution;
}

export interface MeasureForecast {
  readonly measure: string;
  readonly forecasts: readonly StatedForecast[];
  readonly refused: readonly { readonly method: string; readonly reason: string }[];
  /** Only among nine or more seeds of one configuration. */
  readonly conformal?: SeedInterval;
  /** Only when asked for. */
  readonly curve?: CurveAhead;
  /** Finite value at the target, where the run has one already. */
  readonly outcome?: number;
  /** Entry of the ledger's segment "cli"; absent when retrospective. */
  readonly seq?: number;
}

export interface RecordedForecast {
  readonly run: { readonly id: string; readonly name: string };
  readonly cutoff: number;
  readonly targetStep: number;
  readonly registered: boolean;
  /** Why it is only retrospective. */
  readonly why?: string;
  readonly cohort: readonly string[];
  readonly units: number;
  readonly leaveOut: string;
  readonly covariates: readonly string[];
  /** All runs have one configuration but for seeds: only then is the coverage that was found a promise. */
  readonly isExchangeable: boolean;
  readonly measures: readonly MeasureForecast[];
  /** Measures that the methods' weights and record rest on: those asked for, and others of their kind. */
  readonly learntOn: number;
  /** How the methods did on the cohort at this cutoff, all measures together; absent with fewer than three units. */
  readonly record?: readonly BacktestRow[];
  readonly excluded: readonly Exclusion[];
  readonly audit: Soundness;
  /** sha256 of what was seen of the run. */
  readonly dataHash: string;
}

export async function forecastRecorded(request: ForecastRecordedRequest): Promise<RecordedForecast> {
  const workspace = await Workspace.open(request.home);
  const listed = listRuns(workspace);
  const chosen = selectRun(listed, request.run);
  const [run] = await loadRuns(workspace, [chosen]);
  const measures = measuresOf(run, request.measures);
  const learning = [...measures, ...measuresAlike(run, measures)];
  const others = await loadRuns(workspace, selectRuns(listed, request.cohort ?? []), { measures: learning });
  const targetStep = request.target === "final" ? finalStep(run, others, measures) : request.target;
  const cutoff = request.cutoff ?? lastStepBefore(run, measures, targetStep);
  requireCutoff(run, measures, cutoff, targetStep);
  const { runs, excluded } = cohortFor({
    run,
    others,
    measures,
    cutoff,
    targetStep,
    isChosen: request.cohort !== undefined,
  });
  const soundness = requireSound(
    "Forecast",
    audit([run, ...runs], {}),
    { runs: [run.id, ...runs.map(({ id }) => id)], measures, steps: [0, cutoff] },
    { despite: request.despite },
  );
  const set = maybeSet(
    [...runs, run].map((one) => onlyMeasures(one, learning)),
    runs.length,
    { ...request, target: targetStep },
  );
  const own = set?.trajectories.find((one) => one.run === run.name) ?? runTrajectory(run);
  const cohort = set === undefined ? [] : withoutUnit(set.trajectories, own.unit ?? own.run);
  const forecasters =
    set === undefined
      ? []
      : recordedForecasters({
          hasConfiguration: set.covariates.length > 0,
          scale: set.covariates.includes("size") ? "size" : undefined,
        });
  const isCovered = isExchangeable([run, ...runs]);
  const scored = set === undefined ? undefined : scoredCohort(set, cohort, cutoff, isCovered ? own : undefined);
  const made = measures.map((measure) => {
    const spec = run.specs.get(measure);
    const task: ForecastTask = { target: measure, targetStep, cutoff, range: spec?.range, chance: spec?.chance };
    const outcome = valueAt(own, measure, targetStep);
    const stated = forecastsOf(forecasters, cohort, own, task);
    const conformal = scored && seedInterval(scored.at[0], forecasters, measure, stated.forecasts, spec?.range);
    const curve = request.curve ? curveAhead(cohort, own, task, { isExchangeable: isCovered }) : undefined;
    return {
      measure,
      ...stated,
      ...(curve && { curve }),
      ...(conformal && { conformal }),
      ...(Number.isFinite(outcome) ? { outcome } : {}),
    };
  });
  const why = whyRetrospective(run, chosen.imported.at(-1)?.run.status, measures, cutoff);
  const seen = upTo(own, cutoff);
  const answer = {
    run: { id: run.id, name: run.name },
    cutoff,
    targetStep,
    registered: why === undefined,
    why,
    cohort: cohort.map((one) => one.run),
    units: new Set(cohort.map(({ unit }) => unit)).size,
    leaveOut: set?.leaveOut ?? "run",
    covariates: set?.covariates ?? [],
    isExchangeable: isCovered,
    measures: made,
    record: scored?.tables[0].rows,
    learntOn: set?.measures.length ?? 0,
    excluded: [...excluded, ...(set?.excluded ?? []).filter(({ what }) => measures.includes(what))],
    audit: soundness,
    dataHash: sha256Hex(canonicalJson(measures.map((measure) => [measure, seen.steps, seen.values[measure]]))),
  };
  return why === undefined ? registered(workspace, answer) : answer;
}

/** What a forecast of a recorded run is called in the ledger. */
export const RECORDED_FORECAST = "recorded-forecast";

function registered(workspace: Workspace, answer: RecordedForecast): RecordedForecast {
  const { measures, run, cutoff, targetStep, dataHash, ...rest } = answer;
  const ledger = workspace.ledger("cli");
  const entries = ledger.appendAll(
    measures.map(({ measure, forecasts, conformal, curve }) => {
      const more = { ...(conformal && { conformal }), ...(curve && { curve }) };
      const said = sha256Hex(canonicalJson(conformal || curve ? { forecasts, ...more } : forecasts)).slice(0, 16);
      const body = { run, measure, cutoff, targetStep, dataHash, outcomeInWorkspace: false, cohort: rest.cohort };
      return {
        kind: "forecast" as const,
        key: `${RECORDED_FORECAST}:${run.id}:${measure}:${cutoff}:${targetStep}:${said}`,
        body: { ...body, forecasts, ...more },
      };
    }),
  );
  ledger.close();
  return { ...answer, measures: measures.map((one, i) => ({ ...one, seq: entries[i].seq })) };
}

function forecastsOf(
  forecasters: readonly Forecaster[],
  cohort: readonly Trajectory[],
  own: Trajectory,
  task: ForecastTask,
): Pick<MeasureForecast, "forecasts" | "refused"> {
  const finite = cohort.filter((one) => Number.isFinite(valueAt(one, task.target, task.targetStep)));
  const forecasts: StatedForecast[] = [];
  const refused: MeasureForecast["refused"][number][] = [];
  const prefix = upTo(own, task.cutoff);
  const attempt = (method: string, role: Forecaster["role"], predict: () => Distribution) => {
    try {
      forecasts.push({ method, role, distribution: predict() });
    } catch (error) {
      if (!(error instanceof OntogenyError) || error.code !== "REFUSED") throw error;
      refused.push({ method, reason: error.message });
    }
  };
  for (const one of forecasters) attempt(one.name, one.role, () => one.fit(finite, task).predict(prefix));
  attempt("own curve, no other run", "method", () => forecastFromPrefix(prefix, task).distribution);
  return { forecasts, refused };
}

/** undefined: fewer than three other runs, or none of the measures can be learnt from them. */
function maybeSet(
  runs: readonly RecordedRun[],
  others: number,
  { target, leaveOut, covariates }: Pick<ForecastRecordedRequest, "target" | "leaveOut" | "covariates">,
): TrajectorySet | undefined {
  if (others < 3) return undefined;
  try {
    return trajectorySet(runs, { target, leaveOut, covariates, isInShares: false });
  } catch (error) {
    if (error instanceof OntogenyError && error.code === "NOTHING_TO_FORECAST") return undefined;
    throw error;
  }
}

/** undefined: fewer than three units. `newcomer`: asked of every left-out fit too. */
function scoredCohort(
  set: TrajectorySet,
  cohort: readonly Trajectory[],
  cutoff: number,
  newcomer?: Trajectory,
): ScoredSet | undefined {
  if (new Set(cohort.map(({ unit }) => unit)).size < 3) return undefined;
  return scoreSet({ ...set, trajectories: cohort }, [cutoff], { newcomer });
}

function measuresOf(run: RecordedRun, asked: readonly string[]): string[] {
  const names = [...run.series.keys()];
  const found = names.filter((name) => asked.some((pattern) => matchesPattern(name, pattern)));
  if (found.length > 0) return found;
  throw new OntogenyError(
    "MEASURE_UNKNOWN",
    `Forecast of run ${run.name}: expected --measure to name one of its measures, got ${asked.join(", ") || "none"}; it has ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`,
  );
}

/** With few runs, how a method does on one measure says little: it is learnt from at most this many more of its kind. */
const MOST_MEASURES_ALIKE = 40;

/** Others of the same family, range and direction as any that was asked for, evenly over their names. */
function measuresAlike(run: RecordedRun, asked: readonly string[]): string[] {
  const kindOf = (measure: string) => {
    const { family, range, direction } = run.specs.get(measure) ?? {};
    return family === undefined ? undefined : canonicalJson([family, range, direction]);
  };
  const kinds = new Set(asked.map(kindOf).filter((kind) => kind !== undefined));
  const alike = [...run.series.keys()].filter((name) => !asked.includes(name) && kinds.has(kindOf(name) ?? ""));
  const every = Math.max(1, alike.length / MOST_MEASURES_ALIKE);
  return alike.filter((_, i) => Math.floor(i / every) > Math.floor((i - 1) / every));
}

function onlyMeasures(run: RecordedRun, measures: readonly string[]): RecordedRun {
  return { ...run, series: new Map([...run.series].filter(([name]) => measures.includes(name))) };
}

function finalStep(run: RecordedRun, others: readonly RecordedRun[], measures: readonly string[]): number {
  const step = commonestLastStep(
    others.filter(({ id }) => id !== run.id),
    measures,
  );
  const own = commonestLastStep([run], measures);
  if (step !== undefined && (own === undefined || step >= own)) return step;
  if (own !== undefined && step === undefined) return own;
  throw new OntogenyError(
    "TARGET_UNKNOWN",
    `Forecast of run ${run.name}: expected other runs that went farther than step ${own}, got none; say where to with --to STEP`,
  );
}

function lastStepBefore(run: RecordedRun, measures: readonly string[], targetStep: number): number {
  const steps = measures.flatMap((measure) => [...(run.series.get(measure)?.steps ?? [])]);
  return Math.max(0, ...steps.filter((step) => step < targetStep));
}

function requireCutoff(run: RecordedRun, measures: readonly string[], cutoff: number, targetStep: number): void {
  const seen = measures.some((measure) => (run.series.get(measure)?.steps[0] ?? Number.POSITIVE_INFINITY) <= cutoff);
  if (cutoff > 0 && cutoff < targetStep && seen) return;
  throw new OntogenyError(
    "CUTOFF_INVALID",
    `Forecast of run ${run.name}: expected a cutoff before step ${targetStep} with something measured up to it, got ${cutoff}; choose another --at or --to`,
  );
}
