/**
 * @file Kaplan–Meier: the share of runs that have not yet had an event, with right-censored runs counted as far as they go.
 *
 * Times must be finite and ≥ 0; NaN throws. An onset seen only on a grid counts at the first evaluation that shows it.
 */
import { DomainError, type Estimate, type Event } from "../../core/index.ts";
import { normalQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";

/** Time of an event, or of the last look at a run that had none by then. */
export interface SurvivalTime {
  readonly time: number;
  readonly observed: boolean;
}

export interface SurvivalCurve {
  /** Distinct event times, ascending; the curve is 1 before the first and constant in between. */
  readonly times: readonly number[];
  readonly survival: readonly number[];
  /** Pointwise band, log(−log S) scale; NaN where S is 0 (undefined there). */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly atRisk: readonly number[];
  readonly events: readonly number[];
  readonly n: number;
  readonly level: number;
  /** First time at which half of the runs have had the event; absent when that is never seen. */
  readonly median?: Estimate;
}

/** Events of kind onset as survival times: its step, or the last step at which it was known not to have happened. */
export function survivalTimes(events: readonly Pick<Event, "step" | "low">[]): SurvivalTime[] {
  return events.map(({ step, low }) =>
    step === null ? { time: low, observed: false } : { time: step, observed: true },
  );
}

/**
 * Product-limit estimate (Kaplan & Meier, JASA 53, 1958); Greenwood's variance; band on the log(−log) scale; the median's
 * interval by inverting that band (Brookmeyer & Crowley, Biometrics 38, 1982): [first time its lower limit is ≤ ½, first
 * time its upper limit is]. Where the curve
 * reaches 0 after m events in all, its upper limit is Clopper and Pearson's for 0 of m. `high` of the median is Infinity
 * when the data do not bound it. At tied times events precede
 * censorings. Takes censoring as unrelated to the event's time. Needs one run.
 */
export function kaplanMeier(runs: readonly SurvivalTime[], { level = 0.95 }: { level?: number } = {}): SurvivalCurve {
  requireLevel("kaplanMeier", level);
  if (runs.length === 0) throw new DomainError("kaplanMeier", "at least one run", "none");
  for (const { time } of runs)
    if (!(time >= 0 && time < Number.POSITIVE_INFINITY))
      throw new DomainError("kaplanMeier: time", "a finite number ≥ 0", time);
  const z = normalQuantile((1 + level) / 2);
  const times = [...new Set(runs.filter(({ observed }) => observed).map(({ time }) => time))].sort((a, b) => a - b);
  const atRisk = times.map((t) => runs.filter(({ time }) => time >= t).length);
  const events = times.map((t) => runs.filter(({ time, observed }) => observed && time === t).length);
  const survival: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  let s = 1;
  let greenwood = 0;
  for (let i = 0; i < times.length; i++) {
    s *= 1 - events[i] / atRisk[i];
    greenwood += events[i] / (atRisk[i] * (atRisk[i] - events[i]));
    const half = (z * Math.sqrt(greenwood)) / -Math.log(s);
    survival.push(s);
    low.push(s > 0 ? s ** Math.exp(half) : Number.NaN);
    high.push(s > 0 ? s ** Math.exp(-half) : Number.NaN);
  }
  // Where nobody is left the log(−log) band has no width to speak of; 0 of m is bounded as a binomial share is.
  const seen = events.reduce((a, b) => a + b, 0);
  const upperAt = (i: number) => (survival[i] > 0 ? high[i] : 1 - ((1 - level) / 2) ** (1 / seen));
  // Rounding can leave .5 a hair above one half.
  const firstAtMostHalf = (curve: readonly number[]) =>
    times.find((_, i) => survival[i] === 0 || curve[i] <= 0.5 + 1e-12) ?? Number.POSITIVE_INFINITY;
  const value = firstAtMostHalf(survival);
  const curve = { times, survival, low, high, atRisk, events, n: runs.length, level };
  if (value === Number.POSITIVE_INFINITY) return curve;
  const upper = times.find((_, i) => upperAt(i) <= 0.5 + 1e-12) ?? Number.POSITIVE_INFINITY;
  const median: Estimate = {
    value,
    low: firstAtMostHalf(low),
    high: upper,
    level,
    method: "Kaplan–Meier median, Brookmeyer–Crowley interval on the log(−log) scale",
    n: runs.length,
  };
  return { ...curve, median };
}

/** S(t) of a curve at any time. */
export function survivalAt({ times, survival }: SurvivalCurve, time: number): number {
  let s = 1;
  for (let i = 0; i < times.length && times[i] <= time; i++) s = survival[i];
  return s;
}
