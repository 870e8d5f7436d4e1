/**
 * @file Scaling laws of Chinchilla's form: L = E + A/N^α + B/D^β, or with one of the two terms.
 *
 * Losses, sizes and data must be finite and positive. A fit with fewer points than twice its parameters, or over a
 * coordinate that takes fewer than three values, is refused: the exponent would be made up. What else is wrong is in `diagnostics`.
 */
import { DomainError, RefusedError } from "../../../core/index.ts";
import { minimize } from "../../fit/lbfgs.ts";
import { leastSquaresFit } from "../../fit/levenbergMarquardt.ts";
import { nonNegativeSolve } from "../../fit/nonNegative.ts";
import { huber, huberSlope } from "../../fit/robust.ts";

/** What a trained model has come to. */
export interface ScalingPoint {
  /** Points of one run are not independent and are resampled together. */
  readonly run: string;
  /** Parameters. */
  readonly size: number;
  /** Training tokens, or anything proportional to them (steps at one batch size): B then has other units. */
  readonly data: number;
  readonly loss: number;
}

export type ScalingTerm = "size" | "data";

export interface PowerSumFit {
  readonly terms: readonly ScalingTerm[];
  /** E, the loss that is left at infinite size and data. */
  readonly level: number;
  /** False: the points show no floor, E is 0. */
  readonly hasFloor: boolean;
  /** A and α, B and β, in the order of `terms`. */
  readonly amplitudes: readonly number[];
  readonly exponents: readonly number[];
  /** Σ Huber(ln L̂ − ln L). */
  readonly huberSum: number;
  /** ln(observed) − ln(fitted), in the order of the points. */
  readonly residuals: Float64Array;
  readonly n: number;
  readonly method: string;
  readonly diagnostics: readonly string[];
}

/** Where Huber's loss of the residuals of ln L becomes linear (Hoffmann et al. 2022, appendix D.2). */
export const SCALING_HUBER_DELTA = 1e-3;

export interface PowerSumOptions {
  readonly terms?: readonly ScalingTerm[];
  readonly huberDelta?: number;
}

const EXPONENTS = [0.08, 0.14, 0.22, 0.32, 0.45, 0.65, 0.95, 1.4, 2];
/** Of the amplitudes at the mean of the coordinates. */
const BOUNDS = { exponent: [0.005, 5], logAmplitude: [-60, 60], logLevel: [-30, 30] } as const;
/** A smaller E is called none. */
const NO_FLOOR = 1e-6;

/**
 * Variable projection: over a grid of exponents the level and the amplitudes, in which the law is linear, are solved exactly
 * (non-negative, weights 1/L²); the four best are refined in all parameters by Levenberg–Marquardt with Huber's weights on
 * ln L. Reaches the optimum of `powerSumGridFit` (see the tests) in about a hundredth of its time.
 */
export function powerSumFit(
  points: readonly ScalingPoint[],
  { terms = ["size", "data"], huberDelta = SCALING_HUBER_DELTA }: PowerSumOptions = {},
): PowerSumFit {
  const problem = problemOf(points, terms, huberDelta);
  return fitFrom(
    problem,
    projectedStarts(problem),
    "variable projection over a grid of exponents, then Levenberg–Marquardt",
  );
}

/** Refines given parameters only: for resamples, whose optimum is near. */
export function powerSumRefit(
  points: readonly ScalingPoint[],
  from: PowerSumFit,
  huberDelta = SCALING_HUBER_DELTA,
): PowerSumFit {
  const problem = problemOf(points, from.terms, huberDelta);
  const { level, amplitudes, exponents } = from;
  const start = [Math.log(Math.max(level, NO_FLOOR)), ...amplitudes.map(Math.log), ...exponents];
  return fitFrom(problem, [start], from.method, { valueTolerance: 1e-7, maxIterations: 100 });
}

/**
 * Approach 3 of Hoffmann et al. 2022 as Besiroglu et al. 2024 replicated it: L-BFGS from 4500 starts, α, β ∈ {0, .5, …, 2},
 * ln E ∈ {−1, −.5, …, 1}, ln A, ln B ∈ {0, 5, …, 25} (150 starts where there is one term), on the sum of Huber's loss, not
 * its mean; the best is refined as in `powerSumFit`, which finds the same optimum without the grid.
 */
