/**
 * @file Small dense linear algebra: Cholesky, least squares, ridge.
 *
 * Matrices are arrays of rows. Meant for tens of columns, not thousands. Non-finite entries and matrices that are not
 * positive definite to working precision throw; nothing is repaired by stealth.
 */
import { DomainError, RefusedError, ShapeError } from "../../core/index.ts";
import { requireFinite } from "./moments.ts";

export type Matrix = readonly (readonly number[])[];

/**
 * Lower-triangular L with A = L·Lᵀ, rows of length n. `a` is symmetric n × n; only its lower triangle is read.
 * Throws REFUSED when a pivot is not above 1e-13 of its diagonal entry.
 */
export function cholesky(a: Matrix): number[][] {
  const n = a.length;
  const l: number[][] = [];
  for (let i = 0; i < n; i++) {
    if (a[i].length !== n) throw new ShapeError("cholesky", `[${n}, ${n}]`, [n, a[i].length]);
    requireFinite("cholesky", a[i]);
    const row = new Array<number>(n).fill(0);
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j];
      for (let k = 0; k < j; k++) sum -= row[k] * (j === i ? row[k] : l[j][k]);
      if (j < i) row[j] = sum / l[j][j];
      else if (sum > 1e-13 * Math.abs(a[i][i])) row[i] = Math.sqrt(sum);
      else throw new RefusedError("cholesky", `the matrix is not positive definite (pivot ${i} is ${sum})`);
    }
    l.push(row);
  }
  return l;
}

/** x with L·Lᵀ·x = b, for the L of `cholesky`. */
export function choleskySolve(l: Matrix, b: readonly number[]): number[] {
  return transposedSolve(l, forwardSolve(l, b));
}

/** x with L·x = b, for a lower triangle L. */
export function forwardSolve(l: Matrix, b: readonly number[]): number[] {
  if (b.length !== l.length) throw new ShapeError("forwardSolve", `[${l.length}]`, [b.length]);
  const x = [...b];
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

/** x with Lᵀ·x = b, for a lower triangle L. */
export function transposedSolve(l: Matrix, b: readonly number[]): number[] {
  if (b.length !== l.length) throw new ShapeError("transposedSolve", `[${l.length}]`, [b.length]);
  const x = [...b];
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

/**
 * Coefficients b that minimise Σ wᵢ(yᵢ − xᵢ·b)² + Σ penaltyⱼ bⱼ², by the normal equations. `x` is n × p without an
 * implied intercept; `penalty` is one number for all columns or one a column (0 leaves a column free); weights default
 * to 1. Throws REFUSED when the columns are collinear and unpenalised.
 */
export function ridge({
  x,
  y,
  penalty = 0,
  weights,
}: {
  readonly x: Matrix;
  readonly y: readonly number[];
  readonly penalty?: number | readonly number[];
  readonly weights?: readonly number[];
}): number[] {
  if (x.length !== y.length) throw new ShapeError("ridge: y", `[${x.length}]`, [y.length]);
  if (x.length === 0 || x[0].length === 0) throw new DomainError("ridge", "at least one row and column", "none");
  requireFinite("ridge: y", y);
  const p = x[0].length;
  const gram = Array.from({ length: p }, () => new Array<number>(p).fill(0));
  const moment = new Array<number>(p).fill(0);
  for (let i = 0; i < x.length; i++) {
    const row = x[i];
    if (row.length !== p) throw new ShapeError(`ridge: row ${i} of x`, `[${p}]`, [row.length]);
    const weight = weights === undefined ? 1 : weights[i];
    for (let j = 0; j < p; j++) {
      moment[j] += weight * row[j] * y[i];
      for (let k = 0; k <= j; k++) gram[j][k] += weight * row[j] * row[k];
    }
  }
  for (let j = 0; j < p; j++) gram[j][j] += typeof penalty === "number" ? penalty : penalty[j];
  return choleskySolve(cholesky(gram), moment);
}

/** Ordinary least squares: `ridge` without a penalty. Add a column of ones for an intercept. */
export function leastSquares(x: Matrix, y: readonly number[]): number[] {
  return ridge({ x, y });
}

export function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
