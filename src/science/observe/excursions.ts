/**
 * @file Excursions: one to three evaluations in a row that stand away from their neighbours on both sides and come
 * back, upwards or downwards: a spike of the loss, a bad checkpoint.
 *
 * Unlike spikes.ts it looks to both sides, so it needs no long past, and a slope or a jump that stays makes no
 * excursion. NaN and ±∞ are left out and counted (see divergence.ts). Fewer than 9 finite values are refused.
 */
import { DomainError, type Event, RefusedError, ShapeError } from "../../core/index.ts";
import { normalCdf } from "../stats/distributions.ts";
import { median } from "../stats/moments.ts";
import { localWiggle } from "./courses/localWiggle.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

export interface ExcursionOptions {
  /** Standard error of each value over its items; NaN: not stated. */
  readonly ses?: readonly number[];
  /** Height over its noise; default 6. */
  readonly factor?: number;
  /** Least height as a share of the range of the series; default .02. */
  readonly least?: number;
  /** Neighbours on each side that it must stand away from; default 3 (fewer at the ends, at least 1 on each side). */
  readonly neighbours?: number;
}

const FEWEST = 9;
const LONGEST = 3;

/**
 * Events of kind spike, ascending. The height of a run of m ≤ 3 evaluations is the distance of its nearest value from
 * the nearer of the two extremes of its `neighbours` on either side: 0 on any monotone stretch. Its noise is the larger
 * of the values' own item error and the wiggle around it (localWiggle.ts). A run is an excursion where height ≥
 * `factor` · noise, ≥ 3 times the median step between its neighbours (the turn of a steep curve is none) and ≥ `least`
 * · range (between the 1% and 99% points when there are more than 200 values); the shortest run with the greatest
 * height is kept. `step` is its most extreme value; evidence: height, in noise sds, last step, direction.
 */
export function excursions(series: Series, options: ExcursionOptions = {}): Event[] {
  requireSeries("excursions", series);
  const { ses, factor = 6, least = 0.02, neighbours = 3 } = options;
  if (!(factor > 0)) throw new DomainError("excursions: factor", "a positive number", factor);
  if (!(least >= 0)) throw new DomainError("excursions: least", "a share ≥ 0", least);
  if (!Number.isInteger(neighbours) || neighbours < 1)
    throw new DomainError("excursions: neighbours", "a positive integer", neighbours);
  if (ses !== undefined && ses.length !== series.values.length)
    throw new ShapeError("excursions: ses", `[${series.values.length}]`, [ses.length]);
  const kept = series.steps.map((_, i) => i).filter((i) => Number.isFinite(series.values[i]));
  const n = kept.length;
  if (n < FEWEST)
    throw new RefusedError(
      `Excursions of ${series.measure}`,
      `expected at least ${FEWEST} finite evaluations, got ${n}; an outlier needs neighbours to stand out from`,
    );
  const steps = kept.map((i) => series.steps[i]);
  const values = kept.map((i) => series.values[i]);
  const errors = kept.map((i) => (ses === undefined || Number.isNaN(ses[i]) ? 0 : ses[i]));
  const wiggle = localWiggle(values);
  const smallest = least * spread(values);
  const runs: Run[] = [];
  for (let start = 1; start < n - 1; start++)
    for (let length = 1; length <= LONGEST && start + length < n; length++)
      for (const sign of [1, -1] as const) {
        const noise = Math.max(wiggle[start], wiggle[start + length - 1]);
        // Most places are no peak even beside their two neighbours: that is seen without looking further.
        if (stepOver(values, start, length, sign) <= Math.max(smallest, factor * noise)) continue;
        const height = heightOf(values, start, length, sign, neighbours);
        if (height <= smallest || height < 3 * usualStep(values, start, length, neighbours)) continue;
        const whole = Math.hypot(noise, Math.max(...errors.slice(start, start + length)));
        if (height >= factor * whole) runs.push({ start, length, sign, height, noise: whole });
      }
  const method = `away from ${neighbours} neighbours on both sides by ${factor} noise sds and ${least} of the range`;
  return distinct(runs).map(({ start, length, sign, height, noise }): Event => {
    const run = Array.from({ length }, (_, j) => start + j);
    const peak = run.reduce((best, i) => (sign * values[i] > sign * values[best] ? i : best));
    return {
      kind: "spike",
      measure: series.measure,
      step: steps[peak],
      low: stepBefore(steps, start),
      high: steps[start + length - 1],
      evidence: {
        height: sign * height,
        noiseSds: noise > 0 ? height / noise : Number.POSITIVE_INFINITY,
        value: values[peak],
        evaluations: length,
        leftOut: series.steps.length - n,
      },
      method,
      certainty: {
        kind: "p",
        value: Math.min(1, 2 * n * (1 - normalCdf(height / (Math.SQRT2 * noise || Number.MIN_VALUE)))),
        of: "as high anywhere in a series of this length, were the noise normal; heavy-tailed noise gives more",
      },
    };
  });
}

interface Run {
  readonly start: number;
  readonly length: number;
  readonly sign: 1 | -1;
  readonly height: number;
  readonly noise: number;
}

/** From the higher of the two next neighbours to the lowest of the run. */
function stepOver(values: readonly number[], start: number, length: number, sign: 1 | -1): number {
  const beside = Math.max(sign * values[start - 1], sign * values[start + length]);
  let low = sign * values[start];
  for (let i = start + 1; i < start + length; i++) low = Math.min(low, sign * values[i]);
  return low - beside;
}

function heightOf(values: readonly number[], start: number, length: number, sign: 1 | -1, neighbours: number): number {
  let low = Number.POSITIVE_INFINITY;
  for (let i = start; i < start + length; i++) low = Math.min(low, sign * values[i]);
  const highest = (from: number, to: number) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = Math.max(0, from); i < Math.min(values.length, to); i++) most = Math.max(most, sign * values[i]);
    return most;
  };
  const end = start + length;
  return Math.max(0, low - Math.max(highest(start - neighbours, start), highest(end, end + neighbours)));
}

/** Median |difference| within the neighbours on either side. */
function usualStep(values: readonly number[], start: number, length: number, neighbours: number): number {
  const sides = [
    values.slice(Math.max(0, start - neighbours), start),
    values.slice(start + length, start + length + neighbours),
  ];
  const steps = sides.flatMap((side) => side.slice(1).map((v, i) => Math.abs(v - side[i])));
  return steps.length === 0 ? 0 : median(steps);
}

/** Of overlapping runs the highest; of equally high ones the shortest. Ascending. */
function distinct(runs: readonly Run[]): Run[] {
  const ranked = [...runs].sort((a, b) => b.height - a.height || a.length - b.length || a.start - b.start);
  const taken: Run[] = [];
  for (const run of ranked)
    if (taken.every((other) => run.start >= other.start + other.length || other.start >= run.start + run.length))
      taken.push(run);
  return taken.sort((a, b) => a.start - b.start);
}

function spread(values: readonly number[]): number {
  const ascending = Float64Array.from(values).sort();
  const cut = values.length > 200 ? Math.floor(values.length / 100) : 0;
  return ascending[values.length - 1 - cut] - ascending[cut];
}
