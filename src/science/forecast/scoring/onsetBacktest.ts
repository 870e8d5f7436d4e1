/**
 * @file How forecasts of an onset's time did on the cohort: each run at risk is forecast without its unit.
 *
 * Only onsets that were seen can be compared with a median; runs censored before them would make methods look early, so
 * P(by a step) is scored too, over every run whose state at that step is known. Retrospective: the onsets existed.
 */
import { type Distribution, type Estimate, RefusedError } from "../../../core/index.ts";
import { meanEstimate, proportionEstimate } from "../../stats/intervals.ts";
import { distributionQuantile, probabilityBelow } from "../distribution.ts";
import { type Forecaster, type OnsetTask, type Trajectory, unitOf, upTo, withoutUnit } from "../forecaster.ts";
import { isAtRisk, onsetTimes } from "../regression/onsetForecasters.ts";

export interface OnsetRecord {
  readonly method: string;
  /** Runs at risk that the method forecast. */
  readonly runs: number;
  /** Mean |median − step| over onsets that were seen, medians beyond the horizon counting as it; absent below two. */
  readonly medianOff?: Estimate;
  /** Share of seen onsets in the central 90%; absent without any. */
  readonly in90?: Estimate;
  /** Mean (P(by `by`) − happened)² over runs followed until `by` or their onset; absent below two. */
  readonly brier?: Estimate;
}

/** One record a method, over cohort runs at risk at the cutoff; methods that refuse all have none. */
export function onsetRecords(
  cohort: readonly Trajectory[],
  task: OnsetTask,
  { forecasters, by }: { readonly forecasters: readonly Forecaster<OnsetTask>[]; readonly by: number },
): OnsetRecord[] {
  const runs = cohort.filter((run) => isAtRisk(run, task));
  const times = onsetTimes(runs, task);
  return forecasters.flatMap((forecaster) => {
    const made = runs.map((run) => maybeForecast(forecaster, withoutUnit(cohort, unitOf(run)), task, run));
    const kept = made.flatMap((distribution, i) => (distribution === undefined ? [] : [{ distribution, ...times[i] }]));
    const seen = kept.filter(({ observed }) => observed);
    const off = seen.map(({ distribution, time }) =>
      Math.abs(Math.min(task.horizon, distributionQuantile(distribution, 0.5)) - time),
    );
    const inside = seen.filter(
      ({ distribution, time }) =>
        time >= distributionQuantile(distribution, 0.05) && time <= distributionQuantile(distribution, 0.95),
    );
    const known = kept.filter(({ observed, time }) => observed || time >= by);
    const squares = known.map(
      ({ distribution, observed, time }) =>
        (probabilityBelow(distribution, by) - (observed && time <= by ? 1 : 0)) ** 2,
    );
    if (kept.length === 0) return [];
    return {
      method: forecaster.name,
      runs: kept.length,
      ...(off.length > 1 && { medianOff: notBelowZero(meanEstimate(off)) }),
      ...(off.length > 0 && { in90: proportionEstimate({ successes: inside.length, n: seen.length }) }),
      ...(squares.length > 1 && { brier: notBelowZero(meanEstimate(squares)) }),
    };
  });
}

/** Neither a distance nor a square is negative, whatever Student's interval says. */
function notBelowZero(estimate: Estimate): Estimate {
  return { ...estimate, low: Math.max(0, estimate.low) };
}

function maybeForecast(
  forecaster: Forecaster<OnsetTask>,
  cohort: readonly Trajectory[],
  task: OnsetTask,
  run: Trajectory,
): Distribution | undefined {
  try {
    return forecaster.fit(cohort, task).predict(upTo(run, task.cutoff));
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}
