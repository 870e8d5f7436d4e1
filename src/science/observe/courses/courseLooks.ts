/**
 * @file What a change point looks like: levels and slopes on both sides, and which changes are one and the same
 * take-off.
 *
 * Takes changes as coursePlaces.ts gives them.
 */
import type { Points } from "./coursePoints.ts";
import type { Courses } from "./diminishingReturns.ts";

/** Changes in one direction that are no farther apart than this share of the points are one. */
const MERGED_SHARE = 0.08;

export interface Look {
  readonly before: number;
  readonly after: number;
  readonly final: number;
  readonly slopeBefore: number;
  readonly slopeAfter: number;
  readonly flatBefore: boolean;
}

export interface Change extends Look {
  /** Index of the first point of the new course. */
  readonly at: number;
  readonly gain: number;
  readonly z: number;
  /** Indices that the likelihood-ratio set holds. */
  readonly first: number;
  readonly last: number;
  readonly noiseSd: number;
}

/**
 * A take-off that is seen in several places (it starts, it speeds up) is one change: the place that gains most, from
 * the first to the last.
 */
export function merged(changes: readonly Change[], n: number): Change[] {
  const found: Change[] = [];
  for (const change of changes) {
    const before = found[found.length - 1];
    const isSame =
      before !== undefined &&
      change.at - before.at <= Math.max(2, MERGED_SHARE * n) &&
      Math.sign(before.final - before.before) === Math.sign(change.final - change.before);
    if (!isSame) {
      found.push(change);
      continue;
    }
    const main = change.gain > before.gain ? change : before;
    found[found.length - 1] = {
      ...before,
      at: main.at,
      gain: main.gain,
      z: Math.max(before.z, change.z),
      first: Math.min(before.first, change.first),
      last: Math.max(before.last, change.last),
      after: main === before ? before.after : change.after,
      final: change.final,
      slopeAfter: change.slopeAfter,
    };
  }
  return found;
}

/** Levels and slopes on both sides of a change, and what it looks like. */
export function described(
  model: Courses,
  { x }: Points,
  { start, at, end, noiseSd }: { start: number; at: number; end: number; noiseSd: number },
): Look {
  const left = model.curve(start, at).fitted;
  const right = model.curve(at, end).fitted;
  const before = left[left.length - 1];
  const after = right[0];
  const slope = (fitted: readonly number[], from: number, i: number) =>
    fitted.length < 2 ? 0 : (fitted[i + 1] - fitted[i]) / (x[from + i + 1] - x[from + i]);
  const slopeBefore = slope(left, start, left.length - 2);
  const slopeAfter = slope(right, at, 0);
  const flatBefore = Math.abs(before - left[0]) < 2 * noiseSd;
  return { before, after, final: right[right.length - 1], slopeBefore, slopeAfter, flatBefore };
}
