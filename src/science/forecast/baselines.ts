/**
 * @file The forecasts that every method must beat: last value, trend in log step, what the cohort ended at, and the
 * configuration alone.
 *
 * All spreads come from the cohort's own residuals of the same rule. Non-finite values of the target refuse.
 */
import { RefusedError } from "../../core/index.ts";
import { leastSquares } from "../stats/linear.ts";
import { mean, sd } from "../stats/moments.ts";
import { studentTDistribution } from "./distribution.ts";
import {
  cohortTargets,
  defineForecaster,
  type Forecaster,
  type ForecastTask,
  measuredSeries,
  type Trajectory,
  upTo,
} from "./forecaster.ts";
import { configurationFeatures, featureRow } from "./regression/features.ts";
import { ridgeAverage } from "./regression/ridgeAverage.ts";

/** Centred at the last value seen; scale: the cohort's root mean square of final − last, Student t on n df. */
export function lastValue(): Forecaster {
  return defineForecaster({
    name: "last value",
    role: "baseline",
    version: 1,
    description: "stays at the last value seen; spread from the cohort's own changes after the cutoff",
    fit: (cohort, task) =>
      centredOn(cohort, task, { centreOf: (prefix) => finiteSeries(prefix, task.target).values.at(-1)! }),
  });
}

/**
 * A straight line in ln(step) through the evaluations of the last half decade before the cutoff (step ≥ cutoff / √10),
 * or the last three where there are fewer, continued to the target step and clipped to the range. With one evaluation
 * it is the last value. Scale as for `lastValue`.
 */
export function logTrend(): Forecaster {
  return defineForecaster({
    name: "log-linear trend",
    role: "baseline",
    version: 1,
    description:
      "line in ln(step) through the last half decade before the cutoff (at least three evaluations), continued; spread from the cohort's own misses",
    fit: (cohort, task) =>
      centredOn(cohort, task, {
        centreOf: (prefix) => trendAt(finiteSeries(prefix, task.target), task),
        settings: { window: "half decade" },
      }),
  });
}

/** Student t predictive of the cohort's final values: mean, s√(1 + 1/n), n − 1 df. Sees nothing of the new run. */
export function cohortFinal(): Forecaster {
  return defineForecaster({
    name: "cohort",
    role: "baseline",
    version: 1,
    description: "where the cohort ended, whatever the new run does",
    fit(cohort, task) {
      const targets = cohortTargets(cohort, task);
      const n = targets.length;
      const parameters = { centre: mean(targets), scale: sd(targets) * Math.sqrt(1 + 1 / n), df: n - 1 };
      const leftOutErrors = targets.map((target) => ((target - parameters.centre) * n) / (n - 1));
      return { parameters, leftOutErrors, predict: () => studentTDistribution(parameters, task.range) };
    },
  });
}

/**
 * Regression of the target on the covariates of the configuration and their squares (shrunken, see ridgeAverage.ts).
 * Where all configurations are equal it is the same forecast as `cohortFinal`.
 */
export function configurationOnly(): Forecaster {
  return defineForecaster({
    name: "configuration",
    role: "baseline",
    version: 1,
    description: "quadratic regression on the configuration alone; sees nothing of the new run",
    fit(cohort, task) {
      const targets = cohortTargets(cohort, task);
      const features = configurationFeatures(cohort);
      const fit = ridgeAverage({ x: cohort.map((run) => featureRow(run, features)), y: targets });
      return {
        parameters: { features: features.map(({ name }) => name), ...fit.summary },
        leftOutErrors: fit.leftOutResiduals,
        predict: (prefix) => studentTDistribution(fit.predict(featureRow(prefix, features)), task.range),
      };
    },
  });
}

/**
 * A rule that gives a centre, with the cohort's own misses of the rule as its spread: root mean square, Student t on n df.
 * `leftOutCentreOf`: what the rule says of a cohort run without that run, where it learns from the cohort.
 */
export function centredOn(
  cohort: readonly Trajectory[],
  task: ForecastTask,
  {
    centreOf,
    leftOutCentreOf = centreOf,
    settings = {},
  }: {
    readonly centreOf: (prefix: Trajectory) => number;
    readonly leftOutCentreOf?: (prefix: Trajectory) => number;
    readonly settings?: Readonly<Record<string, string>>;
  },
) {
  const targets = cohortTargets(cohort, task);
  const leftOutErrors = cohort.map((run, i) => targets[i] - leftOutCentreOf(upTo(run, task.cutoff)));
  const scale = Math.sqrt(mean(leftOutErrors.map((error) => error * error)));
  const df = cohort.length;
  return {
    parameters: { ...settings, scale, df },
    leftOutErrors,
    predict: (prefix: Trajectory) => studentTDistribution({ centre: centreOf(prefix), scale, df }, task.range),
  };
}

/** Points of the target; refuses a run that has none or has infinite ones. */
export function finiteSeries(prefix: Trajectory, target: string) {
  const series = measuredSeries(prefix, target);
  if (series.steps.length === 0)
    throw new RefusedError("Forecast", `${target} of run ${prefix.run} was not measured by the cutoff`);
  if (!series.values.every(Number.isFinite))
    throw new RefusedError("Forecast", `${target} of run ${prefix.run} is not finite before the cutoff`);
  return series;
}

function trendAt({ steps, values }: { steps: number[]; values: number[] }, task: ForecastTask): number {
  const last = values[values.length - 1];
  const from = Math.min(
    steps.findIndex((step) => step >= task.cutoff / Math.sqrt(10)),
    steps.length - 3,
  );
  const kept = steps.map((_, i) => i).filter((i) => i >= from && steps[i] > 0);
  if (kept.length < 2) return last;
  const line = leastSquares(
    kept.map((i) => [1, Math.log(steps[i])]),
    kept.map((i) => values[i]),
  );
  const [low, high] = task.range ?? [null, null];
  const end = line[0] + line[1] * Math.log(task.targetStep);
  return Math.min(high ?? Number.POSITIVE_INFINITY, Math.max(low ?? Number.NEGATIVE_INFINITY, end));
}
