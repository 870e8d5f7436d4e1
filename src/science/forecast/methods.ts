/**
 * @file The methods that a study runs side by side when it names none. Where configurations differ between runs, add the
 * ones that know the configuration.
 */
import { cohortFinal, lastValue, logTrend } from "./baselines.ts";
import { combination } from "./combination.ts";
import { curveFamily } from "./curveFamily.ts";
import { earlyMeasures } from "./earlyMeasures.ts";
import type { Forecaster, OnsetTask } from "./forecaster.ts";
import { cohortOnset, onsetRegression } from "./onsetForecasters.ts";

const last = lastValue();
const early = earlyMeasures();
const curves = curveFamily();

/** For the value of a measure at a later step. */
export const valueForecasters: readonly Forecaster[] = [
  last,
  logTrend(),
  cohortFinal(),
  early,
  curves,
  combination([last, early, curves]),
];

/** For the step of an onset. */
export const onsetForecasters: readonly Forecaster<OnsetTask>[] = [cohortOnset(), onsetRegression()];
