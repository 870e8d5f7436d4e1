/**
 * @file Least squares with coefficients that may not be negative, from the sums of the normal equations.
 *
 * Meant for up to ten columns. Sums that are not finite throw; columns that depend on each other are taken one at a time,
 * so that the answer is a minimum, though not the only one.
 */
import { ShapeError } from "../../core/index.ts";
import { dot, type Matrix } from "../stats/linear.ts";
import { requireFinite } from "../stats/moments.ts";

/**
 * Minimises cᵀGc/2 − mᵀc over c ≥ 0, for G = XᵀWX (p × p) and m = XᵀWy. Columns marked false in `isNonNegative` are free.
 * Source: Lawson & Hanson, Solving Least Squares Problems (1974), ch. 23, on the normal equations.
 */
export function nonNegativeSolve(
  gram: Matrix,
  moment: readonly number[],
  isNonNegative: readonly boolean[] = moment.map(() => true),
): number[] {
  const p = moment.length;
  if (gram.length !== p) throw new ShapeError("nonNegativeSolve: gram", `[${p}, ${p}]`, [gram.length]);
  requireFinite("nonNegativeSolve: moment", moment);
  for (const row of gram) requireFinite("nonNegativeSolve: gram", row);
  let active = moment.map((_, j) => j).filter((j) => !isNonNegative[j]);
  let c = solveSubset(gram, moment, active) ?? new Array<number>(p).fill(0);
  // Each round lowers the objective by bringing one column in; 3p rounds are Lawson and Hanson's own bound in practice.
  for (let round = 0; round < 3 * p; round++) {
    const pull = moment.map((m, j) => m - dot(gram[j], c));
    const candidates = moment
      .map((_, j) => j)
      .filter((j) => !active.includes(j) && pull[j] > 1e-12 * (Math.abs(moment[j]) + 1e-300))
      .sort((a, b) => pull[b] / Math.sqrt(gram[b][b] || 1) - pull[a] / Math.sqrt(gram[a][a] || 1));
    let isBetter = false;
    for (const j of candidates) {
      const next = bringIn(gram, moment, isNonNegative, [...active, j], c);
      if (next === undefined) continue;
      ({ active, c } = next);
      isBetter = true;
      break;
    }
    if (!isBetter) return c;
  }
  return c;
}

/** Solves on the set, dropping what turns negative on the way; undefined when its columns depend on each other. */
function bringIn(
  gram: Matrix,
  moment: readonly number[],
  isNonNegative: readonly boolean[],
  set: readonly number[],
  from: readonly number[],
): { active: number[]; c: number[] } | undefined {
  let active = [...set];
  let c = [...from];
  for (;;) {
    const goal = solveSubset(gram, moment, active);
    if (goal === undefined) return undefined;
    const falling = active.filter((j) => isNonNegative[j] && goal[j] <= 0);
    if (falling.length === 0) return { active, c: goal };
    const share = Math.min(...falling.map((j) => (c[j] === goal[j] ? 0 : c[j] / (c[j] - goal[j]))));
    c = c.map((value, j) => value + share * (goal[j] - value));
    const kept = active.filter((j) => !(isNonNegative[j] && goal[j] <= 0 && c[j] <= 1e-14 * Math.abs(goal[j])));
    if (kept.length === active.length) return undefined;
    active = kept;
    for (let j = 0; j < c.length; j++) if (!active.includes(j)) c[j] = 0;
  }
}

/** Unconstrained solution on a subset of columns, zeros elsewhere; undefined when a pivot vanishes. */
function solveSubset(gram: Matrix, moment: readonly number[], set: readonly number[]): number[] | undefined {
  const n = set.length;
  const scale = set.map((j) => Math.sqrt(gram[j][j]));
  if (scale.some((s) => !(s > 0))) return undefined;
  const l: number[][] = [];
  const z = new Array<number>(n).fill(0);
  for (let i = 0; i < n; i++) {
    l.push(new Array<number>(n).fill(0));
    for (let k = 0; k <= i; k++) {
      let sum = gram[set[i]][set[k]] / (scale[i] * scale[k]);
      for (let q = 0; q < k; q++) sum -= l[i][q] * l[k][q];
      if (k < i) l[i][k] = sum / l[k][k];
      else if (sum > 1e-13) l[i][i] = Math.sqrt(sum);
      else return undefined;
    }
    z[i] = moment[set[i]] / scale[i];
    for (let q = 0; q < i; q++) z[i] -= l[i][q] * z[q];
    z[i] /= l[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let q = i + 1; q < n; q++) z[i] -= l[q][i] * z[q];
    z[i] /= l[i][i];
  }
  const c = new Array<number>(moment.length).fill(0);
  for (let i = 0; i < n; i++) c[set[i]] = z[i] / scale[i];
  return c;
}
