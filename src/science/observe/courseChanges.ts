/**
 * @file Change points of a trajectory: the steps at which one course of diminishing returns ends and another begins.
 *
 * A learning curve that only slows down (any power law, exponential or logarithmic approach, straight line, or plateau) has none, however steep
 * it is; a jump, a take-off, a turn from rising to falling and a second wind each have one. NaN and ±∞ are left out and
 * counted. Fewer than 9 finite values are refused.
 */
import { DomainError, type Event, RefusedError, ShapeError } from "../../core/index.ts";
import { type Courses, courses } from "./diminishingReturns.ts";
import { localWiggle } from "./localWiggle.ts";
import { pelt } from "./pelt.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";
import { standout, standoutLimit, standoutP } from "./standout.ts";
import { trajectoryNoise } from "./trajectoryNoise.ts";

export interface CourseChangeOptions {
  /** Standard error of each value over its items; NaN: not stated. On the scale of the values given. */
  readonly ses?: readonly number[];
  /** Share of series without any change that may get one; default .02. */
  readonly falseAlarms?: number;
  /** Changes smaller than about 12 times this share of the series' range are not looked for; default .0025. */
  readonly resolution?: number;
}

const FEWEST = 9;
/** A change must pass both tests, which seldom fail together: each is run at its own multiple of the rate asked for, so that together they keep it. */
const STANDOUT_SHARE = 2.5;
const MOST_POINTS = 400;
const MOST_CANDIDATES = 50;
/** Places that are looked at though they do not stand out enough by themselves. */
const PEAKS = 20;
/** A grid of splits sees at least about half of what the best split gains. */
const SCREENED_SHARE = 0.5;
/** Changes in one direction that are no farther apart than this share of the points are one. */
const MERGED_SHARE = 0.08;
/** The wiggle around a point, being the greater of two readings, is on average too large: contrasts may spread less than it says. */
const UNSTATED_LEAST = 0.5;
/** A change is placed at most this many points from where it stood out. */
const PLACES = 4;
const PLACE_ALLOWANCE = 3.84;
/** Hansen's 95% likelihood-ratio set, as in changePoints.ts. */
const SET_ALLOWANCE = 7.352;

/**
 * Events of kind change-point, ascending. A place is a candidate where it stands out from the rest of the series at any
 * scale (standout.ts: noise of any level and correlation, calibrated); PELT then chooses among the candidates the
 * segmentation into courses (diminishingReturns.ts) with the least cost, each change costing what one more course gains
 * on a series without change at the rate `falseAlarms` (simulated, see `coursePenalty`), in units of the noise variance, which is
 * the greater of the item variance and the wiggle's long-run variance under AR(1). `step` is the first evaluation
 * of the new course; (low, high] the positions that the likelihood-ratio set at 95% holds. `certainty` is the greater p of
 * the two tests. More than 400 values are averaged to 400 blocks first.
 */
