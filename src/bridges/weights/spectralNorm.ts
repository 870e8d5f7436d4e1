/**
 * @file Largest singular value of a matrix by power iteration on AᵀA, from a fixed start.
 *
 * Approaches from below. Stops when a round changes it by less than one part in 10,000, or after 50 rounds: two singular values
 * that differ by a few per mille are then taken for one, which costs at most that much. Non-finite entries give NaN.
 * Source: Golub, Van Loan, Matrix Computations, 4th ed., section 8.2.
 */
import { Rng } from "../../core/index.ts";

const ROUNDS_AT_MOST = 50;
const ENOUGH = 1e-4;

/** `values`: rows × columns, row by row. Errors: none; an empty or zero matrix has norm 0. */
export function spectralNorm(values: Float64Array, rows: number, columns: number): number {
  if (rows === 0 || columns === 0) return 0;
  const rng = Rng.of(1, "spectral norm");
  let right = Float64Array.from({ length: columns }, () => rng.uniform() - 0.5);
  normalise(right);
  let norm = 0;
  for (let round = 0; round < ROUNDS_AT_MOST; round++) {
    const next = new Float64Array(columns);
    let squares = 0;
    for (let i = 0; i < rows; i++) {
      const at = i * columns;
      let dot = 0;
      for (let j = 0; j < columns; j++) dot += values[at + j] * right[j];
      squares += dot * dot;
      for (let j = 0; j < columns; j++) next[j] += dot * values[at + j];
    }
    const reached = Math.sqrt(squares);
    if (!Number.isFinite(reached)) return Number.NaN;
    const isDone = Math.abs(reached - norm) <= ENOUGH * reached;
    norm = reached;
    if (isDone || normalise(next) === 0) return norm;
    right = next;
  }
  return norm;
}

function normalise(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > 0) for (let i = 0; i < vector.length; i++) vector[i] /= norm;
  return norm;
}
