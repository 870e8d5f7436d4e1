/**
 * @file Change points of a trajectory: the steps at which one course of diminishing returns ends and another begins.
 *
 * A learning curve that only slows down (any power law, exponential or logarithmic approach, straight line, or plateau)
 * has none, however steep it is; a jump, a take-off, a turn from rising to falling and a second wind each have one. NaN
 * and ±∞ are left out and counted. Fewer than 9 finite values are refused.
 */
import { DomainError, type Event, RefusedError, ShapeError } from "../../../core/index.ts";
import { pelt } from "../pelt.ts";
import { requireSeries, type Series, stepBefore } from "../series.ts";
import { type Change, described, merged } from "./courseLooks.ts";
import {
  bestSplitGain,
  candidatesFrom,
  likelihoodSet,
  placed,
  proven,
  SCREENED_SHARE,
  standsOut,
} from "./coursePlaces.ts";
import { blocks, pointErrors } from "./coursePoints.ts";
import { courses } from "./diminishingReturns.ts";
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

/**
 * A change must pass both tests, which seldom fail together: each is run at its own multiple of the rate asked for, so
 * that together they keep it.
 */
const STANDOUT_SHARE = 2.5;

/**
 * Events of kind change-point, ascending. A place is a candidate where it stands out from the rest of the series at any
 * scale (standout.ts: noise of any level and correlation, calibrated); PELT then chooses among the candidates the
 * segmentation into courses (diminishingReturns.ts) with the least cost, each change costing what one more course gains
 * on a series without change at the rate `falseAlarms` (simulated, see `coursePenalty`), in units of the noise
 * variance, which is the greater of the item variance and the wiggle's long-run variance under AR(1). `step` is the
 * first evaluation of the new course; (low, high] the positions that the likelihood-ratio set at 95% holds. `certainty`
 * is the greater p of the two tests. More than 400 values are averaged to 400 blocks first.
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
  const { errors, least } = pointErrors(points, floor);
  const noise = trajectoryNoise(points.x, points.y, errors);
  const excess = Math.max(1, noise.sd ** 2 * noise.inflation);
  const weights = errors.map((se) => 1 / (se * se * excess));
  const standing = standout(points.y, errors, least);
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

/**
 * What one more course must gain. Fitted to the simulated 95% and 99% points of the best gain over all splits of n =
 * 12…200 points of independent noise of variance 1 about flat, straight and power-law courses (the first two agree, the
 * third gains less).
 */
export function coursePenalty(n: number, falseAlarms: number): number {
  return 1.5 + 3.3 * Math.log(n) + 2.6 * Math.log(0.05 / falseAlarms);
}

function courseP(gain: number, n: number): number {
  return Math.min(1, 0.05 * Math.exp((1.5 + 3.3 * Math.log(n) - gain) / 2.6));
}
