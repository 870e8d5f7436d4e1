/**
 * @file Loss curves under another schedule, or the rest of a run whose schedule is known, with predictive bands.
 *
 * Refuses a fit that states diagnostics and fewer than two curves. Steps outside the schedule throw. Bands are for the losses
 * that would be logged, noise included; they know nothing of spikes or divergence.
 */
import { type Distribution, type Estimate, RefusedError, type Rng } from "../../../core/index.ts";
import { normalQuantile, studentTQuantile } from "../../stats/distributions.ts";
import { cholesky, choleskySolve, transposedSolve } from "../../stats/linear.ts";
import { mean, quantileSorted, sorted } from "../../stats/moments.ts";
import { FORECAST_PROBABILITIES } from "../distribution.ts";
import { fitLossLaw, type LawFit, type LossLaw, type ScheduledCurve } from "./lossLaw.ts";
import type { LearningRateSchedule } from "./schedule.ts";

/** A law fitted on several runs, with what its residuals and its left-out runs say of its uncertainty. */
export interface LawModel {
  readonly fit: LawFit;
  readonly noise: LawNoise;
  /** Standard errors' factor: root mean square of left-out misses in stated spreads, one value a run; at least 1. */
  readonly widening: number;
  /** By run left out: the largest |miss| / stated spread; absent where the law could not be fitted without it. */
  readonly leftOutMaxima: readonly number[];
  readonly runs: number;
  readonly steps: number;
}

export interface LawNoise {
  /** Of ln(loss): noise of a logged value, and of a run's offset from the law. */
  readonly sd: number;
  readonly offsetSd: number;
  /** Updates over which the noise forgets: correlation e^(−Δ/memory). */
  readonly memory: number;
}

export interface CurveForecast {
  readonly steps: readonly number[];
  /** The law's curve, shifted by what the run's prefix says where there is one. */
  readonly losses: Float64Array;
  /** Pointwise. */
  readonly distributions: readonly Distribution[];
  /** Holds the whole curve at once with the stated level. */
  readonly band: {
    readonly level: number;
    readonly low: Float64Array;
    readonly high: Float64Array;
    readonly method: string;
  };
}

/** Prior weight, in runs, of the stated spread against left-out misses. */
const TRUST_IN_STATED_SPREAD = 2;

/**
 * Fits the law on all curves, and again without each of three or more. What left-out curves miss on average, beyond what
 * parameters and noise explain, is the spread of a run's offset from the law. The misses of left-out curves, root mean square in
 * stated spreads, widen the spread: (2 + Σ) / (2 + runs) as a variance, at least 1.
 */
export function lawModel(law: LossLaw, curves: readonly ScheduledCurve[]): LawModel {
  if (curves.length < 2)
    throw new RefusedError(law.name, `${curves.length} run says nothing of other schedules; 2 are needed`);
  const fit = usableFit(fitLossLaw(law, curves));
  const leftOut: LeftOut[] = [];
  if (curves.length >= 3)
    for (const [i, left] of curves.entries()) {
      const others = fitLossLaw(
        law,
        curves.filter((_, k) => k !== i),
        { from: fit.parameters },
      );
      const misses = others.diagnostics.length === 0 ? maybeLeftOutMisses(others, left) : undefined;
      if (misses !== undefined) leftOut.push(misses);
    }
  const noise = { ...noiseOf(fit), offsetSd: offsetSdOf(fit, leftOut) };
  const z = leftOut.map(({ misses, variances }) =>
    misses.map((miss, i) => miss / Math.sqrt(variances[i] + noise.offsetSd ** 2)),
  );
  const squares = z.map((own) => mean(own.map((one) => one * one)));
  const maxima = z.map((own) => own.reduce((top, one) => Math.max(top, Math.abs(one)), 0));
  const sum = squares.reduce((a, b) => a + b, 0);
  const widening = Math.max(1, Math.sqrt((TRUST_IN_STATED_SPREAD + sum) / (TRUST_IN_STATED_SPREAD + squares.length)));
  return {
    fit,
    noise,
    widening,
    leftOutMaxima: maxima,
    runs: curves.length,
    steps: fit.steps.reduce((n, s) => n + s.length, 0),
  };
}

