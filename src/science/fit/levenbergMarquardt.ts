/**
 * @file Non-linear least squares within bounds, with Huber's loss where wanted: Levenberg–Marquardt.
 *
 * A step to a point with residuals that are not finite is refused and shortened; a start that has such throws. Parameters
 * that end at a bound are named, and do not enter the curvature's inverse.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { cholesky, choleskySolve } from "../stats/linear.ts";
import { huber, huberWeight } from "./robust.ts";

/**
 * Writes the residuals (model − data, in units of what `huberDelta` is in) and their derivatives: `jacobian[j][i]` is the
 * derivative of residual i in parameter j.
 */
export type ResidualFunction = (x: Float64Array, residuals: Float64Array, jacobian: readonly Float64Array[]) => void;

export interface LeastSquaresOptions {
  readonly start: ArrayLike<number>;
  /** Number of residuals. */
  readonly residuals: number;
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  /** Where Huber's loss becomes linear; default ∞, plain least squares. */
  readonly huberDelta?: number;
  readonly maxIterations?: number;
  /** Stops when a step lowers the loss by less than this share of it; default 1e-12. */
  readonly valueTolerance?: number;
}

export interface LeastSquaresFit {
  readonly x: Float64Array;
  /** Σ Huber(residual): half the sum of squares when δ is infinite. */
  readonly loss: number;
  readonly residuals: Float64Array;
  /** Of the residuals at x, one array a parameter. */
  readonly jacobian: readonly Float64Array[];
  readonly iterations: number;
  readonly converged: boolean;
  /** Indices of parameters that ended at a bound. */
  readonly atBound: readonly number[];
}

/**
 * Source: Moré, "The Levenberg–Marquardt algorithm" (1978), with his scaling by the largest column norms met; Huber's
 * loss by reweighting in each step (Holland & Welsch 1977); bounds by projecting the step and freezing what pushes outside.
 */
export function leastSquaresFit(f: ResidualFunction, options: LeastSquaresOptions): LeastSquaresFit {
  const { start, residuals: n, huberDelta = Number.POSITIVE_INFINITY } = options;
  const { maxIterations = 200, valueTolerance = 1e-12 } = options;
  const p = start.length;
  const lower = options.lower ?? new Array<number>(p).fill(Number.NEGATIVE_INFINITY);
  const upper = options.upper ?? new Array<number>(p).fill(Number.POSITIVE_INFINITY);
  if (lower.length !== p || upper.length !== p)
    throw new ShapeError("leastSquaresFit: bounds", `[${p}]`, [lower.length, upper.length]);
  const clip = (value: number, j: number) => Math.min(upper[j], Math.max(lower[j], value));
  const evaluate = (x: Float64Array) => {
    const residuals = new Float64Array(n);
    const jacobian = Array.from({ length: p }, () => new Float64Array(n));
    f(x, residuals, jacobian);
    let loss = 0;
    for (let i = 0; i < n; i++) loss += huber(residuals[i], huberDelta);
    return { x, residuals, jacobian, loss };
  };
  let here = evaluate(Float64Array.from(start, clip));
  if (!Number.isFinite(here.loss))
    throw new DomainError("leastSquaresFit: start", "a point with finite residuals", `loss ${here.loss}`);
  const scale = new Array<number>(p).fill(0);
  let damping = 1e-3;
  let converged = false;
  let quiet = 0;
  let iteration = 0;
  for (; iteration < maxIterations && !converged; iteration++) {
    const { gram, slope } = normalEquations(here.residuals, here.jacobian, huberDelta);
    for (let j = 0; j < p; j++) scale[j] = Math.max(scale[j], gram[j][j], 1e-300);
    const free = slope
      .map((_, j) => j)
      .filter((j) => !(here.x[j] <= lower[j] && slope[j] > 0) && !(here.x[j] >= upper[j] && slope[j] < 0));
    if (free.length === 0 || free.every((j) => Math.abs(slope[j]) <= 1e-14 * Math.sqrt(scale[j] * here.loss))) {
      converged = true;
      break;
    }
    let next: typeof here | undefined;
    while (damping < 1e16) {
      const step = dampedStep(gram, slope, free, scale, damping);
      if (step !== undefined) {
        const x = here.x.slice();
        free.forEach((j, k) => {
          x[j] = clip(x[j] + step[k], j);
        });
        const trial = evaluate(x);
        if (trial.loss < here.loss) {
          next = trial;
          break;
        }
      }
      damping = Math.max(damping, 1e-8) * 4;
    }
    if (next === undefined) {
      converged = true;
      break;
    }
    const gain = here.loss - next.loss;
    here = next;
    damping = Math.max(damping / 5, 1e-12);
    quiet = gain <= valueTolerance * here.loss ? quiet + 1 : 0;
    converged = quiet >= 2 || here.loss === 0;
  }
  const { x, loss, residuals, jacobian } = here;
  const atBound = [...x.keys()].filter((j) => x[j] <= lower[j] || x[j] >= upper[j]);
  return { x, loss, residuals, jacobian, iterations: iteration, converged, atBound };
}

/** JᵀWJ and JᵀWr with Huber's weights. */
function normalEquations(residuals: Float64Array, jacobian: readonly Float64Array[], delta: number) {
  const p = jacobian.length;
  const weights = residuals.map((r) => huberWeight(r, delta));
  const gram = Array.from({ length: p }, () => new Array<number>(p).fill(0));
  const slope = new Array<number>(p).fill(0);
  for (let j = 0; j < p; j++) {
    const column = jacobian[j];
    for (let k = 0; k <= j; k++) {
      const other = jacobian[k];
      let sum = 0;
      for (let i = 0; i < column.length; i++) sum += weights[i] * column[i] * other[i];
      gram[j][k] = sum;
      gram[k][j] = sum;
    }
    for (let i = 0; i < column.length; i++) slope[j] += weights[i] * column[i] * residuals[i];
  }
  return { gram, slope };
}

/** Undefined when even the damped matrix is singular to working precision. */
function dampedStep(
  gram: readonly (readonly number[])[],
  slope: readonly number[],
  free: readonly number[],
  scale: readonly number[],
  damping: number,
): number[] | undefined {
  const root = free.map((j) => Math.sqrt(scale[j]));
  const matrix = free.map((j, a) => free.map((k, b) => gram[j][k] / (root[a] * root[b]) + (a === b ? damping : 0)));
  if (!matrix.every((row) => row.every(Number.isFinite))) return undefined;
  try {
    const l = cholesky(matrix);
    return choleskySolve(
      l,
      free.map((j, a) => -slope[j] / root[a]),
    ).map((value, a) => value / root[a]);
  } catch {
    return undefined;
  }
}