export function powerSumGridFit(
  points: readonly ScalingPoint[],
  { terms = ["size", "data"], huberDelta = SCALING_HUBER_DELTA }: PowerSumOptions = {},
): PowerSumFit & { readonly starts: number } {
  const problem = problemOf(points, terms, huberDelta);
  const objective = logObjective(problem);
  let [best, lowest, starts] = [undefined as Float64Array | undefined, Number.POSITIVE_INFINITY, 0];
  for (const start of gridStarts(terms.length)) {
    starts++;
    const found = minimize(objective, { start, maxIterations: 300, gradientTolerance: 1e-9, valueTolerance: 1e-9 });
    if (found.value < lowest) [best, lowest] = [found.x, found.value];
  }
  if (best === undefined) throw new RefusedError("Scaling fit", "no start of the grid gave a finite loss");
  const fit = fitFrom(problem, [[...best]], `L-BFGS from ${starts} starts`);
  return { ...fit, starts };
}

/** Loss of a model of this size after this much data. Positive finite arguments. */
export function powerSumLoss(
  { terms, level, amplitudes, exponents }: Pick<PowerSumFit, "terms" | "level" | "amplitudes" | "exponents">,
  at: Pick<ScalingPoint, "size" | "data">,
): number {
  return terms.reduce((sum, term, k) => sum + amplitudes[k] * at[term] ** -exponents[k], level);
}

interface Problem {
  readonly terms: readonly ScalingTerm[];
  /** ln of the coordinate less its mean, by term: amplitudes of centred coordinates are well scaled. */
  readonly logs: readonly Float64Array[];
  readonly centres: readonly number[];
  readonly logLoss: Float64Array;
  readonly delta: number;
}

function problemOf(points: readonly ScalingPoint[], terms: readonly ScalingTerm[], delta: number): Problem {
  if (terms.length === 0 || new Set(terms).size !== terms.length)
    throw new DomainError("Scaling fit: terms", "size, data or both", terms.join(", ") || "none");
  for (const { run, loss, ...point } of points)
    for (const [name, value] of [["loss", loss], ...terms.map((term) => [term, point[term]] as const)] as const)
      if (!(value > 0 && value < Number.POSITIVE_INFINITY))
        throw new DomainError(`Scaling fit: ${name} of run ${run}`, "a positive finite number", value);
  const parameters = 1 + 2 * terms.length;
  if (points.length < 2 * parameters)
    throw new RefusedError(
      "Scaling fit",
      `${points.length} points are too few for ${parameters} parameters; ${2 * parameters} are needed`,
    );
  for (const term of terms) {
    const different = new Set(points.map((point) => point[term])).size;
    if (different < 3)
      throw new RefusedError(
        "Scaling fit",
        `${term} takes ${different} value${different === 1 ? "" : "s"}; its exponent needs 3`,
      );
  }
  const raw = terms.map((term) => Float64Array.from(points, (point) => Math.log(point[term])));
  const centres = raw.map((column) => column.reduce((a, b) => a + b, 0) / column.length);
  return {
    terms,
    centres,
    logs: raw.map((column, k) => column.map((value) => value - centres[k])),
    logLoss: Float64Array.from(points, ({ loss }) => Math.log(loss)),
    delta,
  };
}

/** Starts in natural coordinates [ln E, ln A…, α…], best first. */
function projectedStarts({ logs, centres, logLoss }: Problem): number[][] {
  const n = logLoss.length;
  const grid = logs.reduce<number[][]>((rows, _) => rows.flatMap((row) => EXPONENTS.map((e) => [...row, e])), [[]]);
  const scored = grid.map((exponents) => {
    const p = 1 + exponents.length;
    const gram = Array.from({ length: p }, () => new Array<number>(p).fill(0));
    const moment = new Array<number>(p).fill(0);
    const rows = new Array<number>(p).fill(0);
    for (let i = 0; i < n; i++) {
      const scale = Math.exp(-logLoss[i]);
      rows[0] = scale;
      for (let k = 0; k < exponents.length; k++) rows[k + 1] = scale * Math.exp(-exponents[k] * logs[k][i]);
      for (let a = 0; a < p; a++) {
        moment[a] += rows[a];
        for (let b = 0; b < p; b++) gram[a][b] += rows[a] * rows[b];
      }
    }
    const c = nonNegativeSolve(gram, moment);
    let squares = n;
    for (let a = 0; a < p; a++) {
      squares -= 2 * c[a] * moment[a];
      for (let b = 0; b < p; b++) squares += c[a] * gram[a][b] * c[b];
    }
    return { exponents, c, squares };
  });
  return scored
    .sort((a, b) => a.squares - b.squares)
    .slice(0, 4)
    .map(({ exponents, c }) => [
      Math.log(Math.max(c[0], 1e-6)),
      ...exponents.map((exponent, k) => Math.log(Math.max(c[k + 1], 1e-6)) + exponent * centres[k]),
      ...exponents,
    ]);
}

