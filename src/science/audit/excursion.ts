/**
 * @file How far one checkpoint lies off what the checkpoints on both sides of it lead to expect, in units of the noise
 * around it.
 *
 * For smooth trends of any shape: the expectation is the nearest of four predictions (the two halves of a line through
 * its neighbours, a line through the pair beyond them, and a line from either side), so that neither a curve nor a
 * lasting jump is an excursion. Refuses nothing: what cannot be judged (the two ends, non-finite values nearby, no
 * spread nearby) is undefined.
 */
import { studentTCdf } from "../stats/distributions.ts";
import { resolution } from "./resolution.ts";

/** Checkpoints on either side from which the noise is taken. */
export const REACH = 8;
/** Second differences of white noise are correlated (−2/3, 1/6): n of them are worth n/1.94. Σρ² gives the 1.94. */
export const WORTH = 1.94;

export interface Excursion {
  /** Value less the nearest prediction, in the measure's units (log units where `isLog`). */
  readonly residual: number;
  /** Standard deviation of one value around the local trend. */
  readonly noise: number;
  /** Two-sided p of so large a residual, Student's t on `df`; not corrected for anything. */
  readonly p: number;
  readonly df: number;
}

/** Values on the scale on which excursions are judged: logs where all are positive and the largest is 5 times the least. */
export function judgedScale(values: ArrayLike<number>): { scaled: Float64Array; isLog: boolean } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i])) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
  const isLog = low > 0 && high > 5 * low && high > 1;
  const scaled = Float64Array.from(values as ArrayLike<number>, (value) => (isLog ? Math.log(value) : value));
  return { scaled, isLog };
}

/**
 * One entry a value. `steps` ascend. Needs 7 checkpoints beside it (not next to it) to judge one. Interpolation is
 * linear in the logarithm of the step, in which learning curves bend least.
 */
export function excursions(steps: readonly number[], y: ArrayLike<number>): (Excursion | undefined)[] {
  const n = y.length;
  const x = logSteps(steps);
  const bends = new Float64Array(n).fill(Number.NaN);
  for (let i = 1; i < n - 1; i++) bends[i] = (y[i] - between(x, y, i, i - 1, i + 1)) / bendSize(x, i);
  const grain = resolution(y);
  const floor = Number.isFinite(grain) ? (grain * grain) / 12 : 0;
  return Array.from({ length: n }, (_, i) => {
    if (i < 1 || i > n - 2) return undefined;
    const residual = beyondNeighbours(y, i);
    let squares = 0;
    let count = 0;
    for (let u = Math.max(1, i - REACH); u <= Math.min(n - 2, i + REACH); u++) {
      if (Math.abs(u - i) < 2 || !Number.isFinite(bends[u])) continue;
      squares += bends[u] * bends[u];
      count++;
    }
    if (!Number.isFinite(residual) || count < 7) return undefined;
    const noise = Math.sqrt(Math.max(squares / count, floor));
    if (noise === 0) return undefined;
    const df = count / WORTH;
    return { residual, noise, df, p: 2 * studentTCdf(-Math.abs(residual) / (noise * bendSize(x, i)), df) };
  });
}

/** Logarithm of the step, moved so that step 0 (or below) has one. */
export function logSteps(steps: readonly number[]): Float64Array {
  const shift = steps.length === 0 || steps[0] > 0 ? 0 : 1 - steps[0];
  return Float64Array.from(steps, (step) => Math.log(step + shift));
}

/** The line through points a and b, at point i. */
function between(x: Float64Array, y: ArrayLike<number>, i: number, a: number, b: number): number {
  const share = (x[i] - x[a]) / (x[b] - x[a]);
  return (1 - share) * y[a] + share * y[b];
}

/** Standard deviation of y[i] less the line through its neighbours, for independent values of standard deviation 1. */
function bendSize(x: Float64Array, i: number): number {
  const share = (x[i] - x[i - 1]) / (x[i + 1] - x[i - 1]);
  return Math.sqrt(1 + share * share + (1 - share) ** 2);
}

/** Distance from the nearer neighbour where both lie on one side of the value, else 0: a step between levels is no excursion. */
function beyondNeighbours(y: ArrayLike<number>, i: number): number {
  const left = y[i] - y[i - 1];
  const right = y[i] - y[i + 1];
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  if (left > 0 !== right > 0) return 0;
  return Math.abs(left) < Math.abs(right) ? left : right;
}
