/**
 * @file The methods that a study runs side by side when it names none. Where configurations differ between runs, add the
 * ones that know the configuration.
 */
import { cohortFinal, configurationOnly, lastValue, logTrend } from "./baselines.ts";
import { chosenCombination } from "./combine/chosenCombination.ts";
import { combination } from "./combine/combination.ts";
import { curveFamily } from "./curves/curveFamily.ts";
import type { Forecaster, OnsetTask } from "./forecaster.ts";
import { curveProcess } from "./process/curveProcess.ts";
import { earlyMeasures } from "./regression/earlyMeasures.ts";
import { cohortOnset, onsetRegression } from "./regression/onsetForecasters.ts";
import { smallerScale } from "./smallerScale.ts";

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

/**
 * For values of recorded runs. The combination is chosen among all the others by a back-test inside the cohort.
 * `hasConfiguration`: the runs state covariates that differ; `scale`: the covariate that is the runs' size.
 */
export function recordedForecasters({
  hasConfiguration,
  scale,
}: {
  readonly hasConfiguration: boolean;
  readonly scale?: string;
}): Forecaster[] {
  const members = [
    lastValue(),
    logTrend(),
    cohortFinal(),
    ...(hasConfiguration ? [configurationOnly()] : []),
    ...(scale === undefined ? [] : [smallerScale({ covariate: scale })]),
    earlyMeasures({ configuration: hasConfiguration }),
    curveFamily(),
    curveProcess({ configuration: false }),
    ...(hasConfiguration ? [curveProcess()] : []),
  ];
  return [...members, chosenCombination(members)];
}

/** For the step of an onset. */
export const onsetForecasters: readonly Forecaster<OnsetTask>[] = [cohortOnset(), onsetRegression()];
