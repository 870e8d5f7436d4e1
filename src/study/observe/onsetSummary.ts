/**
 * @file When runs reached a threshold, over runs: how many did, kept it, lost it or never did, and the distribution of
 * the step.
 *
 * Pure. A run without the measure is not in the summary; it is named by the caller.
 */
import { type Estimate, type Event, OntogenyError, type RecordedRun, Rng } from "../../core/index.ts";
import { itemErrors, measuredOnset, timeIntervals, turnbullMedian } from "../../science/index.ts";
import { matchesPattern } from "../recorded/listRuns.ts";
import type { Hold, OnsetClaim } from "./onsetClaim.ts";

export interface RunOnset {
  readonly id: string;
  readonly run: string;
  readonly measure: string;
  readonly event: Event;
  /**
   * never: not reached and held by the end of the series; lost: reached, and the last evaluation is back on the other
   * side.
   */
  readonly outcome: "kept" | "lost" | "never";
  readonly last: number;
}

export interface OnsetSummary {
  readonly claim: OnsetClaim;
  readonly hold: Hold;
  readonly runs: readonly RunOnset[];
  readonly kept: number;
  readonly lost: number;
  readonly never: number;
  /** Over runs, censoring counted; or why there is none. */
  readonly median?: Estimate;
  readonly medianRefused?: string;
}

export function onsetSummary(runs: readonly RecordedRun[], claim: OnsetClaim, hold: Hold): OnsetSummary {
  const found = runs.flatMap((run) => onsetsOf(run, claim, hold));
  const count = (outcome: RunOnset["outcome"]) => found.filter((one) => one.outcome === outcome).length;
  return {
    claim,
    hold,
    runs: found,
    kept: count("kept"),
    lost: count("lost"),
    never: count("never"),
    ...medianOf(found),
  };
}

export interface OnsetDelay {
  readonly from: string;
  readonly to: string;
  readonly runs: readonly {
    readonly id: string;
    readonly run: string;
    /** Steps between the two first evaluations; null: one of them was never reached. */
    readonly steps: number | null;
    /** From the two intervals; high null: the later onset is censored. */
    readonly low: number;
    readonly high: number | null;
  }[];
}

/**
 * Delay from the first claim's onset to the second's, in runs that have one series for each: grokking's, for train and
 * test.
 */
export function onsetDelay(from: OnsetSummary, to: OnsetSummary): OnsetDelay {
  const runs = from.runs.flatMap((early) => {
    const late = to.runs.find(({ id }) => id === early.id);
    if (late === undefined || early.event.high === null) return [];
    const [a, b] = [early.event, late.event];
    const steps = a.step === null || b.step === null ? null : b.step - a.step;
    return [
      { id: early.id, run: early.run, steps, low: b.low - a.high!, high: b.high === null ? null : b.high - a.low },
    ];
  });
  return { from: from.claim.text, to: to.claim.text, runs };
}

function onsetsOf(run: RecordedRun, claim: OnsetClaim, hold: Hold): RunOnset[] {
  return [...run.series.values()]
    .filter(({ measure, steps }) => matchesPattern(measure, claim.measure) && steps.length > 0)
    .map((series) => {
      const range = run.specs.get(series.measure)?.range;
      const isShare = range?.[0] === 0 && range[1] === 1;
      const ses = itemErrors({ values: series.values, ses: series.ses, ns: series.ns, isShare });
      const { threshold, direction } = claim;
      const event = measuredOnset(series, { threshold, direction, hold, ...(ses === undefined ? {} : { ses }) });
      const last = series.values[series.values.length - 1];
      const holds = direction === "above" ? last >= threshold : last <= threshold;
      const outcome = event.step === null ? "never" : holds ? "kept" : "lost";
      return { id: run.id, run: run.name, measure: series.measure, event, outcome, last } as const;
    });
}

function medianOf(found: readonly RunOnset[]): Pick<OnsetSummary, "median" | "medianRefused"> {
  try {
    const rng = Rng.of(1, "onset median");
    return { median: turnbullMedian(timeIntervals(found.map(({ event }) => event)), { rng }) };
  } catch (error) {
    if (!(error instanceof OntogenyError)) throw error;
    return { medianRefused: error.message };
  }
}
