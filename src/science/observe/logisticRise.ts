/**
 * @file A rise or fall as a logistic curve: when half of it was done, and how long the middle 80% of it took.
 *
 * NaN and ±∞ are left out. Refuses a series with fewer than 6 finite values, one whose beginning or end the curve does
 * not reach within the data, and one that a straight line describes as well.
 */
import { DomainError, type Estimate, RefusedError, ShapeError } from "../../core/index.ts";
import { chiSquareQuantile } from "../stats/distributions.ts";
import { requireSeries, type Series } from "./series.ts";

export interface LogisticRise {
  /** Step at which half of the change was done, with a profile-likelihood interval. */
  readonly t50: Estimate;
  /** Steps between 10% and 90% of the change: ln 81 = 4.394 logistic widths. */
  readonly width: Estimate;
  readonly from: number;
  readonly to: number;
  /** Share of the variance about the mean that it explains. */
  readonly r2: number;
}

const FEWEST = 6;
const MOST_POINTS = 200;
/** ln 81: from 10% to 90% of a logistic curve in units of its scale. */
const WIDTHS = Math.log(81);

/**
 * Weighted least squares of lo + (hi − lo)/(1 + exp(−(step − t50)/w)); lo and hi are solved for, (t50, w) searched on a
 * grid that is refined; more than 200 values are averaged to 200 blocks first. `ses` (NaN or absent: not stated) weigh
 * the values; where χ² per degree of freedom exceeds 1, intervals are widened by it. Intervals: profile likelihood at
 * `level`, within the data; where the rise lies between two evaluations, every place between them fits alike.
 */
export function logisticRise(
  series: Series,
  { ses, level = 0.95 }: { ses?: readonly number[]; level?: number } = {},
): LogisticRise {
  requireSeries("logisticRise", series);
  if (ses !== undefined && ses.length !== series.values.length)
    throw new ShapeError("logisticRise: ses", `[${series.values.length}]`, [ses.length]);
  if (!(level > 0 && level < 1)) throw new DomainError("logisticRise: level", "a level between 0 and 1", level);
  const kept = series.steps.map((_, i) => i).filter((i) => Number.isFinite(series.values[i]));
  const refuse = (reason: string) => new RefusedError(`Logistic rise of ${series.measure}`, reason);
  if (kept.length < FEWEST) throw refuse(`expected at least ${FEWEST} finite evaluations, got ${kept.length}`);
  const groups = blocksOf(kept);
  const meanOf = (group: readonly number[], f: (i: number) => number) =>
    group.reduce((sum, i) => sum + f(i), 0) / group.length;
  const x = groups.map((group) => meanOf(group, (i) => series.steps[i]));
  const y = groups.map((group) => meanOf(group, (i) => series.values[i]));
  const range = Math.max(...y) - Math.min(...y);
  if (range === 0) throw refuse("the series is constant");
  const errors = groups.map((group) => Math.sqrt(meanOf(group, (i) => (ses?.[i] ?? Number.NaN) ** 2) / group.length));
  const stated = errors.filter((se) => se > 0);
  const usual = stated.length > 0 ? stated.reduce((a, b) => a + b, 0) / stated.length : 0.01 * range;
  const w = errors.map((se) => 1 / (Number.isNaN(se) ? usual : Math.max(se, 0.3 * usual)) ** 2);
  const best = search({ x, y, w });
  const degrees = Math.max(1, x.length - 4);
  const flat = weightedVariance(y, w);
  const line = lineRss(x, y, w);
  const scale = Math.max(stated.length > 0 ? 1 : 0, best.rss / degrees);
  if (!(best.rss + 2 * scale * Math.log(x.length) < line)) throw refuse("a straight line describes it as well");
  const [first, last] = [x[0], x[x.length - 1]];
  const done = (t: number) => 1 / (1 + Math.exp(-(t - best.t50) / best.scale));
  if (done(first) > 0.2 || done(last) < 0.8)
    throw refuse(
      `only ${(100 * (done(last) - done(first))).toFixed(0)}% of the fitted change lies within the data: its beginning or end was not seen`,
    );
  const limit = best.rss + Math.max(scale, 1e-12) * chiSquareQuantile(level, 1);
  const data = { x, y, w };
  const finest = Math.min(...x.slice(1).map((t, i) => t - x[i])) / 20;
  const profileOfTime = (t: number) =>
    leastOver(Math.log(finest), Math.log(last - first), Math.log(best.scale), (s) => rssAt(data, t, Math.exp(s)).rss);
  const profileOfScale = (s: number) => leastOver(first, last, best.t50, (t) => rssAt(data, t, Math.exp(s)).rss);
  const method = "logistic in the step, weighted least squares, profile likelihood; n counts evaluations of one run";
  const { lo, hi } = rssAt(data, best.t50, best.scale);
  const common = { level, method, n: kept.length };
  const width = (s: number) => WIDTHS * Math.exp(s);
  return {
    t50: {
      value: best.t50,
      low: reach(best.t50, first, limit, profileOfTime),
      high: reach(best.t50, last, limit, profileOfTime),
      ...common,
    },
    width: {
      value: WIDTHS * best.scale,
      low: width(reach(Math.log(best.scale), Math.log(finest), limit, profileOfScale)),
      high: width(reach(Math.log(best.scale), Math.log(last - first), limit, profileOfScale)),
      ...common,
    },
    from: lo,
    to: hi,
    r2: 1 - best.rss / flat,
  };
}