/**
 * The loss at each step of a schedule. Spread: parameters by Laplace's approximation with the points counted at their
 * effective number n(1 − ρ)/(1 + ρ), the run's offset, and the noise of a logged value; times the model's widening; Student t
 * on 2 + runs df, of ln(loss). `prefix`: what the run has logged so far; its offset and its last residual are carried on.
 * The band: where at least 1/(1 − level) − 1 runs were left out, their largest misses (conformal, the run as the unit);
 * otherwise the largest of simulated misses.
 */
export function forecastCurve(
  model: LawModel,
  {
    schedule,
    steps,
    prefix,
    level = 0.9,
    rng,
  }: {
    readonly schedule: LearningRateSchedule;
    readonly steps: readonly number[];
    readonly prefix?: { readonly steps: readonly number[]; readonly losses: readonly number[] };
    readonly level?: number;
    readonly rng: Rng;
  },
): CurveForecast {
  const { fit, noise, widening, runs } = model;
  const at = predictionOf(fit, schedule, steps);
  const carried = carriedOver(model, schedule, prefix);
  const factor = parameterFactor(fit, noise);
  const centre = new Float64Array(steps.length);
  const spread = new Float64Array(steps.length);
  for (let i = 0; i < steps.length; i++) {
    const keep = carried.last === undefined ? 0 : Math.exp(-(steps[i] - carried.last.step) / noise.memory);
    centre[i] = Math.log(at.losses[i]) + carried.offset + keep * (carried.last?.residual ?? 0);
    const own = parameterVariance(factor, at.gradients, i);
    spread[i] = widening * Math.sqrt(own + carried.offsetVariance + noise.sd ** 2 * (1 - keep * keep));
  }
  const df = TRUST_IN_STATED_SPREAD + runs;
  const multiplier = bandMultiplier(model, { steps, at, factor, carried, spread, level, rng });
  const t = new Map(FORECAST_PROBABILITIES.map((p) => [p, p === 0.5 ? 0 : studentTQuantile(p, df)]));
  return {
    steps,
    losses: centre.map(Math.exp),
    distributions: steps.map((_, i) => ({
      probabilities: [...FORECAST_PROBABILITIES],
      quantiles: FORECAST_PROBABILITIES.map((p) => Math.exp(centre[i] + spread[i] * t.get(p)!)),
    })),
    band: {
      level,
      low: centre.map((value, i) => Math.exp(value - multiplier.value * spread[i])),
      high: centre.map((value, i) => Math.exp(value + multiplier.value * spread[i])),
      method: multiplier.method,
    },
  };
}

/** The law's parameters with Laplace intervals, on the scale they were fitted on, widened as forecasts are. */
export function lawEstimates(
  { fit, noise, widening, runs }: LawModel,
  { level = 0.9 } = {},
): { name: string; estimate: Estimate }[] {
  const factor = parameterFactor(fit, noise);
  const z = normalQuantile((1 + level) / 2);
  return fit.law.parameters.map(({ name, isLinear }, j) => {
    const unit = fit.parameters.map((_, k) => Number(k === j));
    const sd = widening * Math.sqrt(choleskySolve(factor, unit)[j]);
    const value = fit.parameters[j];
    const ends = isLinear ? [value - z * sd, value + z * sd] : [value * Math.exp(-z * sd), value * Math.exp(z * sd)];
    const method = `Huber on ln(loss); Laplace, effective number of points, widened ${widening.toFixed(2)} × by left-out runs`;
    return { name, estimate: { value, low: ends[0], high: ends[1], level, method, n: runs } };
  });
}

function usableFit(fit: LawFit): LawFit {
  if (fit.diagnostics.length > 0) throw new RefusedError(fit.law.name, fit.diagnostics.join("; "));
  return fit;
}

