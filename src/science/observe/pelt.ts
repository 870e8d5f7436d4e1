/**
 * @file Optimal segmentation of a sequence: minimises the sum of segment costs plus a penalty for each change.
 *
 * PELT, exact: pruning drops only candidates that can never win (Killick, Fearnhead, Eckley, JASA 107, 2012, theorem
 * 3.1, with K = 0, since splitting never raises a least-squares cost). Refuses non-finite values.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { requireFinite } from "../stats/moments.ts";

/** Cost of the segment with indices start…end−1. */
export type SegmentCost = (start: number, end: number) => number;

/**
 * Squared deviations from the segment's mean, each over its own variance where `variances` are given ([n], positive;
 * then the cost is in units of noise variance). O(1) a segment.
 */
export function meanCost(values: readonly number[], variances?: readonly number[]): SegmentCost {
  const weights = weightsOf("meanCost", values, variances);
  const ys = centred(values);
  const s0 = cumulative(weights, (w) => w);
  const s1 = cumulative(ys, (v, i) => weights[i] * v);
  const s2 = cumulative(ys, (v, i) => weights[i] * v * v);
  return (start, end) => {
    const sum = s1[end] - s1[start];
    return Math.max(0, s2[end] - s2[start] - (sum * sum) / (s0[end] - s0[start]));
  };
}

/** Squared residuals of the segment's own straight line in `x`, weighted as in `meanCost`. O(1) a segment. */
export function lineCost(x: readonly number[], values: readonly number[], variances?: readonly number[]): SegmentCost {
  requireFinite("lineCost: x", x);
  if (x.length !== values.length) throw new ShapeError("lineCost: x", `[${values.length}]`, [x.length]);
  const weights = weightsOf("lineCost", values, variances);
  const xs = centred(x);
  const ys = centred(values);
  const s0 = cumulative(weights, (w) => w);
  const sx = cumulative(xs, (v, i) => weights[i] * v);
  const sy = cumulative(ys, (v, i) => weights[i] * v);
  const sxx = cumulative(xs, (v, i) => weights[i] * v * v);
  const syy = cumulative(ys, (v, i) => weights[i] * v * v);
  const sxy = cumulative(xs, (v, i) => weights[i] * v * ys[i]);
  return (start, end) => {
    const n = s0[end] - s0[start];
    const dx = sx[end] - sx[start];
    const dy = sy[end] - sy[start];
    const xx = sxx[end] - sxx[start] - (dx * dx) / n;
    const yy = syy[end] - syy[start] - (dy * dy) / n;
    const xy = sxy[end] - sxy[start] - (dx * dy) / n;
    return Math.max(0, xx > 0 ? yy - (xy * xy) / xx : yy);
  };
}

/**
 * First indices of all segments but the first, ascending; empty when one segment is best. `n` is the sequence's length,
 * `minSize` the smallest segment allowed. A sequence shorter than 2·minSize has one segment.
 */
export function pelt({
  n,
  cost,
  penalty,
  minSize,
}: {
  readonly n: number;
  readonly cost: SegmentCost;
  readonly penalty: number;
  readonly minSize: number;
}): number[] {
  if (!(penalty >= 0 && penalty < Number.POSITIVE_INFINITY))
    throw new DomainError("pelt: penalty", "a finite number ≥ 0", penalty);
  if (!Number.isInteger(minSize) || minSize < 1) throw new DomainError("pelt: minSize", "a positive integer", minSize);
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(n + 1);
  best[0] = -penalty;
  let candidates: { readonly start: number; lastEnd: number }[] = [];
  for (let end = minSize; end <= n; end++) {
    const entering = end - minSize;
    if (entering === 0 || entering >= minSize) candidates.push({ start: entering, lastEnd: n });
    candidates = candidates.filter(({ lastEnd }) => end <= lastEnd);
    const totals = candidates.map(({ start }) => best[start] + cost(start, end));
    for (let c = 0; c < candidates.length; c++)
      if (totals[c] + penalty < best[end]) {
        best[end] = totals[c] + penalty;
        previous[end] = candidates[c].start;
      }
    // A beaten candidate loses to a change at `end`, which is itself allowed only for ends from end + minSize on.
    for (let c = 0; c < candidates.length; c++)
      if (totals[c] > best[end]) candidates[c].lastEnd = Math.min(candidates[c].lastEnd, end + minSize - 1);
  }
  const changes: number[] = [];
  for (let end = previous[n]; end > 0; end = previous[end]) changes.unshift(end);
  return changes;
}

function weightsOf(
  what: string,
  values: readonly number[],
  variances: readonly number[] | undefined,
): readonly number[] {
  requireFinite(what, values);
  if (variances === undefined) return values.map(() => 1);
  if (variances.length !== values.length)
    throw new ShapeError(`${what}: variances`, `[${values.length}]`, [variances.length]);
  return variances.map((v) => {
    if (!(v > 0 && v < Number.POSITIVE_INFINITY)) throw new DomainError(`${what}: variances`, "positive variances", v);
    return 1 / v;
  });
}

function cumulative(values: readonly number[], f: (value: number, i: number) => number): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + f(values[i], i);
  return sums;
}

function centred(values: readonly number[]): number[] {
  const centre = values.reduce((a, b) => a + b, 0) / values.length;
  return values.map((v) => v - centre);
}
