/**
 * @file When a recorded run will reach a threshold and hold it, from other runs that had not reached it at the cutoff either.
 * Each of those is censored at its own last evaluation.
 *
 * Registered where the run has no value after the cutoff and is not known to have ended, else retrospective. Errors:
 * ALREADY_HAPPENED (the run is not at risk), MEASURE_UNKNOWN, CUTOFF_INVALID, TOO_FEW_UNITS, REFUSED by the audit.
 */
import {
  canonicalJson,
  type Distribution,
  type Estimate,
  type Json,
  OntogenyError,
  type RecordedRun,
  sha256Hex,
} from "../../core/index.ts";
import {
  audit,
  configurationOnset,
  distributionQuantile,
  type Forecaster,
  type OnsetRecord,
  type OnsetTask,
  onsetBy,
  onsetForecasters,
  onsetRecords,
  onsetRegression,
  onsetTimes,
  probabilityBelow,
  type Trajectory,
  upTo,
} from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { parseOnset } from "../observe/onsetClaim.ts";
import { listRuns, matchesPattern, selectRun, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { onsetCohort } from "../recorded/onsetCohort.ts";
import { requireSound, type Soundness } from "../recorded/soundness.ts";
import { type Exclusion, withCovariates } from "../recorded/trajectories.ts";
import { whyRetrospective } from "../recorded/whyRetrospective.ts";

export interface ForecastOnsetRequest {
  readonly home: string;
  readonly run: string;
  /** "measure>=number" */
  readonly onset: string;
  /** Absent: as far as the run has got. */
  readonly cutoff?: number;
  /** P(by this step); "final": the last step that any run of the cohort reached. */
  readonly target: "final" | number;
  readonly cohort?: readonly string[];
  readonly covariates?: readonly string[];
  readonly despite?: boolean;
}

export interface OnsetForecast {
  readonly method: string;
  readonly role: Forecaster<OnsetTask>["role"];
  /** Of the step of the first evaluation that shows it. */
  readonly distribution: Distribution;
  readonly probabilityByTarget: number;
  /** Median − cutoff with the central 90%, in steps. */
  readonly lead: Estimate;
  /** Why the method says what another says. */
  readonly fallback?: string;
}

export interface OnsetAnswer {
  readonly run: { readonly id: string; readonly name: string };
  readonly onset: OnsetTask["onset"];
  readonly cutoff: number;
  readonly targetStep: number;
  /** The last step that any run of the cohort reached: what a forecast says beyond it nothing has shown. */
  readonly horizon: number;
  readonly registered: boolean;
  readonly why?: string;
  /** Runs at risk at the cutoff. */
  readonly cohort: readonly string[];
  /** Of those, with an onset later on. */
  readonly events: number;
  readonly covariates: readonly string[];
  readonly forecasts: readonly OnsetForecast[];
  readonly refused: readonly { readonly method: string; readonly reason: string }[];
  readonly record: readonly OnsetRecord[];
  /** What came after the cutoff, where the workspace has it: the step, or up to where it had not come. */
  readonly outcome?: { readonly step: number | null; readonly seenUpTo: number };
  readonly excluded: readonly Exclusion[];
  readonly audit: Soundness;
  readonly dataHash: string;
  /** Entry of the ledger's segment "cli"; absent when retrospective. */
  readonly seq?: number;
}

/** What a forecast of an onset in a recorded run is called in the ledger. */
export const RECORDED_ONSET = "recorded-onset";
/** Runs at risk, without which there is nothing to learn from. */
const FEWEST_AT_RISK = 3;

export async function forecastOnset(request: ForecastOnsetRequest): Promise<OnsetAnswer> {
  const workspace = await Workspace.open(request.home);
  const listed = listRuns(workspace);
  const chosen = selectRun(listed, request.run);
  const [run] = await loadRuns(workspace, [chosen]);
  const { measure, threshold, direction } = parseOnset(request.onset);
  const onset: OnsetTask["onset"] = { measure: theMeasure(run, measure), threshold, direction, hold: 2 };
  const cutoff = request.cutoff ?? run.series.get(onset.measure)!.steps.at(-1) ?? 0;
  const others = await loadRuns(workspace, selectRuns(listed, request.cohort ?? []), {
    measures: [...run.series.keys()],
  });
  const isChosen = request.cohort !== undefined;
  const { runs, excluded } = onsetCohort({ run, others, onset, cutoff, isChosen });
  const soundness = requireSound(
    "Forecast of an onset",
    audit([run, ...runs], {}),
    { runs: [run, ...runs].map(({ id }) => id), measures: [onset.measure], steps: [0, cutoff] },
    { despite: request.despite },
  );
  const { trajectories, covariates } = withCovariates([run, ...runs], request.covariates);
  const [own, ...cohort] = trajectories;
  const horizon = Math.max(cutoff + 1, ...cohort.map(({ steps }) => steps.at(-1) ?? 0));
  const task: OnsetTask = { onset, cutoff, horizon };
  const targetStep = request.target === "final" ? horizon : request.target;
  requireAtRisk(own, task, targetStep);
  if (cohort.length < FEWEST_AT_RISK)
    throw new OntogenyError(
      "TOO_FEW_UNITS",
      `Forecast of an onset: expected at least ${FEWEST_AT_RISK} other runs that had not reached it at step ${cutoff} and went on, got ${cohort.length}; choose an earlier --at, or import more runs`,
    );
  const forecasters = [
    ...onsetForecasters,
    ...(covariates.length > 0 ? [configurationOnset(), onsetRegression({ configuration: true })] : []),
  ];
  const why = whyRetrospective(run, chosen.imported.at(-1)?.run.status, [onset.measure], cutoff);
  const seen = upTo(own, cutoff);
  const after = onsetBy(own, task, Number.MAX_SAFE_INTEGER);
  const events = onsetTimes(cohort, task).filter(({ observed }) => observed).length;
  const answer: OnsetAnswer = {
    run: { id: run.id, name: run.name },
    onset,
    cutoff,
    targetStep,
    horizon,
    registered: why === undefined,
    why,
    cohort: cohort.map((one) => one.run),
    events,
    covariates,
    ...forecastsOf(forecasters, { cohort, own: seen, task, targetStep }),
    record: onsetRecords(cohort, task, { forecasters, by: targetStep }),
    ...(after.step !== null || after.low > cutoff ? { outcome: { step: after.step, seenUpTo: after.low } } : {}),
    excluded,
    audit: soundness,
    dataHash: sha256Hex(canonicalJson([onset, seen.steps, seen.values])),
  };
  return why === undefined ? registered(workspace, answer) : answer;
}

function registered(workspace: Workspace, answer: OnsetAnswer): OnsetAnswer {
  const { run, onset, cutoff, targetStep, dataHash, cohort, forecasts } = answer;
  const ledger = workspace.ledger("cli");
  const claim = sha256Hex(canonicalJson([onset, forecasts])).slice(0, 16);
  const { seq } = ledger.append({
    kind: "forecast",
    key: `${RECORDED_ONSET}:${run.id}:${onset.measure}:${cutoff}:${targetStep}:${claim}`,
    body: { run, onset, cutoff, targetStep, dataHash, outcomeInWorkspace: false, cohort, forecasts },
  });
  ledger.close();
  return { ...answer, seq };
}

function forecastsOf(
  forecasters: readonly Forecaster<OnsetTask>[],
  {
    cohort,
    own,
    task,
    targetStep,
  }: {
    readonly cohort: readonly Trajectory[];
    readonly own: Trajectory;
    readonly task: OnsetTask;
    readonly targetStep: number;
  },
): Pick<OnsetAnswer, "forecasts" | "refused"> {
  const forecasts: OnsetForecast[] = [];
  const refused: OnsetAnswer["refused"][number][] = [];
  for (const one of forecasters)
    try {
      const fitted = one.fit(cohort, task);
      const distribution = fitted.predict(own);
      const fallback = fallbackOf(fitted.frozen);
      const leadAt = (p: number) => distributionQuantile(distribution, p) - task.cutoff;
      const lead = { value: leadAt(0.5), low: leadAt(0.05), high: leadAt(0.95), level: 0.9 };
      forecasts.push({
        method: one.name,
        role: one.role,
        distribution,
        probabilityByTarget: probabilityBelow(distribution, targetStep),
        lead: { ...lead, method: one.description, n: cohort.length },
        ...(fallback !== undefined && { fallback }),
      });
    } catch (error) {
      if (!(error instanceof OntogenyError) || error.code !== "REFUSED") throw error;
      refused.push({ method: one.name, reason: error.message });
    }
  return { forecasts, refused };
}

function fallbackOf(frozen: Json): string | undefined {
  const { parameters } = frozen as { readonly parameters?: { readonly fallback?: Json } };
  return typeof parameters?.fallback === "string" ? parameters.fallback : undefined;
}

function theMeasure(run: RecordedRun, pattern: string): string {
  const names = [...run.series.keys()];
  const found = names.filter((name) => matchesPattern(name, pattern));
  if (found.length === 1) return found[0];
  throw new OntogenyError(
    "MEASURE_UNKNOWN",
    `Onset in run ${run.name}: expected "${pattern}" to name one of its measures, got ${found.length === 0 ? "none" : found.slice(0, 5).join(", ")}; it has ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`,
  );
}

function requireAtRisk(own: Trajectory, task: OnsetTask, targetStep: number): void {
  const { onset, cutoff } = task;
  const isSeen = own.steps.some((step, i) => step <= cutoff && !Number.isNaN(own.values[onset.measure]?.[i]));
  if (!isSeen || !(cutoff < targetStep))
    throw new OntogenyError(
      "CUTOFF_INVALID",
      `Onset in run ${own.run}: expected a cutoff before step ${targetStep} with ${onset.measure} measured up to it, got ${cutoff}; choose another --at or --to`,
    );
  const { step } = onsetBy(own, task, cutoff);
  if (step === null) return;
  throw new OntogenyError(
    "ALREADY_HAPPENED",
    `Onset in run ${own.run}: expected a run that had not reached it at step ${cutoff}, got one that did at step ${step}; \`ontogeny observe\` shows it, or choose an earlier --at`,
  );
}
