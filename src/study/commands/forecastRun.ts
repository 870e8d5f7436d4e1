/**
 * @file Forecasts one run's outcome with the methods of a finished study, fitted on its cohort.
 *
 * Registered in the ledger only when the run has not gone past the cutoff, so that its outcome does not exist; otherwise the answer
 * is called retrospective and says why. Refuses a run of another organism; names the settings in which the run differs from the cohort.
 */
import { join } from "node:path";
import {
  type Distribution,
  FACTORS,
  type Factors,
  factorsAt,
  type Manifest,
  OntogenyError,
  type Outcome,
  outcomeLabel,
} from "../../core/index.ts";
import { Workspace } from "../../store/index.ts";
import { forecastersOf, outcomeValue, trajectoryOf } from "../forecasting.ts";
import { maybeOnsetStep, measureOf, type RunTrajectory } from "../outcomes.ts";
import { planStudy, type StudyPlan } from "../plan.ts";
import type { MethodRef, StudyResults } from "../results.ts";
import { loadStudyFile } from "../studyFile.ts";
import { trajectoryFromDisk } from "./trajectoryFromDisk.ts";

export interface ForecastOptions {
  readonly home: string;
  /** Full id. */
  readonly run: string;
  /** Of the study whose cohort the methods are fitted on. */
  readonly results: StudyResults;
  /** Label of a target of the study, or any measure; absent: the study's first target. */
  readonly target?: string;
  /** Absent: the run's last committed step, or the last before the end for a finished run. */
  readonly cutoff?: number;
}

export interface ForecastAnswer {
  readonly run: string;
  readonly study: string;
  readonly target: string;
  readonly cutoff: number;
  readonly targetStep: number;
  readonly registered: boolean;
  /** Why it is retrospective. */
  readonly why?: string;
  /** Settings in which the run is not like the cohort that the methods were fitted on. */
  readonly differs: readonly string[];
  readonly forecasts: readonly {
    readonly method: string;
    readonly role: MethodRef["role"];
    readonly distribution: Distribution;
    /** Entry of the ledger's segment "cli"; absent when retrospective. */
    readonly seq?: number;
  }[];
  /** Where the run has ended already; null: an onset that did not come. */
  readonly outcome?: number | null;
}

export async function forecastRun({ home, run, results, target, cutoff }: ForecastOptions): Promise<ForecastAnswer> {
  const workspace = await Workspace.open(home);
  const { study } = results;
  const path = join(workspace.studiesDir, study.id, "study.yaml");
  const plan = await planStudy(loadStudyFile(path), { quick: study.quick });
  const manifest = workspace.run(run).manifest();
  refuseOtherOrganism(manifest, plan);
  const outcome = targetOf(plan, target);
  const whole = await trajectoryFromDisk(workspace, run);
  const at = cutoff ?? lastUsableStep(whole, measureOf(outcome), plan.steps);
  checkCutoff({ at, whole, plan, run });
  const seen = whole.upTo(at);
  if ("onset" in outcome && maybeOnsetStep(seen, outcome.onset) !== undefined)
    throw new OntogenyError(
      "ALREADY_HAPPENED",
      `Forecast of ${outcomeLabel(outcome)} for run ${run}: expected a run in which it has not happened by step ${at}, got one in which it has; choose an earlier --at`,
    );
  const cohort = await Promise.all(
    results.observe.runs.filter((one) => one.run !== run).map((one) => trajectoryFromDisk(workspace, one.run)),
  );
  const stated = forecastersOf(plan, outcome).map((forecaster) => ({
    method: forecaster.name,
    role: forecaster.role,
    distribution: forecaster.fit(cohort.map(trajectoryOf), at).predict(trajectoryOf(seen)),
  }));
  const hasFailed = manifest.status === "failed";
  const registered = manifest.step <= at && manifest.step < plan.steps && !hasFailed;
  const answer = {
    run,
    study: study.id,
    target: outcomeLabel(outcome),
    cutoff: at,
    targetStep: plan.steps,
    registered,
    differs: differences(plan.factors, manifest, at),
  };
  if (!registered)
    return {
      ...answer,
      why: `the run ${hasFailed ? "failed at" : "is at"} step ${manifest.step}${hasFailed ? "" : " already"}`,
      forecasts: stated,
      outcome: manifest.step >= plan.steps ? outcomeValue(whole, outcome, plan.steps) : undefined,
    };
  const ledger = workspace.ledger("cli");
  const { seq } = ledger.append({
    kind: "forecast",
    key: `forecast:${study.id}:${run}:${at}:${answer.target}`,
    body: {
      ...answer,
      dataHash: await workspace.run(run).dataHash(at),
      runStep: manifest.step,
      outcomeExists: false,
      forecasts: stated,
    },
  });
  ledger.close();
  return { ...answer, forecasts: stated.map((forecast) => ({ ...forecast, seq })) };
}

function refuseOtherOrganism({ id, meaning }: Manifest, plan: StudyPlan): void {
  if (meaning.process.organism === plan.organism.name) return;
  throw new OntogenyError(
    "NOT_COMPARABLE",
    `Forecast of run ${id}: expected a run of ${plan.organism.name} as in study ${plan.id}, got ${meaning.process.organism}; choose another --study`,
  );
}

function targetOf({ study, organism }: StudyPlan, text: string | undefined): Outcome {
  const targets = study.predict?.targets ?? [];
  const found = text === undefined ? targets[0] : targets.find((target) => outcomeLabel(target) === text);
  if (found !== undefined) return found;
  if (text !== undefined && organism.measures.some(({ name }) => name === text)) return { value: text };
  const known = [...targets.map(outcomeLabel), ...organism.measures.map(({ name }) => name)];
  throw new OntogenyError(
    "TARGET_UNKNOWN",
    `Forecast: expected --target to be one of ${[...new Set(known)].join(", ")}, got ${text ?? "none, and the study has no targets"}`,
  );
}

function lastUsableStep(whole: RunTrajectory, measure: string, targetStep: number): number {
  return whole.steps(measure).findLast((step) => step < targetStep) ?? 0;
}

function checkCutoff({ at, whole, plan, run }: { at: number; whole: RunTrajectory; plan: StudyPlan; run: string }) {
  const measured = whole.measures.flatMap((measure) => whole.steps(measure)).filter((step) => step <= at);
  if (at > 0 && at < plan.steps && measured.length > 0) return;
  throw new OntogenyError(
    "CUTOFF_INVALID",
    `Forecast of run ${run}: expected a cutoff before step ${plan.steps} with something measured up to it, got ${at}; look at the run with \`ontogeny show ${run}\``,
  );
}

/** Settings in force at the cutoff that are not the study's. */
function differences(factors: Factors, { meaning }: Manifest, step: number): string[] {
  const changes = [...meaning.process.changes, ...(meaning.lineage?.changes ?? [])];
  const own = factorsAt({ factors: meaning.process.factors, seeds: meaning.seeds }, changes, step).factors;
  return FACTORS.flatMap((factor) =>
    Object.entries(own[factor])
      .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(factors[factor][key]))
      .map(([key, value]) => `${factor}.${key} = ${JSON.stringify(value)}`),
  );
}
