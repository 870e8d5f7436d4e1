/**
 * @file Measures of one or many tensors from their values as they stream by, in one pass and constant memory.
 *
 * Non-finite values are counted and left out of all else, so that one NaN does not hide the rest; distances are NaN where
 * either side has one. Mean and sd by Chan's pairwise update (no cancellation), sums of squares in float64.
 * Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */

export class WeightStats {
  /** Finite values. */
  count = 0;
  nonFinite = 0;
  zeros = 0;
  largest = 0;
  mean = 0;
  private squaresAboutMean = 0;
  private sumOfSquares = 0;

  /** The first `count` of `values`. */
  add(values: Float64Array, count: number): void {
    let [finite, sum, squares, zeros, largest] = [0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = values[i];
      const size = Math.abs(value);
      // False for NaN too.
      if (!(size < Number.POSITIVE_INFINITY)) continue;
      finite++;
      sum += value;
      squares += value * value;
      if (size > largest) largest = size;
      if (size === 0) zeros++;
    }
    this.nonFinite += count - finite;
    if (finite === 0) return;
    const mean = sum / finite;
    let about = 0;
    for (let i = 0; i < count; i++) {
      const off = values[i] - mean;
      if (Math.abs(off) < Number.POSITIVE_INFINITY) about += off * off;
    }
    this.merge({ count: finite, mean, about, squares, zeros, largest });
  }

  /** As if the other's values had been added here. */
  addAll(other: WeightStats): void {
    this.nonFinite += other.nonFinite;
    if (other.count === 0) return;
    const { count, mean, squaresAboutMean: about, sumOfSquares: squares, zeros, largest } = other;
    this.merge({ count, mean, about, squares, zeros, largest });
  }

  /** Euclidean norm of the finite values: for a matrix, Frobenius'. */
  get norm(): number {
    return Math.sqrt(this.sumOfSquares);
  }

  /** Of the population; NaN without finite values. */
  get sd(): number {
    return Math.sqrt(this.squaresAboutMean / this.count);
  }

  get shareNonFinite(): number {
    return this.nonFinite / (this.count + this.nonFinite);
  }

  get shareZeros(): number {
    return this.zeros / (this.count + this.nonFinite);
  }

  private merge(part: { count: number; mean: number; about: number; squares: number; zeros: number; largest: number }) {
    const total = this.count + part.count;
    const delta = part.mean - this.mean;
    this.squaresAboutMean += part.about + (delta * delta * this.count * part.count) / total;
    this.mean += (delta * part.count) / total;
    this.count = total;
    this.sumOfSquares += part.squares;
    this.zeros += part.zeros;
    this.largest = Math.max(this.largest, part.largest);
  }
}

/** Σ (a − b)² over the first `count` values; NaN where one of them is not finite. */
export function squaredDistance(a: Float64Array, b: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const off = a[i] - b[i];
    sum += off * off;
  }
  return Number.isFinite(sum) ? sum : Number.NaN;
}
