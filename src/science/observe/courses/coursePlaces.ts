/**
 * @file Where courses may end, and whether they do: candidates, the proof that a change does not hang on one value or
 * on what is believed of the noise, and its place with the positions that fit as well.
 *
 * Indices are of points; a change at i means that point i begins the new course. Takes finite values (coursePoints.ts).
 */
import type { Points } from "./coursePoints.ts";
import { type Courses, courses } from "./diminishingReturns.ts";

const MOST_CANDIDATES = 50;
/** Places that are looked at though they do not stand out enough by themselves. */
const PEAKS = 20;
/** A grid of splits sees at least about half of what the best split gains. */
export const SCREENED_SHARE = 0.5;
/** A change is placed at most this many points from where it stood out. */
const PLACES = 4;
const PLACE_ALLOWANCE = 3.84;
/** Hansen's 95% likelihood-ratio set, as in changePoints.ts. */
const SET_ALLOWANCE = 7.352;

/**
 * All places above the limit, and the places that stand out most within two either way; those that stand out most when
 * they are too many.
 */
export function candidatesFrom(standing: Float64Array, limit: number): number[] {
  const isPeak = (b: number) => [-2, -1, 1, 2].every((d) => (standing[b + d] ?? 0) <= standing[b]);
  const inside = Array.from(standing.keys()).filter((b) => b > 0 && b < standing.length - 1 && standing[b] > 0);
  const ranked = [...inside].sort((a, b) => standing[b] - standing[a]);
  const above = ranked.filter((b) => standing[b] > limit);
  const peaks = ranked.filter(isPeak);
  const chosen = above.length <= MOST_CANDIDATES - PEAKS ? above : above.filter(isPeak);
  return [...new Set([...chosen.slice(0, MOST_CANDIDATES - PEAKS), ...peaks.slice(0, PEAKS)])].sort((a, b) => a - b);
}

/** The most that one change gains, over a grid of places that a course of any length is near to. */
export function bestSplitGain(model: Courses, n: number): number {
  const whole = model.cost(0, n);
  const stride = Math.max(1, Math.floor(n / 24));
  let best = 0;
  for (let at = Math.max(2, stride); at <= n - 2; at += stride)
    best = Math.max(best, whole - model.cost(0, at) - model.cost(at, n));
  return best;
}

export interface Proof {
  readonly limit: number;
  readonly penalty: number;
  readonly slow: number;
  readonly standing: Float64Array;
}

/**
 * The changes that do not hang on one evaluation, nor on what is believed of the noise: without the value that fits a
 * single course worst, one more course must still gain the penalty; and either the place stands out from the series, or
 * the gain suffices were the noise as slow as it may be. The weakest that fails goes first, then the others are looked
 * at again.
 */
export function proven(
  segmented: readonly number[],
  { x, y }: Points,
  weights: readonly number[],
  proof: Proof,
): readonly number[] {
  let kept = segmented;
  for (;;) {
    const gains = kept.map((at, k) => {
      const gain = gainWithoutWorst(x, y, weights, [kept[k - 1] ?? 0, at, kept[k + 1] ?? y.length]);
      return standsOut(proof.standing, at) > proof.limit ? gain : proof.slow * gain;
    });
    const weakest = gains.indexOf(Math.min(...gains));
    if (kept.length === 0 || gains[weakest] >= proof.penalty) return kept;
    kept = kept.filter((_, k) => k !== weakest);
  }
}

/**
 * Each change where the cost is least, the others fixed; of places that one value more or less in a course accounts for
 * (χ² of 1 at 95%), where the curve jumps most: a course may begin with the last value of the one before at no cost.
 */
export function placed(changes: readonly number[], model: Courses, n: number): number[] {
  const found = [...changes];
  for (let k = 0; k < found.length; k++) {
    const [start, end] = [found[k - 1] ?? 0, found[k + 1] ?? n];
    const places = Array.from({ length: 2 * PLACES + 1 }, (_, d) => found[k] - PLACES + d)
      .filter((at) => at > start && at < end)
      .map((at) => {
        const [left, right] = [model.curve(start, at), model.curve(at, end)];
        const jump = Math.abs(right.fitted[0] - left.fitted[left.fitted.length - 1]);
        return { at, cost: left.cost + right.cost, jump };
      });
    const least = Math.min(...places.map(({ cost }) => cost));
    found[k] = places
      .filter(({ cost }) => cost <= least + PLACE_ALLOWANCE)
      .reduce((a, b) => (b.jump > a.jump ? b : a)).at;
  }
  return found;
}

export function likelihoodSet(model: Courses, start: number, at: number, end: number): { first: number; last: number } {
  const limit = model.cost(start, at) + model.cost(at, end) + SET_ALLOWANCE;
  const isIn = (i: number) => model.cost(start, i) + model.cost(i, end) <= limit;
  const reach = (direction: 1 | -1): number => {
    let reached = at;
    for (let i = at + direction, misses = 0; i > start && i < end && misses < 3; i += direction)
      if (isIn(i)) [reached, misses] = [i, 0];
      else misses++;
    return reached;
  };
  return { first: reach(-1), last: reach(1) };
}

export const standsOut = (standing: Float64Array, at: number): number =>
  Math.max(...standing.slice(Math.max(0, at - PLACES), at + PLACES + 1));

function gainWithoutWorst(
  x: readonly number[],
  y: readonly number[],
  weights: readonly number[],
  [start, at, end]: readonly [number, number, number],
): number {
  const [xs, ys, ws] = [x, y, weights].map((column) => column.slice(start, end));
  const { fitted } = courses(xs, ys, ws).curve(0, ys.length);
  const misfits = ys.map((v, i) => ws[i] * (v - fitted[i]) ** 2);
  const worst = misfits.indexOf(Math.max(...misfits));
  const [xk, yk, wk] = [xs, ys, ws].map((column) => column.filter((_, i) => i !== worst));
  const split = at - start - (worst < at - start ? 1 : 0);
  if (split < 1 || split >= yk.length) return 0;
  const { cost } = courses(xk, yk, wk);
  return cost(0, yk.length) - cost(0, split) - cost(split, yk.length);
}
