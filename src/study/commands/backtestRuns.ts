/**
 * @file Back-test of every forecasting method on recorded runs, written to the ledger.
 *
 * The forecasts are retrospective: their outcomes existed. The ledger's key is the hash of the data and the settings, so
 * running again registers nothing twice. Refuses fewer than three units to leave out.
 */
import { canonicalJson, OntogenyError, sha256Hex } from "../../core/index.ts";
import {
  audit,
  type BacktestAtCutoff,
  type BacktestRefusal,
  type BacktestTable,
  backtest,
  backtestTable,
  type Forecaster,
  measureScales,
  recordedForecasters,
  type Trajectory,
} from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { requireSound, type Soundness } from "../recorded/soundness.ts";
import { type Exclusion, type TrajectorySet, trajectorySet } from "../recorded/trajectories.ts";
import { buildId } from "../versions.ts";

export interface BacktestRequest {
  readonly home: string;
  readonly selectors: readonly string[];
  /** Patterns; absent: all measures. */
  readonly measures?: readonly string[];
  readonly cutoffs: readonly Cutoff[];
  readonly target: "final" | number;
  readonly leaveOut?: string;
  readonly covariates?: readonly string[];
  /** Goes on where the audit finds an error in what is read; it is stated. */
  readonly despite?: boolean;
  readonly progress?: (text: string) => void;
}

/** A step, or a share of the target step. */
export type Cutoff = { readonly step: number } | { readonly share: number };

export interface BacktestAnswer {
  readonly retrospective: true;
  readonly runs: readonly string[];
  readonly units: number;
  readonly leaveOut: string;
  readonly covariates: readonly string[];
  readonly measures: readonly string[];
  readonly target: number;
  readonly axis: TrajectorySet["axis"];
  /** "as measured", or how scores of measures with different units were brought together. */
  readonly scoresAre: string;
  readonly methods: readonly Pick<Forecaster, "name" | "role" | "description">[];
  readonly tables: readonly (BacktestTable & { readonly refusals: readonly BacktestRefusal[] })[];
  /** Method → cutoffs at which its lower bound of skill over the best single baseline is not above 0. */
  readonly notBetter: readonly { readonly method: string; readonly cutoffs: readonly number[] }[];
  readonly excluded: readonly Exclusion[];
  readonly audit: Soundness;
  readonly dataHash: string;
  readonly ledger: { readonly key: string; readonly seq: number; readonly wasThere: boolean };
}

export async function backtestRuns(request: BacktestRequest): Promise<BacktestAnswer> {
  const workspace = await Workspace.open(request.home);
  const chosen = selectRuns(listRuns(workspace), request.selectors);
  const runs = await loadRuns(workspace, chosen, { measures: request.measures });
  const set = trajectorySet(runs, {
    target: request.target,
    leaveOut: request.leaveOut,
    covariates: request.covariates,
    isInShares: request.cutoffs.every((cutoff) => "share" in cutoff),
  });
  const sound = requireSound(
    "Back-test",
    audit(runs, {}),
    { runs: runs.map(({ id }) => id), measures: set.measures },
    { despite: request.despite },
  );
  const cutoffs = request.cutoffs.map((cutoff) => cutoffStep(cutoff, set)).sort((a, b) => a - b);
  const result = scoreSet(set, cutoffs, { progress: request.progress });
  const methods = result.forecasters.map(({ name, role, description }) => ({ name, role, description }));
  const dataHash = sha256Hex(canonicalJson(result.trajectories));
  const settings = {
    build: buildId(),
    measures: set.measures,
    cutoffs,
    target: set.targetStep,
    axis: set.axis,
    leaveOut: set.leaveOut,
    covariates: set.covariates,
    methods,
  };
  const body = {
    retrospective: true as const,
    runs: set.trajectories.map(({ run }) => run),
    units: new Set(set.trajectories.map(({ unit }) => unit)).size,
    leaveOut: set.leaveOut,
    covariates: set.covariates,
    measures: set.measures,
    target: set.targetStep,
    axis: set.axis,
    scoresAre: result.scoresAre,
    methods,
    tables: result.tables,
    notBetter: notBetter(result.tables),
    excluded: set.excluded,
    audit: sound,
    dataHash,
  };
  const key = `backtest:${sha256Hex(canonicalJson({ dataHash, settings }))}`;
  const ledger = workspace.ledger("cli");
  const wasThere = ledger.find({ key }).length > 0;
  const { seq } = ledger.append({ kind: "score", key, body });
  ledger.close();
  return { ...body, ledger: { key, seq, wasThere } };
}

