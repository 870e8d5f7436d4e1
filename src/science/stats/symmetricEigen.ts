/**
 * @file Eigenvalues and eigenvectors of a real symmetric matrix: Householder tridiagonalisation, then QL steps with
 * implicit shifts.
 *
 * Row-major Float64Arrays, for matrices of up to a few hundred rows. Non-finite entries throw; 60 QL steps for one
 * eigenvalue refuse, which finite input does not reach in practice. Source: Golub & Van Loan, Matrix Computations
 * (4th ed. 2013), §8.3.
 */
import { RefusedError, ShapeError } from "../../core/index.ts";
import { requireFinite } from "./moments.ts";

export interface SymmetricEigen {
  /** Ascending, length n. */
  readonly values: Float64Array;
  /** n × n, row-major; column k belongs to value k. */
  readonly vectors: Float64Array;
}

/** Of the n × n matrix `a` (row-major; only its lower triangle is read), so that a = V·diag(values)·Vᵀ. */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  if (a.length !== n * n) throw new ShapeError("symmetricEigen", `[${n} × ${n}]`, [a.length]);
  if (n > 0) requireFinite("symmetricEigen", a);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) vectors[i * n + j] = vectors[j * n + i] = a[i * n + j];
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  tridiagonalise(vectors, n, diagonal, off);
  diagonalise(vectors, n, diagonal, off);
  return ascending(diagonal, vectors, n);
}

/** Leaves Q in `q` with QᵀAQ tridiagonal: `diagonal`, and `off[i]` between i − 1 and i. */
function tridiagonalise(q: Float64Array, n: number, diagonal: Float64Array, off: Float64Array): void {
  const reflectors: { v: Float64Array; from: number }[] = [];
  const p = new Float64Array(n);
  // Column k: a reflector maps its part below the diagonal to one entry.
  for (let k = 0; k < n - 2; k++) {
    const from = k + 1;
    let square = 0;
    for (let i = from; i < n; i++) square += q[i * n + k] ** 2;
    const v = new Float64Array(n);
    const first = q[from * n + k];
    const length = Math.sqrt(square);
    if (square - first * first <= 1e-300) {
      off[from] = first;
      continue;
    }
    const alpha = first > 0 ? -length : length;
    off[from] = alpha;
    for (let i = from; i < n; i++) v[i] = q[i * n + k];
    v[from] -= alpha;
    let norm = 0;
    for (let i = from; i < n; i++) norm += v[i] * v[i];
    const scale = Math.sqrt(2 / norm);
    for (let i = from; i < n; i++) v[i] *= scale;
    // A ← (I − vvᵀ)A(I − vvᵀ) on the rest: with p = Av and w = p − ½(pᵀv)v, A − vwᵀ − wvᵀ.
    let inner = 0;
    for (let i = from; i < n; i++) {
      let sum = 0;
      for (let j = from; j < n; j++) sum += q[i * n + j] * v[j];
      p[i] = sum;
      inner += sum * v[i];
    }
    for (let i = from; i < n; i++) p[i] -= 0.5 * inner * v[i];
    for (let i = from; i < n; i++) for (let j = from; j < n; j++) q[i * n + j] -= v[i] * p[j] + p[i] * v[j];
    reflectors.push({ v, from });
  }
  for (let i = 0; i < n; i++) diagonal[i] = q[i * n + i];
  if (n > 1) off[n - 1] = q[(n - 1) * n + n - 2];
  q.fill(0);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (const { v, from } of reflectors.reverse())
    for (let j = from; j < n; j++) {
      let sum = 0;
      for (let i = from; i < n; i++) sum += v[i] * q[i * n + j];
      for (let i = from; i < n; i++) q[i * n + j] -= v[i] * sum;
    }
}

/** Implicit QL on the tridiagonal matrix, rotations applied to the columns of `q`. */
function diagonalise(q: Float64Array, n: number, d: Float64Array, off: Float64Array): void {
  const e = new Float64Array(n);
  for (let i = 1; i < n; i++) e[i - 1] = off[i];
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (iteration === 60) throw new RefusedError("symmetricEigen", "60 QL steps did not separate an eigenvalue");
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      g = d[m] - d[l] + e[l] / (g + Math.sign(g || 1) * Math.hypot(g, 1));
      let [s, c, shift] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= shift;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        const lower = d[i + 1] - shift;
        const turn = (d[i] - lower) * s + 2 * c * b;
        shift = s * turn;
        d[i + 1] = lower + shift;
        g = c * turn - b;
        for (let row = 0; row < n; row++) {
          const at = row * n + i;
          const held = q[at + 1];
          q[at + 1] = s * q[at] + c * held;
          q[at] = c * q[at] - s * held;
        }
      }
      if (i >= l) continue;
      d[l] -= shift;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function ascending(d: Float64Array, q: Float64Array, n: number): SymmetricEigen {
  const order = Array.from({ length: n }, (_, k) => k).sort((a, b) => d[a] - d[b]);
  const values = Float64Array.from(order, (k) => d[k]);
  const vectors = new Float64Array(n * n);
  for (let row = 0; row < n; row++) for (let k = 0; k < n; k++) vectors[row * n + k] = q[row * n + order[k]];
  return { values, vectors };
}
