/**
 * @file What a law of the loss under a learning-rate schedule is, and its fit on several runs together.
 *
 * Losses that are not finite and positive throw. Steps of the warm-up are left out: no law here speaks of them. A fit that did not
 * converge, or whose parameters the schedules do not tell apart, says so in `diagnostics`; forecasts refuse it.
 */
import { DomainError, RefusedError, ShapeError } from "../../../core/index.ts";
import { type LeastSquaresFit, leastSquaresFit } from "../../fit/levenbergMarquardt.ts";
import { nonNegativeSolve } from "../../fit/nonNegative.ts";
import { huber } from "../../fit/robust.ts";
import { type LearningRateSchedule, requireCovered } from "./schedule.ts";

/** A loss curve and the schedule it was trained under. */
export interface ScheduledCurve {
  readonly run: string;
  readonly schedule: LearningRateSchedule;
  /** Whole updates, ascending. */
  readonly steps: readonly number[];
  readonly losses: readonly number[];
}

/** A law prepared for one schedule and the steps at which it is asked. */
export interface LawDesign {
  /** Writes the losses for the parameters (the law's own, natural scale), and where wanted ∂loss/∂parameter. */
  evaluate(parameters: readonly number[], losses: Float64Array, gradients?: readonly Float64Array[]): void;
}

/** A parameter's bounds; all are fitted on the logarithm unless `isLinear`, so lower > 0 there. */
export interface LawParameter {
  readonly name: string;
  readonly lower: number;
  readonly upper: number;
  /** Enters the loss linearly (level, amplitude): found exactly for each start. */
  readonly isLinear: boolean;
  /** What is known of it from elsewhere: centre, and spread of its logarithm. */
  readonly prior?: { readonly centre: number; readonly logSd: number };
}

export interface LossLaw {
  readonly name: string;
  readonly source: string;
  readonly parameters: readonly LawParameter[];
  /** Values of the parameters that are not linear, in their order, from which the fit starts. */
  readonly starts: readonly (readonly number[])[];
  design(schedule: LearningRateSchedule, steps: readonly number[]): LawDesign;
}

export interface LawFit {
  readonly law: LossLaw;
  readonly parameters: readonly number[];
  /** Σ Huber of ln(loss) residuals, without what priors add. */
  readonly huberSum: number;
  /** By curve, ln(observed) − ln(fitted) at `steps[c]`. */
  readonly residuals: readonly Float64Array[];
  readonly steps: readonly (readonly number[])[];
  /** ∂ ln loss / ∂ (fitted coordinate), by curve and coordinate; for intervals. */
  readonly jacobians: readonly (readonly Float64Array[])[];
  readonly hasPriors: boolean;
  /** What is wrong with the fit; empty when nothing is. */
  readonly diagnostics: readonly string[];
}

export const LAW_HUBER_DELTA = 1e-3;
/** A prior counts as this many points, each of which misses by δ where the parameter is one spread off. */
const PRIOR_POINTS = 10;

/**
 * Fits a law on all curves at once: Σ Huber(ln L̂ − ln L), δ = 1e-3, each curve's points of equal weight. From each start the
 * linear parameters are solved exactly (non-negative, weights 1/L²), the three best starts are refined by
 * Levenberg–Marquardt with Huber's weights, and the best of those is the fit.
 */
export function fitLossLaw(
  law: LossLaw,
  curves: readonly ScheduledCurve[],
  { from, hasPriors = true }: { readonly from?: readonly number[]; readonly hasPriors?: boolean } = {},
): LawFit {
  const kept = curves.map(usablePoints);
  const n = kept.reduce((sum, { steps }) => sum + steps.length, 0);
  if (n < 2 * law.parameters.length)
    throw new RefusedError(
      `Fit of ${law.name}`,
      `${n} points after the warm-up are too few for ${law.parameters.length} parameters`,
    );
  const problem = prepare(law, kept);
  const starts = from === undefined ? bestStarts(law, problem) : [from];
  let best: LeastSquaresFit | undefined;
  for (const start of starts) {
    const fit = refine(law, problem, start, hasPriors);
    if (best === undefined || fit.loss < best.loss) best = fit;
  }
  return { ...lawFitOf(law, problem, kept, best!), hasPriors };
}

interface Problem {
  readonly designs: readonly LawDesign[];
  readonly logs: readonly Float64Array[];
  readonly n: number;
}

