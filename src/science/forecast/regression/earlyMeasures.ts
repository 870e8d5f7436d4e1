/**
 * @file Regression of the outcome on everything measured early, fitted on the cohort.
 *
 * Shrinks towards the cohort's mean as far as the cohort's evidence asks for it (see ridgeAverage.ts). A new run that lacks
 * a feature, or has it non-finite, is refused.
 */
import { studentTDistribution } from "../distribution.ts";
import { cohortTargets, defineForecaster, type Forecaster } from "../forecaster.ts";
import { configurationFeatures, earlyFeatures, featureRow } from "./features.ts";
import { ridgeAverage } from "./ridgeAverage.ts";

/** All measures at the cutoff and their changes before it; `configuration` adds the covariates that differ. */
export function earlyMeasures({ configuration = false }: { configuration?: boolean } = {}): Forecaster {
  return defineForecaster({
    name: configuration ? "early measures and configuration" : "early measures",
    role: "method",
    version: 1,
    description: `ridge regression on all measures at the cutoff and their changes before it${configuration ? ", and the configuration" : ""}; averaged over penalties by evidence`,
    fit(cohort, task) {
      const targets = cohortTargets(cohort, task);
      const early = earlyFeatures(cohort, task.cutoff);
      const features = configuration ? [...early, ...configurationFeatures(cohort)] : early;
      const fit = ridgeAverage({ x: cohort.map((run) => featureRow(run, features)), y: targets });
      return {
        parameters: { features: features.map(({ name }) => name), ...fit.summary },
        leftOutErrors: fit.leftOutResiduals,
        predict: (prefix) => studentTDistribution(fit.predict(featureRow(prefix, features)), task.range),
      };
    },
  });
}