/** Spread of residuals, split into run offsets and noise; memory from the correlation of neighbouring noise. */
function noiseOf({ residuals, steps, parameters }: LawFit): LawNoise {
  const n = residuals.reduce((sum, own) => sum + own.length, 0);
  let [within, products, neighbours, gaps, pairs] = [0, 0, 0, 0, 0];
  const offsets: number[] = [];
  residuals.forEach((own, c) => {
    if (own.length === 0) return;
    const centre = mean(own);
    offsets.push(centre);
    for (let i = 0; i < own.length; i++) {
      within += (own[i] - centre) ** 2;
      if (i === 0) continue;
      products += (own[i] - centre) * (own[i - 1] - centre);
      neighbours += 0.5 * ((own[i] - centre) ** 2 + (own[i - 1] - centre) ** 2);
      gaps += steps[c][i] - steps[c][i - 1];
      pairs++;
    }
  });
  const sd = Math.sqrt(within / Math.max(1, n - parameters.length - offsets.length)) || 1e-12;
  // Removing each run's mean biases a correlation down by about (1 + 3ρ)/n (Kendall 1954).
  const raw = neighbours > 0 ? products / neighbours : 0;
  const correlation = Math.min(0.98, Math.max(0, raw + ((1 + 3 * raw) * offsets.length) / Math.max(n, 1)));
  const gap = pairs > 0 ? gaps / pairs : 1;
  const memory = correlation > 0 ? -gap / Math.log(correlation) : 1e-6 * gap;
  const perRun = (n / offsets.length) * ((1 - correlation) / (1 + correlation));
  const between = mean(offsets.map((offset) => offset * offset));
  return { sd, memory, offsetSd: Math.sqrt(Math.max(0, between - (sd * sd) / Math.max(1, perRun))) };
}

