/**
 * @file What is kept of a logged histogram: count, mean, standard deviation, least and greatest.
 *
 * Pure and browser-safe. From buckets these are approximations: everything in a bucket counts as lying in its middle, the
 * least and greatest are outer edges of buckets that are not empty. Refuses (undefined) what is no histogram: unequal lengths,
 * negative or non-finite counts.
 */

export interface HistogramMoments {
  readonly count: number;
  /** The rest is NaN when the count is 0. */
  readonly mean: number;
  /** Population form: over count, not count − 1. */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
}

/** `counts[i]` values lie between `edges[i]` and `edges[i + 1]`. */
export function momentsFromEdges(edges: readonly number[], counts: readonly number[]): HistogramMoments | undefined {
  if (edges.length !== counts.length + 1) return undefined;
  return momentsOf(
    counts.length,
    (at) => edges[at],
    (at) => edges[at + 1],
    (at) => counts[at],
  );
}

/** Rows of (left, right, count), one after the other. */
export function momentsFromTriples(values: ArrayLike<number>): HistogramMoments | undefined {
  if (values.length % 3 !== 0) return undefined;
  return momentsOf(
    values.length / 3,
    (at) => values[3 * at],
    (at) => values[3 * at + 1],
    (at) => values[3 * at + 2],
  );
}

/** From the exact sums that a histogram was stored with. */
export function momentsFromSums(sums: {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly min: number;
  readonly max: number;
}): HistogramMoments {
  const { count, sum, sumOfSquares, min, max } = sums;
  if (count === 0) return { count, mean: Number.NaN, sd: Number.NaN, min: Number.NaN, max: Number.NaN };
  const mean = sum / count;
  return { count, mean, sd: Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)), min, max };
}

function momentsOf(
  buckets: number,
  left: (at: number) => number,
  right: (at: number) => number,
  countOf: (at: number) => number,
): HistogramMoments | undefined {
  let [count, sum, min, max] = [0, 0, Number.NaN, Number.NaN];
  for (let at = 0; at < buckets; at++) {
    const n = countOf(at);
    if (!Number.isFinite(n) || n < 0) return undefined;
    if (n === 0) continue;
    if (count === 0) min = left(at);
    max = right(at);
    count += n;
    sum += n * middle(left(at), right(at));
  }
  if (count === 0) return { count, mean: Number.NaN, sd: Number.NaN, min, max };
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < buckets; at++)
    if (countOf(at) > 0) squares += countOf(at) * (middle(left(at), right(at)) - mean) ** 2;
  return { count, mean, sd: Math.sqrt(squares / count), min, max };
}

/** An edge at infinity says nothing of the middle: the other one stands for the bucket. */
function middle(left: number, right: number): number {
  if (!Number.isFinite(left)) return right;
  if (!Number.isFinite(right)) return left;
  return left + (right - left) / 2;
}