/** The farthest value from `from` towards `to` at which the profile is within the limit, by bisection. */
function reach(from: number, to: number, limit: number, profile: (value: number) => number): number {
  if (profile(to) <= limit) return to;
  let [inside, outside] = [from, to];
  for (let round = 0; round < 18; round++) {
    const middle = (inside + outside) / 2;
    if (profile(middle) <= limit) inside = middle;
    else outside = middle;
  }
  return inside;
}

/** Least of f in [low, high]: the best of nine places and of the one nearest known to be good, then golden sections. */
function leastOver(low: number, high: number, near: number, f: (value: number) => number): number {
  const places = [near, ...Array.from({ length: 9 }, (_, i) => low + ((high - low) * i) / 8)];
  const values = places.map(f);
  const best = places[values.indexOf(Math.min(...values))];
  const half = (high - low) / 8;
  let [a, b] = [Math.max(low, best - half), Math.min(high, best + half)];
  const golden = (Math.sqrt(5) - 1) / 2;
  let [c, d] = [b - golden * (b - a), a + golden * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  for (let round = 0; round < 18; round++)
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - golden * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + golden * (b - a);
      fd = f(d);
    }
  return Math.min(fc, fd, ...values);
}

/** Indices in blocks of neighbours, at most 200 of them. */
function blocksOf(indices: readonly number[]): number[][] {
  const count = Math.min(indices.length, MOST_POINTS);
  const at = (block: number) => Math.floor((block * indices.length) / count);
  return Array.from({ length: count }, (_, block) => indices.slice(at(block), at(block + 1)));
}

interface Data {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly w: readonly number[];
}

interface Fit {
  readonly t50: number;
  readonly scale: number;
  readonly rss: number;
}

function searchGrids(x: readonly number[]): { times: number[]; scales: number[] } {
  // Times: every evaluation and nine places between each two (few evaluations) or quantiles of them (many).
  const stride = Math.max(1, Math.floor(x.length / 40));
  const coarse = x.filter((_, i) => i % stride === 0 || i === x.length - 1);
  const between = Math.max(1, Math.round(240 / coarse.length));
  const times = coarse.flatMap((t, i) =>
    i + 1 === coarse.length ? [t] : Array.from({ length: between }, (_, j) => t + ((coarse[i + 1] - t) * j) / between),
  );
  const span = x[x.length - 1] - x[0];
  const gaps = x.slice(1).map((t, i) => t - x[i]);
  const finest = Math.min(...gaps) / 20;
  const count = 40;
  return { times, scales: Array.from({ length: count }, (_, j) => finest * (span / finest) ** (j / (count - 1))) };
}

function search(data: Data): Fit {
  const { x } = data;
  const { times, scales } = searchGrids(x);
  let best: Fit = { t50: x[0], scale: scales[0], rss: Number.POSITIVE_INFINITY };
  const consider = (t50: number, scale: number) => {
    const { rss } = rssAt(data, t50, scale);
    if (rss < best.rss) best = { t50, scale, rss };
  };
  for (const t of times) for (const s of scales) consider(t, s);
  let reach = (x[x.length - 1] - x[0]) / times.length;
  let factor = (scales[1] / scales[0]) ** 0.5;
  for (let round = 0; round < 8; round++) {
    const { t50, scale } = best;
    for (let i = -4; i <= 4; i++)
      for (let j = -2; j <= 2; j++) consider(t50 + (i * reach) / 4, scale * factor ** (j / 2));
    reach /= 3;
    factor **= 0.5;
  }
  return best;
}

function rssAt({ x, y, w }: Data, t50: number, scale: number): { rss: number; lo: number; hi: number } {
  let [s0, s1, s2, sy, sy1] = [0, 0, 0, 0, 0];
  const f = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    f[i] = 1 / (1 + Math.exp(-(x[i] - t50) / scale));
    s0 += w[i];
    s1 += w[i] * f[i];
    s2 += w[i] * f[i] * f[i];
    sy += w[i] * y[i];
    sy1 += w[i] * f[i] * y[i];
  }
  const determinant = s0 * s2 - s1 * s1;
  const slope = determinant > 1e-12 * s0 * s2 ? (s0 * sy1 - s1 * sy) / determinant : 0;
  const lo = (sy - slope * s1) / s0;
  let rss = 0;
  for (let i = 0; i < x.length; i++) rss += w[i] * (y[i] - lo - slope * f[i]) ** 2;
  return { rss, lo, hi: lo + slope };
}

function weightedVariance(y: readonly number[], w: readonly number[]): number {
  const total = w.reduce((a, b) => a + b, 0);
  const centre = y.reduce((sum, v, i) => sum + w[i] * v, 0) / total;
  return y.reduce((sum, v, i) => sum + w[i] * (v - centre) ** 2, 0);
}

function lineRss(x: readonly number[], y: readonly number[], w: readonly number[]): number {
  const total = w.reduce((a, b) => a + b, 0);
  const [mx, my] = [x, y].map((v) => v.reduce((sum, value, i) => sum + w[i] * value, 0) / total);
  const xx = x.reduce((sum, v, i) => sum + w[i] * (v - mx) ** 2, 0);
  const xy = x.reduce((sum, v, i) => sum + w[i] * (v - mx) * (y[i] - my), 0);
  return weightedVariance(y, w) - (xx > 0 ? (xy * xy) / xx : 0);
}
