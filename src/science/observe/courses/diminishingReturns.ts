/**
 * @file One course of diminishing returns: the monotone curve nearest to a stretch of a series that only ever slows
 * down.
 *
 * Rising it is concave, falling convex; flat and straight are the borders of both. Power laws, exponential and
 * logarithmic approach, and straight lines are all of this kind, whatever their parameters, so that a learning curve
 * needs no family and no smoothing width. Refuses non-finite numbers, weights that are not positive, and x that does
 * not ascend.
 */
import { DomainError, ShapeError } from "../../../core/index.ts";
import { requireFinite } from "../../stats/moments.ts";

/** Weighted sum of squared residuals of indices start…end−1 around their own best course, rising or falling. */
export type CourseCost = (start: number, end: number) => number;

export interface CourseFit {
  readonly cost: number;
  readonly fitted: readonly number[];
  readonly rising: boolean;
}

export interface Courses {
  readonly cost: CourseCost;
  curve(start: number, end: number): CourseFit;
}

/**
 * `x` ascending, [n]; `y` [n]; `weights` inverse variances, [n]. A fit of m points costs O(m · knots), few knots being
 * active; costs are kept. Least squares over f = a + Σ c_k min(x, x_k), c ≥ 0, by support reduction (Groeneboom,
 * Jongbloed & Wellner, Scand. J. Statist. 35, 2008, §3); exact up to a gradient of 1e-9 of the weighted variance.
 */
export function courses(x: readonly number[], y: readonly number[], weights: readonly number[]): Courses {
  requireFinite("courses: x", x);
  requireFinite("courses", y);
  requireFinite("courses: weights", weights);
  if (x.length !== y.length || weights.length !== y.length)
    throw new ShapeError("courses: x and weights", `[${y.length}]`, [x.length, weights.length]);
  for (let i = 0; i < y.length; i++) {
    if (weights[i] <= 0) throw new DomainError("courses: weights", "positive weights", weights[i]);
    if (i > 0 && x[i] <= x[i - 1]) throw new DomainError("courses: x", "ascending x", `${x[i]} at position ${i}`);
  }
  const curve = (start: number, end: number): CourseFit => {
    const rising = concaveFit(x, y, weights, start, end, 1);
    if (rising.cost === 0) return { ...rising, rising: true };
    const falling = concaveFit(x, y, weights, start, end, -1);
    return rising.cost <= falling.cost ? { ...rising, rising: true } : { ...falling, rising: false };
  };
  const known = new Map<number, number>();
  const cost = (start: number, end: number): number => {
    const key = start * (y.length + 1) + end;
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = curve(start, end).cost;
    known.set(key, value);
    return value;
  };
  return { cost, curve };
}

interface ConcaveFit {
  readonly cost: number;
  readonly fitted: readonly number[];
}

function concaveFit(
  xs: readonly number[],
  ys: readonly number[],
  ws: readonly number[],
  start: number,
  end: number,
  sign: 1 | -1,
): ConcaveFit {
  const m = end - start;
  // x in [0, 1] and y centred: the sums below lose nothing to large steps.
  const span = xs[end - 1] - xs[start];
  const x = new Float64Array(m);
  const y = new Float64Array(m);
  const w = new Float64Array(m);
  let sumW = 0;
  let sumWy = 0;
  for (let i = 0; i < m; i++) {
    x[i] = span > 0 ? (xs[start + i] - xs[start]) / span : 0;
    w[i] = ws[start + i];
    sumW += w[i];
    sumWy += w[i] * sign * ys[start + i];
  }
  const centre = sumWy / sumW;
  for (let i = 0; i < m; i++) y[i] = sign * ys[start + i] - centre;
  const sums = prefixSums(x, y, w);
  const total = sums.wyy;
  let knots: number[] = [];
  let level = 0;
  let slopes: number[] = [];
  const residual = new Float64Array(m);
  let cost = total;
  for (let round = 0; round < 3 * m; round++) {
    cost = residuals(x, y, w, knots, level, slopes, residual);
    const knot = steepestKnot(x, w, residual, sums, total);
    if (knot < 0 || knots.includes(knot)) break;
    const at = knots.findIndex((k) => k > knot);
    knots = at < 0 ? [...knots, knot] : [...knots.slice(0, at), knot, ...knots.slice(at)];
    let current = knots.map((k) => (k === knot ? 0 : slopes[indexBefore(knots, k, knot)]));
    for (;;) {
      const solved = solve(x, sums, knots);
      const negative = solved.slopes.some((c) => c < 0);
      if (!negative) {
        ({ level, slopes } = solved);
        break;
      }
      // Walk towards the unconstrained solution until a slope would turn negative; that knot leaves.
      let share = 1;
      let leaving = -1;
      for (let j = 0; j < knots.length; j++)
        if (solved.slopes[j] < 0) {
          const reach = current[j] / (current[j] - solved.slopes[j]);
          if (reach < share || leaving < 0) [share, leaving] = [Math.min(share, reach), j];
        }
      current = current.map((c, j) => c + share * (solved.slopes[j] - c)).filter((_, j) => j !== leaving);
      knots = knots.filter((_, j) => j !== leaving);
      if (knots.length === 0) {
        level = 0;
        slopes = [];
        break;
      }
    }
  }
  const fitted = Array.from(y, (v, i) => sign * (v - residual[i] + centre));
  return { cost: Math.max(0, cost), fitted };
}