function fitFrom(
  problem: Problem,
  starts: readonly (readonly number[])[],
  method: string,
  { valueTolerance, maxIterations } = { valueTolerance: 1e-13, maxIterations: 500 },
): PowerSumFit {
  const { terms, logs, centres, logLoss, delta } = problem;
  const [n, k] = [logLoss.length, terms.length];
  const toCentred = (start: readonly number[]) =>
    start.map((value, j) => (j >= 1 && j <= k ? value - start[k + j] * centres[j - 1] : value));
  const fits = starts.map((start) =>
    leastSquaresFit(
      (x, residuals, jacobian) => {
        for (let i = 0; i < n; i++) {
          const level = Math.exp(x[0]);
          let total = level;
          for (let t = 0; t < k; t++) {
            const term = Math.exp(x[1 + t] - x[1 + k + t] * logs[t][i]);
            jacobian[1 + t][i] = term;
            total += term;
          }
          jacobian[0][i] = level / total;
          for (let t = 0; t < k; t++) {
            jacobian[1 + t][i] /= total;
            jacobian[1 + k + t][i] = -jacobian[1 + t][i] * logs[t][i];
          }
          residuals[i] = Math.log(total) - logLoss[i];
        }
      },
      {
        start: toCentred(start),
        residuals: n,
        lower: [BOUNDS.logLevel[0], ...terms.map(() => BOUNDS.logAmplitude[0]), ...terms.map(() => BOUNDS.exponent[0])],
        upper: [BOUNDS.logLevel[1], ...terms.map(() => BOUNDS.logAmplitude[1]), ...terms.map(() => BOUNDS.exponent[1])],
        huberDelta: delta,
        maxIterations,
        valueTolerance,
      },
    ),
  );
  const best = fits.reduce((a, b) => (b.loss < a.loss ? b : a));
  const exponents = [...best.x.slice(1 + k)];
  const hasFloor = Math.exp(best.x[0]) > NO_FLOOR;
  const names = ["E", ...terms.map((term) => `amplitude of ${term}`), ...terms.map((term) => `exponent of ${term}`)];
  return {
    terms,
    level: hasFloor ? Math.exp(best.x[0]) : 0,
    hasFloor,
    amplitudes: terms.map((_, t) => Math.exp(best.x[1 + t] + exponents[t] * centres[t])),
    exponents,
    huberSum: best.loss,
    residuals: best.residuals.map((r) => -r),
    n,
    method,
    diagnostics: [
      ...(best.converged ? [] : ["the fit did not converge"]),
      ...best.atBound.filter((j) => j > 0).map((j) => `the ${names[j]} lies at the edge of its range`),
    ],
  };
}

/** The objective over [ln E, ln A…, α…] with uncentred logarithms, as published. */
function logObjective({ logs, centres, logLoss, delta }: Problem) {
  const [n, k] = [logLoss.length, logs.length];
  const parts = new Float64Array(k + 1);
  return (x: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      parts[0] = x[0];
      let top = x[0];
      for (let t = 0; t < k; t++) {
        parts[t + 1] = x[1 + t] - x[1 + k + t] * (logs[t][i] + centres[t]);
        top = Math.max(top, parts[t + 1]);
      }
      let total = 0;
      for (let t = 0; t <= k; t++) {
        parts[t] = Math.exp(parts[t] - top);
        total += parts[t];
      }
      const residual = top + Math.log(total) - logLoss[i];
      sum += huber(residual, delta);
      const slope = huberSlope(residual, delta) / total;
      for (let t = 0; t <= k; t++) gradient[t] += slope * parts[t];
      for (let t = 0; t < k; t++) gradient[1 + k + t] -= slope * parts[t + 1] * (logs[t][i] + centres[t]);
    }
    return sum;
  };
}

function* gridStarts(terms: number): Generator<number[]> {
  const amplitudes = [0, 5, 10, 15, 20, 25];
  const exponents = [0, 0.5, 1, 1.5, 2];
  const over = (values: readonly number[], count: number) =>
    Array.from({ length: count }).reduce<number[][]>(
      (rows) => rows.flatMap((row) => values.map((v) => [...row, v])),
      [[]],
    );
  for (const level of [-1, -0.5, 0, 0.5, 1])
    for (const a of over(amplitudes, terms)) for (const e of over(exponents, terms)) yield [level, ...a, ...e];
}
