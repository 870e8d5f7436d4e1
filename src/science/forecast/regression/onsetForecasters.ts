/**
 * @file Forecasts of when an onset comes, for runs in which it has not come by the cutoff.
 *
 * The time forecast is the step of the first evaluation that shows the onset (observe/onset.ts). A run whose onset the
 * prefix already shows is refused: it is not at risk. Cohort runs without an onset by the horizon are right-censored.
 */
import { type Event, type Json, RefusedError } from "../../../core/index.ts";
import { type SurvivalTime, survivalTimes } from "../../observe/kaplanMeier.ts";
import { onset } from "../../observe/onset.ts";
import { truncatedLogTDistribution } from "../distribution.ts";
import {
  defineForecaster,
  type Forecaster,
  measuredSeries,
  type OnsetTask,
  type Trajectory,
  upTo,
} from "../forecaster.ts";
import { type CensoredRidge, censoredRidge } from "./censoredRidge.ts";
import { configurationFeatures, earlyFeatures, type Feature, featureRow } from "./features.ts";

/** Fewer onsets than this among cohort runs at risk: the regression says what the cohort says. */
const LEAST_EVENTS = 6;

/** The onset as far as `step` shows it. */
export function onsetBy(run: Trajectory, { onset: definition }: Pick<OnsetTask, "onset">, step: number): Event {
  return onset(measuredSeries(upTo(run, step), definition.measure), definition);
}

/** True when the onset has not come by the cutoff. */
export function isAtRisk(run: Trajectory, task: Pick<OnsetTask, "onset" | "cutoff">): boolean {
  return onsetBy(run, task, task.cutoff).step === null;
}

/** Onset times of runs, censored at the last evaluation by the horizon that was known to have none. */
export function onsetTimes(runs: readonly Trajectory[], task: Pick<OnsetTask, "onset" | "horizon">): SurvivalTime[] {
  return survivalTimes(runs.map((run) => onsetBy(run, task, task.horizon)));
}

/** Onset − cutoff of the runs that were at risk and had an onset: how far ahead a forecast made then looked. */
export function leadTimes(runs: readonly Trajectory[], task: OnsetTask): number[] {
  return onsetTimes(
    runs.filter((run) => isAtRisk(run, task)),
    task,
  ).flatMap(({ time, observed }) => (observed ? [time - task.cutoff] : []));
}

/** Log-normal onset times of the whole cohort, given that this run's lies after what its prefix shows. */
export function cohortOnset(): Forecaster<OnsetTask> {
  return onsetForecaster({
    name: "cohort",
    role: "baseline",
    description: "log-normal distribution of the cohort's onsets, given that the onset has not come by the cutoff",
    features: () => [],
    atRiskOnly: false,
  });
}

/** Log-normal regression on the configuration alone, likewise conditional. */
export function configurationOnset(): Forecaster<OnsetTask> {
  return onsetForecaster({
    name: "configuration",
    role: "baseline",
    description:
      "log-normal regression of the onset on the configuration alone, given that it has not come by the cutoff",
    features: (cohort) => configurationFeatures(cohort),
    atRiskOnly: false,
  });
}

/**
 * Log-normal regression on all measures at the cutoff and their changes before it, fitted on the cohort runs that were
 * still at risk then (a landmark analysis). With fewer than six onsets among those it is the cohort's distribution, and
 * `frozen` says so.
 */
export function onsetRegression({ configuration = false }: { configuration?: boolean } = {}): Forecaster<OnsetTask> {
  return onsetForecaster({
    name: configuration ? "early measures and configuration" : "early measures",
    role: "method",
    description: `log-normal regression of the onset on all measures at the cutoff and their changes before it${configuration ? ", and the configuration" : ""}, over cohort runs still at risk`,
    features: (cohort, task) => [
      ...earlyFeatures(cohort, task.cutoff),
      ...(configuration ? configurationFeatures(cohort) : []),
    ],
    atRiskOnly: true,
  });
}

function onsetForecaster({
  name,
  role,
  description,
  features: featuresOf,
  atRiskOnly,
}: {
  name: string;
  role: "baseline" | "method";
  description: string;
  features(cohort: readonly Trajectory[], task: OnsetTask): Feature[];
  atRiskOnly: boolean;
}): Forecaster<OnsetTask> {
  return defineForecaster<OnsetTask>({
    name,
    role,
    version: 1,
    description,
    fit(cohort, task) {
      const landmark = atRiskOnly ? cohort.filter((run) => isAtRisk(run, task)) : cohort;
      const events = onsetTimes(landmark, task).filter(({ observed }) => observed).length;
      const enough = !atRiskOnly || events >= LEAST_EVENTS;
      const runs = enough ? landmark : cohort;
      const features = enough ? featuresOf(runs, task) : [];
      const fit = censoredRidge({ x: runs.map((run) => featureRow(run, features)), times: onsetTimes(runs, task) });
      const parameters: Json = {
        ...fit.summary,
        features: features.map((feature) => feature.name),
        fittedOn: runs.map(({ run }) => run),
        fallback: enough
          ? null
          : `${events} onsets among ${landmark.length} cohort runs at risk: the cohort's distribution`,
      };
      return { parameters, predict: (prefix) => conditional(prefix, task, fit, features) };
    },
  });
}

function conditional(prefix: Trajectory, task: OnsetTask, fit: CensoredRidge, features: readonly Feature[]) {
  const seen = onsetBy(prefix, task, task.cutoff);
  if (seen.step !== null)
    throw new RefusedError("Onset forecast", `run ${prefix.run} is not at risk: its onset came at step ${seen.step}`);
  return truncatedLogTDistribution({ ...fit.predict(featureRow(prefix, features)), after: seen.low });
}