const indexBefore = (knots: readonly number[], k: number, added: number): number =>
  knots.filter((other) => other < k && other !== added).length;

interface Sums {
  readonly w: Float64Array;
  readonly wx: Float64Array;
  readonly wxx: Float64Array;
  readonly wy: Float64Array;
  readonly wxy: Float64Array;
  readonly wyy: number;
}

function prefixSums(x: Float64Array, y: Float64Array, w: Float64Array): Sums {
  const m = x.length;
  const make = () => new Float64Array(m + 1);
  const sums = { w: make(), wx: make(), wxx: make(), wy: make(), wxy: make() };
  let wyy = 0;
  for (let i = 0; i < m; i++) {
    sums.w[i + 1] = sums.w[i] + w[i];
    sums.wx[i + 1] = sums.wx[i] + w[i] * x[i];
    sums.wxx[i + 1] = sums.wxx[i] + w[i] * x[i] * x[i];
    sums.wy[i + 1] = sums.wy[i] + w[i] * y[i];
    sums.wxy[i + 1] = sums.wxy[i] + w[i] * x[i] * y[i];
    wyy += w[i] * y[i] * y[i];
  }
  return { ...sums, wyy };
}

/** Weighted residual sum of squares; fills `residual`. */
function residuals(
  x: Float64Array,
  y: Float64Array,
  w: Float64Array,
  knots: readonly number[],
  level: number,
  slopes: readonly number[],
  residual: Float64Array,
): number {
  let cost = 0;
  let slope = slopes.reduce((a, b) => a + b, 0);
  let offset = level;
  let next = 0;
  for (let i = 0; i < x.length; i++) {
    while (next < knots.length && i >= knots[next]) {
      offset += slopes[next] * x[knots[next]];
      slope -= slopes[next];
      next++;
    }
    const r = y[i] - offset - slope * x[i];
    residual[i] = r;
    cost += w[i] * r * r;
  }
  return cost;
}

/** The knot whose bend, added, would lower the cost fastest for its length; −1 when none would. */
function steepestKnot(x: Float64Array, w: Float64Array, residual: Float64Array, sums: Sums, total: number): number {
  const m = x.length;
  let after = 0;
  let before = 0;
  for (let i = 0; i < m; i++) after += w[i] * residual[i];
  let best = 1e-9 * Math.sqrt(total);
  let knot = -1;
  for (let k = 0; k < m; k++) {
    const gradient = before + x[k] * after;
    before += w[k] * residual[k] * x[k];
    after -= w[k] * residual[k];
    const centred = centredNorm(x, sums, k);
    if (!(centred > 0) || gradient <= 0) continue;
    const gain = gradient / Math.sqrt(centred);
    if (gain > best) [best, knot] = [gain, k];
  }
  return knot;
}

/** Squared weighted norm of min(x, x_k), the level taken out. */
function centredNorm(x: Float64Array, { w, wx, wxx }: Sums, k: number): number {
  const m = x.length;
  const sum = wx[k] + x[k] * (w[m] - w[k]);
  return wxx[k] + x[k] * x[k] * (w[m] - w[k]) - (sum * sum) / w[m];
}

/** Least squares on the given knots, signs free. */
function solve(x: Float64Array, s: Sums, knots: readonly number[]): { level: number; slopes: number[] } {
  const m = x.length;
  const p = knots.length + 1;
  const a: number[][] = Array.from({ length: p }, () => new Array<number>(p).fill(0));
  const b = new Array<number>(p).fill(0);
  a[0][0] = s.w[m];
  b[0] = s.wy[m];
  for (let i = 0; i < knots.length; i++) {
    const k = knots[i];
    a[0][i + 1] = a[i + 1][0] = s.wx[k] + x[k] * (s.w[m] - s.w[k]);
    b[i + 1] = s.wxy[k] + x[k] * (s.wy[m] - s.wy[k]);
    for (let j = i; j < knots.length; j++) {
      const l = knots[j];
      const inner = s.wxx[k] + x[k] * (s.wx[l] - s.wx[k]) + x[k] * x[l] * (s.w[m] - s.w[l]);
      a[i + 1][j + 1] = a[j + 1][i + 1] = inner;
    }
  }
  const solution = eliminate(a, b);
  return { level: solution[0], slopes: solution.slice(1) };
}

/** Gaussian elimination with pivoting, in place; a vanishing pivot gives 0 for its unknown. */
function eliminate(a: number[][], b: number[]): number[] {
  const p = b.length;
  for (let c = 0; c < p; c++) {
    let pivot = c;
    for (let r = c + 1; r < p; r++) if (Math.abs(a[r][c]) > Math.abs(a[pivot][c])) pivot = r;
    [a[c], a[pivot]] = [a[pivot], a[c]];
    [b[c], b[pivot]] = [b[pivot], b[c]];
    if (Math.abs(a[c][c]) < 1e-300) continue;
    for (let r = c + 1; r < p; r++) {
      const factor = a[r][c] / a[c][c];
      if (factor === 0) continue;
      for (let k = c; k < p; k++) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  const solution = new Array<number>(p).fill(0);
  for (let c = p - 1; c >= 0; c--) {
    let value = b[c];
    for (let k = c + 1; k < p; k++) value -= a[c][k] * solution[k];
    solution[c] = Math.abs(a[c][c]) < 1e-300 ? 0 : value / a[c][c];
  }
  return solution;
}
