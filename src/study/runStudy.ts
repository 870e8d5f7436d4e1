/**
 * @file The whole job: plan → run → analyse → report. Running a study again does only what is missing; when nothing
 * is, it hands back what was found.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentId } from "../core/index.ts";
import { Workspace } from "../store/index.ts";
import { costOf } from "./cost.ts";
import type { EnsembleMode } from "./ensemble/ensemblePlans.ts";
import { findingsOf } from "./findings.ts";
import { planStudy, type StudyPlan } from "./plan.ts";
import { renderReport } from "./report/index.ts";
import type { StudyResults } from "./results.ts";
import { maybeReadResults, resultsText } from "./resultsFile.ts";
import { designRung } from "./rungs/design.ts";
import { interveneRung, interveneSpecs } from "./rungs/intervene.ts";
import { observeRung, observeSpecs } from "./rungs/observe.ts";
import { predictRung } from "./rungs/predict.ts";
import type { RunSpec } from "./runSpec.ts";
import { Session, type StudyProgress } from "./session.ts";
import { maybeRun } from "./startState.ts";
import { stepBudget } from "./stepBudget.ts";
import { loadStudyFile } from "./studyFile.ts";
import { buildId } from "./versions.ts";

export interface RunStudyOptions {
  readonly file: string;
  readonly home: string;
  readonly quick?: boolean;
  readonly workers?: number;
  readonly ensembles?: EnsembleMode;
  readonly signal: AbortSignal;
  readonly progress: (event: StudyProgress) => void;
}

export interface StudyOutcome {
  readonly results: StudyResults;
  readonly resultsPath: string;
  readonly reportPath: string;
  /** Nothing was missing: the results are those of an earlier call. */
  readonly cached: boolean;
}

/** Throws StoppedError when the signal is raised; STUDY_* when the file cannot be run, before anything is. */
export async function runStudy(options: RunStudyOptions): Promise<StudyOutcome> {
  const file = loadStudyFile(options.file);
  const plan = await planStudy(file, { quick: options.quick });
  const folder = join(options.home, "studies", plan.id);
  const paths = { resultsPath: join(folder, "results.json"), reportPath: join(folder, "report.html") };
  const key = contentId({ plan: plan.id, build: buildId() });
  const earlier = await maybeResults(options.home, paths, key);
  if (earlier !== undefined) return { results: earlier, ...paths, cached: true };

  await using session = await Session.open(options);
  mkdirSync(folder, { recursive: true });
  copyFileSync(options.file, join(folder, "study.yaml"));
  writeWhole(join(folder, "plan.json"), `${JSON.stringify(planSummary(plan), null, 2)}\n`);
  const startedMs = session.clock();
  session.stepsTotal = stepBudget(plan);
  await session.prepare(await session.missing(knownSpecs(plan)));
  const observed = await observeRung(session, plan);
  const predict = plan.study.predict && (await predictRung(session, plan, plan.study.predict, observed.cohort));
  const intervene = plan.study.intervene && (await interveneRung(session, plan, plan.study.intervene, observed.cohort));
  const design = plan.study.design && (await designRung(session, plan, plan.study.design));
  const partial = {
    format: "ontogeny.results/1" as const,
    study: {
      id: plan.id,
      name: plan.study.study,
      title: plan.study.title,
      question: plan.study.question.trim(),
      quick: plan.quick,
      organism: { name: plan.organism.name, title: plan.organism.title, description: plan.organism.description },
      factors: plan.factors,
      steps: plan.steps,
      measures: plan.organism.measures,
    },
    observe: observed.results,
    predict,
    intervene,
    design,
    lineage: [...session.lineage.values()],
    ledger: ledgerHead(session),
    cost: await costOf(session, (session.clock() - startedMs) / 1000),
  };
  const results: StudyResults = { ...partial, findings: findingsOf(partial) };
  writeWhole(paths.reportPath, renderReport(results));
  writeWhole(paths.resultsPath, resultsText({ key, results }));
  return { results, ...paths, cached: false };
}

/** The runs that can be named before any is trained: all but those whose seeds or settings come from what is found. */
function knownSpecs(plan: StudyPlan): RunSpec[] {
  const { intervene } = plan.study;
  return [...observeSpecs(plan), ...(intervene === undefined ? [] : interveneSpecs(plan, intervene))];
}

/** Throws LEDGER_BROKEN: nothing is reported over a ledger that does not hold. */
function ledgerHead({ ledger }: Session): StudyResults["ledger"] {
  const anchor = ledger.anchor();
  const verdict = ledger.verify();
  return { anchor, entries: verdict.entries, head: verdict.ok ? verdict.head : "" };
}

/** The results of an earlier call of the same study and build, when every run that they rest on is still there. */
async function maybeResults(
  home: string,
  { resultsPath, reportPath }: { resultsPath: string; reportPath: string },
  key: string,
): Promise<StudyResults | undefined> {
  const stored = existsSync(reportPath) ? maybeReadResults(resultsPath) : undefined;
  if (stored?.key !== key) return undefined;
  const workspace = await Workspace.open(home);
  const complete = stored.results.lineage.every(
    ({ run, step }) => (maybeRun(workspace, run)?.manifest().step ?? -1) >= step,
  );
  if (!complete || !workspace.ledger("study").verify().ok) return undefined;
  return stored.results;
}

function planSummary(plan: StudyPlan): object {
  const { id, study, quick, factors, data, steps, grid } = plan;
  return { format: "ontogeny.plan/1", id, quick, study, factors, data, steps, grid, stepsAtMost: stepBudget(plan) };
}

/** A file is there whole or not at all. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