export function courseChanges(series: Series, options: CourseChangeOptions = {}): Event[] {
  requireSeries("courseChanges", series);
  const { falseAlarms = 0.02, resolution = 0.0025, ses } = options;
  if (ses !== undefined && ses.length !== series.values.length)
    throw new ShapeError("courseChanges: ses", `[${series.values.length}]`, [ses.length]);
  if (!(falseAlarms > 0 && falseAlarms < 1))
    throw new DomainError("courseChanges: falseAlarms", "a rate between 0 and 1", falseAlarms);
  if (!(resolution > 0)) throw new DomainError("courseChanges: resolution", "a share above 0", resolution);
  const points = blocks(series, ses);
  const n = points.y.length;
  if (n < FEWEST)
    throw new RefusedError(
      `Change points of ${series.measure}`,
      `expected at least ${FEWEST} finite evaluations, got ${n}; a change cannot be told from noise in so few`,
    );
  const range = Math.max(...points.y) - Math.min(...points.y);
  if (range === 0) return [];
  const floor = resolution * range;
  const { errors, areStated } = pointErrors(points, floor);
  const noise = trajectoryNoise(points.x, points.y, errors);
  const excess = Math.max(1, noise.sd ** 2 * noise.inflation);
  const weights = errors.map((se) => 1 / (se * se * excess));
  const standing = standout(points.y, errors, areStated ? 1 : UNSTATED_LEAST);
  const limit = standoutLimit(n, STANDOUT_SHARE * falseAlarms);
  const penalty = coursePenalty(n, falseAlarms / 2);
  const model = courses(points.x, points.y, weights);
  // What the gain would be worth were the noise as slow as it may be.
  const slow = excess / Math.max(excess, noise.slowest.sd ** 2 * noise.slowest.inflation);
  if (!standing.some((z) => z > limit) && slow * bestSplitGain(model, n) < SCREENED_SHARE * penalty) return [];
  const bounds = [0, ...candidatesFrom(standing, limit), n];
  const segmented = pelt({
    n: bounds.length - 1,
    cost: (start, end) => model.cost(bounds[start], bounds[end]),
    penalty,
    minSize: 1,
  }).map((at) => bounds[at]);
  const proof = { limit, penalty, slow, standing };
  const chosen = placed(proven(segmented, points, weights, proof), model, n);
  const method = `courses of diminishing returns by PELT, penalty ${penalty.toFixed(1)} noise variances; places that stand out, ${falseAlarms} false alarms a series; likelihood-ratio set at 95%`;
  const changes = chosen.map((at, k): Change => {
    const [start, end] = [chosen[k - 1] ?? 0, chosen[k + 1] ?? n];
    const gain = model.cost(start, end) - model.cost(start, at) - model.cost(at, end);
    const set = likelihoodSet(model, start, at, end);
    const z = standsOut(standing, at);
    const noiseSd = Math.sqrt(1 / weights[at]);
    return { at, gain, z, ...set, ...described(model, points, { start, at, end, noiseSd }), noiseSd };
  });
  return merged(changes, n).flatMap(({ at, gain, z, first, last, noiseSd, ...look }): Event[] => {
    const p = Math.min(
      1,
      2 * courseP(gain, n) + Math.min(2 * courseP(slow * gain, n), standoutP(z, n) / STANDOUT_SHARE),
    );
    if (p > falseAlarms) return [];
    return [
      {
        kind: "change-point",
        measure: series.measure,
        step: points.first[at],
        low: stepBefore(points.first, first),
        high: points.first[last],
        evidence: {
          ...look,
          range,
          noiseSd,
          noiseCorrelation: noise.correlation,
          standout: z,
          gain,
          leftOut: points.leftOut,
        },
        method,
        certainty: { kind: "p", value: p, of: "as much in a series of this length without any change" },
      },
    ];
  });
}

interface Proof {
  readonly limit: number;
  readonly penalty: number;
  readonly slow: number;
  readonly standing: Float64Array;
}

/**
 * The changes that do not hang on one evaluation, nor on what is believed of the noise: without the value that fits a single course
 * worst, one more course must still gain the penalty; and either the place stands out from the series, or the gain suffices were the
 * noise as slow as it may be. The weakest that fails goes first, then the others are looked at again.
 */