function prepare(
  law: LossLaw,
  curves: readonly { schedule: LearningRateSchedule; steps: number[]; losses: number[] }[],
) {
  return {
    designs: curves.map(({ schedule, steps }) => law.design(schedule, steps)),
    logs: curves.map(({ losses }) => Float64Array.from(losses, Math.log)),
    n: curves.reduce((sum, { steps }) => sum + steps.length, 0),
  };
}

function usablePoints({ run, schedule, steps, losses }: ScheduledCurve) {
  if (steps.length !== losses.length)
    throw new ShapeError(`Losses of run ${run}`, `[${steps.length}]`, [losses.length]);
  requireCovered(`Schedule of run ${run}`, schedule, steps);
  const points = steps.map((_, i) => i).filter((i) => steps[i] > schedule.warmupEnd && !Number.isNaN(losses[i]));
  for (const i of points)
    if (!(losses[i] > 0 && losses[i] < Number.POSITIVE_INFINITY))
      throw new DomainError(`Losses of run ${run}`, "finite positive losses", `${losses[i]} at step ${steps[i]}`);
  return { schedule, steps: points.map((i) => steps[i]), losses: points.map((i) => losses[i]) };
}

/** The three starts with the smallest weighted squares after their linear parameters are solved. */
function bestStarts(law: LossLaw, problem: Problem): number[][] {
  const scored = law.starts.map((start) => {
    const parameters = withLinear(law, problem, start);
    return { parameters, squares: squaresOf(problem, parameters) };
  });
  return scored
    .filter(({ squares }) => Number.isFinite(squares))
    .sort((a, b) => a.squares - b.squares)
    .slice(0, 3)
    .map(({ parameters }) => parameters);
}

function withLinear(law: LossLaw, { designs, logs }: Problem, start: readonly number[]): number[] {
  const linear = law.parameters.map((_, j) => j).filter((j) => law.parameters[j].isLinear);
  const gram = linear.map(() => new Array<number>(linear.length).fill(0));
  const moment = new Array<number>(linear.length).fill(0);
  let next = 0;
  const parameters = law.parameters.map(({ isLinear }) => (isLinear ? 1 : start[next++]));
  designs.forEach((design, c) => {
    const n = logs[c].length;
    const gradients = law.parameters.map(() => new Float64Array(n));
    design.evaluate(parameters, new Float64Array(n), gradients);
    for (let i = 0; i < n; i++) {
      const weight = Math.exp(-2 * logs[c][i]);
      linear.forEach((j, a) => {
        moment[a] += weight * gradients[j][i] * Math.exp(logs[c][i]);
        for (let b = 0; b <= a; b++) gram[a][b] += weight * gradients[j][i] * gradients[linear[b]][i];
      });
    }
  });
  for (let a = 0; a < linear.length; a++) for (let b = 0; b < a; b++) gram[b][a] = gram[a][b];
  const solved = nonNegativeSolve(gram, moment);
  linear.forEach((j, a) => {
    parameters[j] = Math.min(law.parameters[j].upper, Math.max(law.parameters[j].lower, solved[a]));
  });
  return parameters;
}

function squaresOf({ designs, logs }: Problem, parameters: readonly number[]): number {
  let sum = 0;
  designs.forEach((design, c) => {
    const losses = new Float64Array(logs[c].length);
    design.evaluate(parameters, losses);
    for (let i = 0; i < losses.length; i++) sum += (losses[i] / Math.exp(logs[c][i]) - 1) ** 2;
  });
  return sum;
}

