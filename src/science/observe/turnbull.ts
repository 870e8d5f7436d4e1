/**
 * @file Turnbull's estimate: the distribution of event times of which only intervals are known, right-censored ones
 * included. The generalisation of Kaplan–Meier to onsets that evaluations merely bracket.
 *
 * An interval (low, high] with high = Infinity is right-censored; low = high states the time exactly. NaN and low >
 * high throw.
 */
import { DomainError, type Estimate, type Event, RefusedError, type Rng } from "../../core/index.ts";
import { requireLevel } from "../stats/intervals.ts";
import { quantile } from "../stats/moments.ts";

export interface TimeInterval {
  readonly low: number;
  /** Infinity: not by `low`. */
  readonly high: number;
}

export interface TurnbullEstimate {
  /**
   * Innermost intervals (low, high], ascending, with their probability; how it lies within one is not known. The last
   * may end at Infinity.
   */
  readonly intervals: readonly { readonly low: number; readonly high: number; readonly probability: number }[];
  readonly n: number;
  readonly logLikelihood: number;
}

/** Events of kind onset as intervals of time. */
export function timeIntervals(events: readonly Pick<Event, "low" | "high">[]): TimeInterval[] {
  return events.map(({ low, high }) => ({ low, high: high ?? Number.POSITIVE_INFINITY }));
}

/**
 * Non-parametric maximum likelihood over the innermost intervals (Turnbull, JRSS B 38, 1976; Peto 1973), by
 * self-consistency with Aitken-free EM to a change of the log-likelihood below 1e-10, at most 100,000 rounds. Needs one
 * run.
 */
export function turnbull(runs: readonly TimeInterval[]): TurnbullEstimate {
  if (runs.length === 0) throw new DomainError("turnbull", "at least one run", "none");
  for (const { low, high } of runs)
    if (Number.isNaN(low) || Number.isNaN(high) || low > high || low === Number.POSITIVE_INFINITY)
      throw new DomainError("turnbull: interval", "low ≤ high, low finite", `(${low}, ${high}]`);
  const inner = innermost(runs);
  const contains = runs.map((run) => inner.map((cell): number => (holds(run, cell) ? 1 : 0)));
  let p: number[] = inner.map(() => 1 / inner.length);
  let logLikelihood = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < 100_000; round++) {
    const next = new Array<number>(inner.length).fill(0);
    let total = 0;
    for (const row of contains) {
      const mass = row.reduce((sum, c, j) => sum + c * p[j], 0);
      total += Math.log(mass);
      for (let j = 0; j < row.length; j++) next[j] += (row[j] * p[j]) / mass / runs.length;
    }
    p = next;
    const gained = total - logLikelihood;
    logLikelihood = total;
    if (gained < 1e-10) break;
  }
  return {
    intervals: inner.map((cell, j) => ({ ...cell, probability: p[j] })).filter(({ probability }) => probability > 1e-9),
    n: runs.length,
    logLikelihood,
  };
}

/**
 * When `share` of the runs have had the event: the innermost interval (low, high] in which that falls; `high` Infinity
 * when it is beyond what was seen.
 */
export function turnbullQuantile({ intervals }: TurnbullEstimate, share: number): TimeInterval {
  if (!(share > 0 && share < 1)) throw new DomainError("turnbullQuantile: share", "a share between 0 and 1", share);
  let sum = 0;
  for (const { low, high, probability } of intervals) {
    sum += probability;
    if (sum >= share - 1e-9) return { low, high };
  }
  const last = intervals[intervals.length - 1];
  return { low: last.low, high: last.high };
}

/**
 * Median time to the event with a percentile interval from a bootstrap over runs. `value`: the end of the innermost
 * interval that holds the median, Infinity when fewer than half of the runs are known to have had it; `low` uses the
 * beginnings of the intervals, so that censoring within them is in it. Refuses fewer than 4 runs.
 */
export function turnbullMedian(
  runs: readonly TimeInterval[],
  { level = 0.95, draws = 1000, rng }: { level?: number; draws?: number; rng: Rng },
): Estimate {
  requireLevel("turnbullMedian", level);
  if (runs.length < 4)
    throw new RefusedError("Median onset", `expected at least 4 runs for an interval over runs, got ${runs.length}`);
  const value = turnbullQuantile(turnbull(runs), 0.5).high;
  const lows: number[] = [];
  const highs: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const { low, high } = turnbullQuantile(turnbull(runs.map(() => runs[rng.int(runs.length)])), 0.5);
    lows.push(low);
    highs.push(high === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : high);
  }
  const high = [...highs].sort((a, b) => a - b)[Math.min(draws - 1, Math.ceil(((1 + level) / 2) * draws) - 1)];
  return {
    value,
    low: quantile(lows, (1 - level) / 2),
    high: high === Number.MAX_VALUE ? Number.POSITIVE_INFINITY : high,
    level,
    method: `Turnbull median, percentile bootstrap over runs, ${draws} draws`,
    n: runs.length,
  };
}

/**
 * Maximal intersections: (l, r] with l some run's low, r some run's high, and no other end in between; exact times stay
 * points.
 */
function innermost(runs: readonly TimeInterval[]): { low: number; high: number }[] {
  // Ends in order; at one time a closed right end comes before an open left end, and an exact time is a pair of its own.
  const ends: { at: number; rank: number; isLow: boolean }[] = [];
  for (const { low, high } of runs) {
    const isExact = low === high;
    ends.push({ at: low, rank: isExact ? 0 : 3, isLow: true });
    ends.push({ at: high, rank: isExact ? 1 : 2, isLow: false });
  }
  ends.sort((a, b) => a.at - b.at || a.rank - b.rank);
  const found: { low: number; high: number }[] = [];
  for (let i = 1; i < ends.length; i++)
    if (ends[i - 1].isLow && !ends[i].isLow) found.push({ low: ends[i - 1].at, high: ends[i].at });
  return found;
}

function holds(run: TimeInterval, cell: { low: number; high: number }): boolean {
  if (cell.low === cell.high)
    return run.low === run.high ? run.low === cell.low : run.low < cell.low && cell.high <= run.high;
  return run.low <= cell.low && cell.high <= run.high;
}