function proven(
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

const standsOut = (standing: Float64Array, at: number): number =>
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

/** The most that one change gains, over a grid of places that a course of any length is near to. */
function bestSplitGain(model: Courses, n: number): number {
  const whole = model.cost(0, n);
  const stride = Math.max(1, Math.floor(n / 24));
  let best = 0;
  for (let at = Math.max(2, stride); at <= n - 2; at += stride)
    best = Math.max(best, whole - model.cost(0, at) - model.cost(at, n));
  return best;
}

/**
 * Each change where the cost is least, the others fixed; of places that one value more or less in a course accounts for (χ² of 1 at 95%), where the curve jumps most: a
 * course may begin with the last value of the one before at no cost.
 */
function placed(changes: readonly number[], model: Courses, n: number): number[] {
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

interface Look {
  readonly before: number;
  readonly after: number;
  readonly final: number;
  readonly slopeBefore: number;
  readonly slopeAfter: number;
  readonly flatBefore: boolean;
}

interface Change extends Look {
  /** Index of the first point of the new course. */
  readonly at: number;
  readonly gain: number;
  readonly z: number;
  /** Indices that the likelihood-ratio set holds. */
  readonly first: number;
  readonly last: number;
  readonly noiseSd: number;
}

/** A take-off that is seen in several places (it starts, it speeds up) is one change: the place that gains most, from the first to the last. */
function merged(changes: readonly Change[], n: number): Change[] {
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

/**
 * What one more course must gain. Fitted to the simulated 95% and 99% points of the best gain over all splits of n =
 * 12…200 points of independent noise of variance 1 about flat, straight and power-law courses (the first two agree, the third gains less).
 */
export function coursePenalty(n: number, falseAlarms: number): number {
  return 1.5 + 3.3 * Math.log(n) + 2.6 * Math.log(0.05 / falseAlarms);
}

function courseP(gain: number, n: number): number {
  return Math.min(1, 0.05 * Math.exp((1.5 + 3.3 * Math.log(n) - gain) / 2.6));
}

/** Stated errors, as far as the proportions of the noise go; where there are none, the wiggle around each point. */
function pointErrors(
  { y, ses }: Points,
  floor: number,
): { readonly errors: readonly number[]; readonly areStated: boolean } {
  const stated = ses.filter((se) => se > 0).sort((a, b) => a - b);
  if (stated.length < ses.length / 2)
    return { errors: localWiggle(y).map((sd) => Math.max(floor, sd)), areStated: false };
  const usual = stated[stated.length >> 1];
  return { errors: ses.map((se) => Math.max(floor, se >= 0 ? se : usual)), areStated: true };
}

interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly ses: readonly number[];
  /** Step of the first evaluation in each block. */
  readonly first: readonly number[];
  readonly leftOut: number;
}

function blocks({ steps, values }: Series, ses: readonly number[] | undefined): Points {
  const kept = steps.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
  const count = Math.min(kept.length, MOST_POINTS);
  const at = (block: number) => Math.floor((block * kept.length) / count);
  const groups = Array.from({ length: count }, (_, block) => kept.slice(at(block), at(block + 1)));
  const meanOf = (group: readonly number[], f: (i: number) => number) =>
    group.reduce((sum, i) => sum + f(i), 0) / group.length;
  return {
    x: groups.map((group) => meanOf(group, (i) => steps[i])),
    y: groups.map((group) => meanOf(group, (i) => values[i])),
    ses: groups.map((group) => Math.sqrt(meanOf(group, (i) => (ses?.[i] ?? Number.NaN) ** 2) / group.length)),
    first: groups.map((group) => steps[group[0]]),
    leftOut: steps.length - kept.length,
  };
}

/** All places above the limit, and the places that stand out most within two either way; those that stand out most when they are too many. */
function candidatesFrom(standing: Float64Array, limit: number): number[] {
  const isPeak = (b: number) => [-2, -1, 1, 2].every((d) => (standing[b + d] ?? 0) <= standing[b]);
  const inside = Array.from(standing.keys()).filter((b) => b > 0 && b < standing.length - 1 && standing[b] > 0);
  const ranked = [...inside].sort((a, b) => standing[b] - standing[a]);
  const above = ranked.filter((b) => standing[b] > limit);
  const peaks = ranked.filter(isPeak);
  const chosen = above.length <= MOST_CANDIDATES - PEAKS ? above : above.filter(isPeak);
  return [...new Set([...chosen.slice(0, MOST_CANDIDATES - PEAKS), ...peaks.slice(0, PEAKS)])].sort((a, b) => a - b);
}

function likelihoodSet(model: Courses, start: number, at: number, end: number): { first: number; last: number } {
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

/** Levels and slopes on both sides of a change, and what it looks like. */
function described(
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