function refine(
  law: LossLaw,
  { designs, logs, n }: Problem,
  start: readonly number[],
  hasPriors: boolean,
): LeastSquaresFit {
  const priors = law.parameters.flatMap(({ prior }, j) => (hasPriors && prior !== undefined ? [{ ...prior, j }] : []));
  const natural = (x: Float64Array) => law.parameters.map(({ isLinear }, j) => (isLinear ? x[j] : Math.exp(x[j])));
  const toFitted = (value: number, j: number) => (law.parameters[j].isLinear ? value : Math.log(value));
  return leastSquaresFit(
    (x, residuals, jacobian) => {
      const parameters = natural(x);
      let offset = 0;
      designs.forEach((design, c) => {
        const m = logs[c].length;
        const losses = residuals.subarray(offset, offset + m);
        const gradients = jacobian.map((column) => column.subarray(offset, offset + m));
        design.evaluate(parameters, losses, gradients);
        for (let j = 0; j < gradients.length; j++) {
          const chain = law.parameters[j].isLinear ? 1 : parameters[j];
          for (let i = 0; i < m; i++) gradients[j][i] *= chain / losses[i];
        }
        for (let i = 0; i < m; i++) losses[i] = Math.log(losses[i]) - logs[c][i];
        offset += m;
      });
      for (const { j, centre, logSd } of priors)
        for (let k = 0; k < PRIOR_POINTS; k++, offset++) {
          residuals[offset] = (LAW_HUBER_DELTA * (x[j] - Math.log(centre))) / logSd;
          jacobian[j][offset] = LAW_HUBER_DELTA / logSd;
        }
    },
    {
      start: start.map(toFitted),
      residuals: n + PRIOR_POINTS * priors.length,
      lower: law.parameters.map(({ lower }, j) => toFitted(lower, j)),
      upper: law.parameters.map(({ upper }, j) => toFitted(upper, j)),
      huberDelta: LAW_HUBER_DELTA,
      maxIterations: 400,
      valueTolerance: 1e-9,
    },
  );
}

function lawFitOf(
  law: LossLaw,
  { logs }: Problem,
  kept: readonly { steps: number[] }[],
  { x, residuals, jacobian, converged, atBound }: LeastSquaresFit,
): Omit<LawFit, "hasPriors"> {
  let offset = 0;
  const slices = logs.map(({ length }) => {
    const range = [offset, offset + length] as const;
    offset += length;
    return range;
  });
  return {
    law,
    parameters: law.parameters.map(({ isLinear }, j) => (isLinear ? x[j] : Math.exp(x[j]))),
    huberSum: residuals.subarray(0, offset).reduce((sum, r) => sum + huber(r, LAW_HUBER_DELTA), 0),
    residuals: slices.map(([a, b]) => residuals.slice(a, b).map((r) => -r)),
    steps: kept.map(({ steps }) => steps),
    jacobians: slices.map(([a, b]) => jacobian.map((column) => column.slice(a, b))),
    diagnostics: [
      ...(converged ? [] : ["the fit did not converge"]),
      ...atBound.map((j) => `${law.parameters[j].name} lies at the edge of its range`),
    ],
  };
}

/** Losses of a law at whole updates of a schedule. */
export function lawLosses(
  { law, parameters }: { readonly law: LossLaw; readonly parameters: readonly number[] },
  schedule: LearningRateSchedule,
  steps: readonly number[],
): Float64Array {
  requireCovered(law.name, schedule, steps);
  const losses = new Float64Array(steps.length);
  law.design(schedule, steps).evaluate(parameters, losses);
  return losses;
}

/** How a predicted curve misses an observed one, as the literature on these laws reports it. Finite values, at least two. */
export interface CurveErrors {
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)². */
  readonly r2: number;
  readonly meanAbsolute: number;
  readonly rootMeanSquare: number;
  /** Mean of |y − ŷ| / y, "PredE". */
  readonly meanRelative: number;
  /** Largest |y − ŷ| / y, "WorstE". */
  readonly worstRelative: number;
}

export function curveErrors(observed: ArrayLike<number>, predicted: ArrayLike<number>): CurveErrors {
  const n = observed.length;
  if (predicted.length !== n) throw new ShapeError("curveErrors: predicted", `[${n}]`, [predicted.length]);
  let centre = 0;
  for (let i = 0; i < n; i++) centre += observed[i] / n;
  let [squares, total, absolute, relative, worst] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const miss = Math.abs(observed[i] - predicted[i]);
    squares += miss * miss;
    total += (observed[i] - centre) ** 2;
    absolute += miss;
    relative += miss / observed[i];
    worst = Math.max(worst, miss / observed[i]);
  }
  if (!(n >= 2) || !Number.isFinite(squares + total) || total === 0)
    throw new DomainError("curveErrors", "at least 2 finite values that differ", `${n} values`);
  return {
    r2: 1 - squares / total,
    meanAbsolute: absolute / n,
    rootMeanSquare: Math.sqrt(squares / n),
    meanRelative: relative / n,
    worstRelative: worst,
  };
}
