/**
 * @file Between the study's targets and the science of forecasts: which methods forecast a target, what its outcome is,
 * and how what was said is scored.
 */
import { type Distribution, type Outcome, outcomeLabel, Rng } from "../core/index.ts";
import {
  coverage,
  crps,
  effectForecasters,
  type FittedForecaster,
  type ForecastsOfMethod,
  type MethodScore,
  meanEstimate,
  onsetForecasters,
  retrospectiveForecasts,
  type SurvivalTime,
  scoreOnsets,
  scoreValues,
  skill,
  type Trajectory,
  valueForecasters,
} from "../science/index.ts";
import { maybeOnsetStep, type RunTrajectory } from "./outcomes.ts";
import type { StudyPlan } from "./plan.ts";
import type { ForecastScore, InterveneResults, MethodRef, PredictTarget } from "./results.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** A method that can be fitted for one target. */
export interface TargetForecaster extends MethodRef {
  fit(cohort: readonly Trajectory[], cutoff: number): FittedForecaster;
}

/** The methods for a target: its value at the study's last step, or the step of its onset. */
export function forecastersOf(plan: StudyPlan, target: Outcome): TargetForecaster[] {
  const adapt = <Task>(
    methods: readonly (MethodRef & { fit(cohort: readonly Trajectory[], task: Task): FittedForecaster })[],
    taskAt: (cutoff: number) => Task,
  ) =>
    methods.map((method) => ({
      name: method.name,
      role: method.role,
      description: method.description,
      fit: (cohort: readonly Trajectory[], cutoff: number) => method.fit(cohort, taskAt(cutoff)),
    }));
  return "value" in target
    ? adapt(valueForecasters, (cutoff) => valueTask(plan, target.value, cutoff))
    : adapt(onsetForecasters, (cutoff) => ({ onset: target.onset, horizon: plan.steps, cutoff }));
}

/** A run as the forecasters take it. */
export function trajectoryOf(one: RunTrajectory): Trajectory {
  const steps = [...new Set(one.measures.flatMap((measure) => one.steps(measure)))].sort((a, b) => a - b);
  return {
    run: one.run,
    steps,
    values: Object.fromEntries(one.measures.map((measure) => [measure, steps.map((step) => one.value(measure, step))])),
  };
}

/** A time to event is forecast only while the event has not been seen. */
export function isAtRisk(seen: RunTrajectory, target: Outcome): boolean {
  return "value" in target || maybeOnsetStep(seen, target.onset) === undefined;
}

/** The value at the last step, or the step of the onset; null when there was none by then; NaN when the run failed first. */
export function outcomeValue(one: RunTrajectory, target: Outcome, lastStep: number): number | null {
  if ("value" in target) return one.value(target.value, lastStep);
  return maybeOnsetStep(one, target.onset) ?? (one.failedBy(lastStep) ? Number.NaN : null);
}

export interface ScoreTargetOptions {
  readonly plan: StudyPlan;
  readonly target: Outcome;
  readonly cutoffs: readonly number[];
  readonly finished: readonly RunTrajectory[];
  readonly cohort: readonly RunTrajectory[];
  readonly forecasts: PredictTarget["forecasts"];
}

/**
 * Scores of the registered forecasts, and beside them, labelled so, leave-one-out over the cohort. Runs that failed before
 * their outcome have none, and are not scored; they stand among the outcomes as NaN.
 */
export function scoreTarget({ plan, target, cutoffs, finished, cohort, forecasts }: ScoreTargetOptions): PredictTarget {
  const methods = forecastersOf(plan, target);
  const judged = finished.filter((one) => !Number.isNaN(outcomeValue(one, target, plan.steps)));
  const atCutoff = (cutoff: number, runs: readonly RunTrajectory[], stated: readonly Stated[]) =>
    scoresAt({ plan, target, cutoff, runs, methods, stated });
  return {
    outcome: target,
    label: outcomeLabel(target),
    kind: "value" in target ? "value" : "onset",
    methods: methods.map(({ name, role, description }) => ({ name, role, description })),
    outcomes: finished.map((one) => ({ run: one.run, value: outcomeValue(one, target, plan.steps) })),
    forecasts,
    scores: cutoffs.flatMap((cutoff) =>
      atCutoff(
        cutoff,
        judged,
        forecasts.filter((one) => one.cutoff === cutoff),
      ),
    ),
    retrospective: cutoffs.flatMap((cutoff) => atCutoff(cutoff, cohort, looForecasts(plan, target, cutoff, cohort))),
    atRisk: "value" in target ? undefined : cutoffs.map((cutoff) => atRiskAt(plan, target, cutoff, finished)),
  };
}