export interface ScoredSet {
  readonly trajectories: readonly Trajectory[];
  readonly forecasters: readonly Forecaster[];
  readonly at: readonly BacktestAtCutoff[];
  readonly tables: BacktestAnswer["tables"];
  readonly scoresAre: string;
}

/** Forecasts and scores of a set; the measures that are not forecast are not seen by any method either. */
export function scoreSet(
  set: TrajectorySet,
  cutoffs: readonly number[],
  { progress, newcomer }: { readonly progress?: (text: string) => void; readonly newcomer?: Trajectory } = {},
): ScoredSet {
  const units = new Set(set.trajectories.map(({ unit }) => unit)).size;
  if (units < 3)
    throw new OntogenyError(
      "TOO_FEW_UNITS",
      `Back-test: expected at least 3 units to leave out, got ${units} by ${set.leaveOut}; choose more runs, or --leave-out run`,
    );
  const trajectories = set.trajectories.map((one) => onlyMeasures(one, set.measures));
  const forecasters = recordedForecasters({
    hasConfiguration: set.covariates.length > 0,
    scale: set.covariates.includes("size") ? "size" : undefined,
  });
  const at = backtest({
    runs: trajectories,
    measures: set.measures,
    cutoffs,
    targetStep: set.targetStep,
    forecasters,
    newcomer: newcomer && onlyMeasures(newcomer, set.measures),
    rangeOf: set.rangeOf,
    onCutoff: (cutoff) => progress?.(`cutoff ${cutoff}`),
  });
  const areShares = set.measures.every((measure) => {
    const range = set.rangeOf(measure);
    return range !== undefined && range[0] === 0 && range[1] === 1;
  });
  const cohort = forecasters.findIndex(({ name }) => name === "cohort");
  const scales = areShares || set.measures.length === 1 ? undefined : measureScales(at, cohort);
  const unit = set.leaveOut === "run" ? "runs" : set.leaveOut === "size" ? "sizes" : `values of ${set.leaveOut}`;
  return {
    trajectories,
    forecasters,
    at,
    scoresAre:
      scales === undefined
        ? "as measured"
        : "divided, measure by measure, by the mean score of the cohort's final values over all cutoffs",
    tables: at.map((one) => ({ ...backtestTable(one, { forecasters, scales, unit }), refusals: one.refusals })),
  };
}

function onlyMeasures(one: Trajectory, measures: readonly string[]): Trajectory {
  const pick = (columns: Trajectory["values"]) =>
    Object.fromEntries(
      measures.flatMap((name) => (columns[name] === undefined ? [] : [[name, columns[name]] as const])),
    );
  return { ...one, values: pick(one.values), ...(one.ses && { ses: pick(one.ses) }) };
}

export function cutoffStep(cutoff: Cutoff, { targetStep }: Pick<TrajectorySet, "targetStep">): number {
  const step = "step" in cutoff ? cutoff.step : cutoff.share * targetStep;
  if (step > 0 && step < targetStep) return step;
  throw new OntogenyError(
    "CUTOFF_INVALID",
    `Cutoff: expected a step between 0 and the target ${targetStep}, got ${step}; choose --cutoffs below it`,
  );
}

function notBetter(tables: readonly BacktestTable[]): BacktestAnswer["notBetter"] {
  const found = new Map<string, number[]>();
  for (const { cutoff, rows } of tables)
    for (const { method, role, skillOverBest } of rows)
      if (role === "method" && skillOverBest !== undefined && !(skillOverBest.low > 0))
        found.set(method, [...(found.get(method) ?? []), cutoff]);
  return [...found].map(([method, cutoffs]) => ({ method, cutoffs }));
}
