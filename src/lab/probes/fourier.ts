/**
 * @file How much of an embedding of the integers mod p lies in few frequencies.
 *
 * Source: Nanda, Chan, Lieberum, Smith, Steinhardt, "Progress measures for grokking via mechanistic interpretability",
 * ICLR 2023, §5.1 (Gini coefficient of the norms of the Fourier components of the embedding).
 */
import { DomainError, ShapeError } from "../../core/index.ts";

/**
 * Norm of each frequency k = 1 … (p−1)/2 of a [p, width] matrix: √(Σ_column |⟨column, cos_k⟩|² + |⟨column, sin_k⟩|²)
 * with the basis normalised to length 1, p odd. Non-finite entries propagate.
 * Throws OUT_OF_DOMAIN for an even p or p < 3, SHAPE_MISMATCH for a wrong length.
 */
export function frequencyNorms(matrix: Float32Array, p: number, width: number): Float64Array {
  if (!Number.isInteger(p) || p < 3 || p % 2 === 0) throw new DomainError("frequencyNorms: p", "an odd integer ≥ 3", p);
  if (matrix.length !== p * width) throw new ShapeError("frequencyNorms", `[${p}, ${width}]`, [matrix.length]);
  const scale = Math.sqrt(2 / p);
  const norms = new Float64Array((p - 1) / 2);
  const cosines = Float64Array.from({ length: p }, (_, n) => scale * Math.cos((2 * Math.PI * n) / p));
  const sines = Float64Array.from({ length: p }, (_, n) => scale * Math.sin((2 * Math.PI * n) / p));
  for (let k = 1; k <= norms.length; k++) {
    let power = 0;
    for (let column = 0; column < width; column++) {
      let real = 0;
      let imaginary = 0;
      for (let n = 0; n < p; n++) {
        const value = matrix[n * width + column];
        real += value * cosines[(k * n) % p];
        imaginary += value * sines[(k * n) % p];
      }
      power += real * real + imaginary * imaginary;
    }
    norms[k - 1] = Math.sqrt(power);
  }
  return norms;
}

/**
 * Gini coefficient of non-negative values: Σ(2i − n − 1)v_i / (nΣv), v ascending, i from 1. 0 when all are equal,
 * (n−1)/n when one holds everything; NaN when all are 0 or any is NaN. Throws OUT_OF_DOMAIN for a negative value or none.
 */
export function gini(values: Float64Array): number {
  const n = values.length;
  if (n === 0) throw new DomainError("gini", "at least one value", "none");
  const sorted = Float64Array.from(values).sort();
  if (sorted[0] < 0) throw new DomainError("gini", "values ≥ 0", sorted[0]);
  let weighted = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    weighted += (2 * (i + 1) - n - 1) * sorted[i];
    sum += sorted[i];
  }
  return weighted / (n * sum);
}