/** Cholesky factor of the inverse covariance of the fitted coordinates; undefined where it has no inverse. */
function maybeParameterFactor(
  { law, hasPriors, jacobians, parameters, steps }: LawFit,
  { sd, memory }: LawNoise,
): number[][] | undefined {
  const p = parameters.length;
  const gram = Array.from({ length: p }, () => new Array<number>(p).fill(0));
  jacobians.forEach((columns, c) => {
    const own = steps[c];
    if (own.length < 2) return;
    const rho = Math.exp(-(own[own.length - 1] - own[0]) / (own.length - 1) / memory);
    const weight = (1 - rho) / (1 + rho) / (sd * sd);
    for (let j = 0; j < p; j++)
      for (let k = 0; k <= j; k++) {
        let sum = 0;
        for (let i = 0; i < own.length; i++) sum += columns[j][i] * columns[k][i];
        gram[j][k] += weight * sum;
        gram[k][j] = gram[j][k];
      }
  });
  law.parameters.forEach(({ prior }, j) => {
    if (hasPriors && prior !== undefined) gram[j][j] += 1 / prior.logSd ** 2;
  });
  try {
    return cholesky(gram);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

function parameterFactor(fit: LawFit, noise: LawNoise): number[][] {
  const factor = maybeParameterFactor(fit, noise);
  if (factor === undefined) throw new RefusedError(fit.law.name, "these schedules do not tell its parameters apart");
  return factor;
}

interface Prediction {
  readonly losses: Float64Array;
  /** ∂ ln loss / ∂ fitted coordinate, by coordinate. */
  readonly gradients: readonly Float64Array[];
}

function predictionOf(
  { law, parameters }: LawFit,
  schedule: LearningRateSchedule,
  steps: readonly number[],
): Prediction {
  const losses = new Float64Array(steps.length);
  const gradients = parameters.map(() => new Float64Array(steps.length));
  law.design(schedule, steps).evaluate(parameters, losses, gradients);
  gradients.forEach((column, j) => {
    for (let i = 0; i < column.length; i++) column[i] *= (law.parameters[j].isLinear ? 1 : parameters[j]) / losses[i];
  });
  return { losses, gradients };
}

function parameterVariance(
  factor: readonly (readonly number[])[],
  gradients: readonly Float64Array[],
  i: number,
): number {
  const row = gradients.map((column) => column[i]);
  return choleskySolve(factor, row).reduce((sum, value, j) => sum + value * row[j], 0);
}

/** Of a left-out curve, by point: ln(observed) − ln(forecast), and the variance that parameters and noise explain. */
interface LeftOut {
  readonly misses: readonly number[];
  readonly variances: readonly number[];
  /** Mean of the parameters' share of the variances. */
  readonly parameterVariance: number;
}

/** Undefined where the other curves do not tell the parameters apart. */
function maybeLeftOutMisses(fit: LawFit, { schedule, steps, losses }: ScheduledCurve): LeftOut | undefined {
  const noise = noiseOf(fit);
  const kept = steps.map((_, i) => i).filter((i) => steps[i] > schedule.warmupEnd && losses[i] > 0);
  const at = predictionOf(
    fit,
    schedule,
    kept.map((i) => steps[i]),
  );
  const factor = maybeParameterFactor(fit, noise);
  if (factor === undefined) return undefined;
  const own = kept.map((_, k) => parameterVariance(factor, at.gradients, k));
  return {
    misses: kept.map((i, k) => Math.log(losses[i]) - Math.log(at.losses[k])),
    variances: own.map((variance) => variance + noise.sd ** 2),
    parameterVariance: mean(own),
  };
}

/** Without left-out curves: from the mean residuals of the fitted ones, less what noise explains. */
function offsetSdOf(fit: LawFit, leftOut: readonly LeftOut[]): number {
  if (leftOut.length === 0) return noiseOf(fit).offsetSd;
  const excess = leftOut.map(({ misses, parameterVariance: own }) => mean(misses) ** 2 - own);
  return Math.sqrt(Math.max(0, mean(excess)));
}

interface CarriedOver {
  readonly offset: number;
  readonly offsetVariance: number;
  readonly last?: { readonly step: number; readonly residual: number };
}

/** The run's offset given its prefix (normal prior from the runs), and what its last value adds to it. */
function carriedOver(
  { fit, noise }: LawModel,
  schedule: LearningRateSchedule,
  prefix: { readonly steps: readonly number[]; readonly losses: readonly number[] } | undefined,
): CarriedOver {
  const prior = noise.offsetSd ** 2;
  const kept = (prefix?.steps ?? [])
    .map((_, i) => i)
    .filter((i) => prefix!.steps[i] > schedule.warmupEnd && prefix!.losses[i] > 0);
  if (kept.length < 2) return { offset: 0, offsetVariance: prior };
  const steps = kept.map((i) => prefix!.steps[i]);
  const { losses } = predictionOf(fit, schedule, steps);
  const residuals = kept.map((i, k) => Math.log(prefix!.losses[i]) - Math.log(losses[k]));
  const rho = Math.exp(-(steps[steps.length - 1] - steps[0]) / (steps.length - 1) / noise.memory);
  const variance = (noise.sd ** 2 * (1 + rho)) / (1 - rho) / residuals.length;
  const share = prior / (prior + variance);
  const offset = share * mean(residuals);
  const residual = residuals[residuals.length - 1] - offset;
  return { offset, offsetVariance: share * variance, last: { step: steps[steps.length - 1], residual } };
}

const SIMULATIONS = 1000;

function bandMultiplier(
  { noise, leftOutMaxima, widening, runs }: LawModel,
  {
    steps,
    at,
    factor,
    carried,
    spread,
    level,
    rng,
  }: {
    steps: readonly number[];
    at: Prediction;
    factor: readonly (readonly number[])[];
    carried: CarriedOver;
    spread: Float64Array;
    level: number;
    rng: Rng;
  },
): { value: number; method: string } {
  const rank = Math.ceil((leftOutMaxima.length + 1) * level - 1e-9);
  if (rank <= leftOutMaxima.length)
    return {
      value: sorted(leftOutMaxima)[rank - 1] / widening,
      method: `largest miss of each left-out run, conformal over ${leftOutMaxima.length} runs`,
    };
  const p = factor.length;
  const maxima = Array.from({ length: SIMULATIONS }, () => {
    // Covariance (LLᵀ)⁻¹ for standard normal draws.
    const moved = transposedSolve(
      factor,
      Array.from({ length: p }, () => rng.normal()),
    );
    const offset = Math.sqrt(carried.offsetVariance) * rng.normal();
    // Student t: one chi-square for the whole curve.
    let square = 0;
    for (let k = 0; k < TRUST_IN_STATED_SPREAD + runs; k++) square += rng.normal() ** 2;
    const tail = Math.sqrt((TRUST_IN_STATED_SPREAD + runs) / square);
    let wave = carried.last === undefined ? noise.sd * rng.normal() : 0;
    let before = carried.last?.step ?? steps[0];
    let top = 0;
    for (let i = 0; i < steps.length; i++) {
      const keep = Math.exp(-(steps[i] - before) / noise.memory);
      wave = keep * wave + noise.sd * Math.sqrt(1 - keep * keep) * rng.normal();
      before = steps[i];
      let miss = offset + wave;
      for (let j = 0; j < p; j++) miss += moved[j] * at.gradients[j][i];
      top = Math.max(top, (tail * widening * Math.abs(miss)) / spread[i]);
    }
    return top;
  });
  return {
    value: quantileSorted(sorted(maxima), level),
    method: `largest of ${SIMULATIONS} simulated misses; ${leftOutMaxima.length} left-out runs are too few for a conformal band at this level`,
  };
}