type Stated = Pick<PredictTarget["forecasts"][number], "run" | "method" | "distribution">;

function scoresAt(options: {
  readonly plan: StudyPlan;
  readonly target: Outcome;
  readonly cutoff: number;
  readonly runs: readonly RunTrajectory[];
  readonly methods: readonly TargetForecaster[];
  readonly stated: readonly Stated[];
}): ForecastScore[] {
  const { plan, target, cutoff, methods, stated } = options;
  const said = new Set(stated.map(({ run }) => run));
  const runs = options.runs.filter(({ run }) => said.has(run));
  if (runs.length < 3) return []; // too few for any interval
  // A method that refused some run has not forecast the same runs as the others, and is not compared with them.
  const forecasts = methods.flatMap(({ name, role }): ForecastsOfMethod[] => {
    const distributions = runs.flatMap(({ run }) => {
      const said = stated.find((one) => one.run === run && one.method === name);
      return said === undefined ? [] : [said.distribution];
    });
    return distributions.length === runs.length ? [{ method: name, role, distributions }] : [];
  });
  const rng = Rng.of("scores", outcomeLabel(target), cutoff);
  const scores =
    "value" in target
      ? scoreValues({ forecasts, outcomes: runs.map((one) => one.value(target.value, plan.steps)), rng })
      : scoreOnsets({
          forecasts,
          outcomes: runs.map((one) => survivalOf(one, target, plan)),
          horizon: plan.steps,
          rng,
        });
  return scores.map((score: MethodScore) => ({ cutoff, ...score }));
}

function looForecasts(plan: StudyPlan, target: Outcome, cutoff: number, runs: readonly RunTrajectory[]): Stated[] {
  if (runs.length < 4) return []; // each is forecast from the others, and three are the least to fit
  const cohort = runs.map(trajectoryOf);
  const atRisk = cohort.filter((_, i) => isAtRisk(runs[i].upTo(cutoff), target));
  const forecasts = unlessRefused(() =>
    "value" in target
      ? retrospectiveForecasts({ cohort, forecasters: valueForecasters, task: valueTask(plan, target.value, cutoff) })
      : retrospectiveForecasts({
          cohort,
          forecasters: onsetForecasters,
          task: { onset: target.onset, horizon: plan.steps, cutoff },
          runs: atRisk,
        }),
  );
  return forecasts ?? [];
}

function valueTask(plan: StudyPlan, measure: string, cutoff: number) {
  const range = plan.organism.measures.find(({ name }) => name === measure)?.range;
  return { target: measure, targetStep: plan.steps, cutoff, range };
}

function survivalOf(one: RunTrajectory, target: Outcome, plan: StudyPlan): SurvivalTime {
  const step = "onset" in target ? maybeOnsetStep(one, target.onset) : undefined;
  return step === undefined ? { time: plan.steps, observed: false } : { time: step, observed: true };
}

function atRiskAt(plan: StudyPlan, target: Outcome, cutoff: number, finished: readonly RunTrajectory[]) {
  const risky = finished.filter((one) => isAtRisk(one.upTo(cutoff), target));
  const leads = risky.flatMap((one) => {
    const { time, observed } = survivalOf(one, target, plan);
    return observed ? [time - cutoff] : [];
  });
  return { cutoff, n: risky.length, lead: leads.length < 2 ? undefined : meanEstimate(leads) };
}

export interface EffectScoreInput {
  /** method → distribution of the mean effect over the main seeds. */
  readonly forecasts: ReadonlyMap<string, Distribution>;
  /** The mean effect that was then measured. */
  readonly effect: number;
}

/** Scores of registered effect forecasts over contrasts; the contrasts share seeds, so the intervals are indicative. */
export function scoreEffectForecasts(inputs: readonly EffectScoreInput[]): InterveneResults["forecastScores"] {
  if (inputs.length < 3) return [];
  const outcomes = inputs.map(({ effect }) => effect);
  const scored = effectForecasters.map(({ name, role }) => {
    const distributions = inputs.map(({ forecasts }) => forecasts.get(name)!);
    return { name, role, distributions, scores: distributions.map((one, i) => crps(one, outcomes[i])) };
  });
  const baselines = scored.filter(({ role }) => role === "baseline");
  return scored.map(({ name, role, distributions, scores }) => ({
    method: name,
    role,
    crps: meanEstimate(scores, { unit: "contrasts" }),
    coverage: coverage(distributions, outcomes),
    skill: Object.fromEntries(
      baselines
        .filter((baseline) => baseline.name !== name)
        .map((baseline) => [
          baseline.name,
          skill({ scores, reference: baseline.scores, rng: Rng.of("effect skill", name, baseline.name) }),
        ]),
    ),
  }));
}
