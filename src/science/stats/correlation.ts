/**
 * @file Pearson and Spearman correlation of paired samples.
 *
 * Non-finite values throw; so does a constant sample, for which a correlation is undefined (not 0).
 */
import { RefusedError, ShapeError } from "../../core/index.ts";
import { mean, requireFinite } from "./moments.ts";

/** Product-moment correlation of two samples of equal length n ≥ 2. Throws REFUSED when either is constant. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length) throw new ShapeError("correlation: y", `[${x.length}]`, [y.length]);
  requireFinite("correlation: x", x, 2);
  requireFinite("correlation: y", y, 2);
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - meanX) * (y[i] - meanY);
    xx += (x[i] - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
  }
  if (xx === 0 || yy === 0) throw new RefusedError("correlation", "undefined, because one of the samples is constant");
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Pearson correlation of the mid-ranks. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  return pearson(ranks(x), ranks(y));
}

/** Ranks from 1; ties get the mean of the ranks that they span. */
export function ranks(values: readonly number[]): number[] {
  requireFinite("ranks", values);
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1]] === values[order[start]]) end++;
    for (let k = start; k <= end; k++) result[order[k]] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}
