/**
 * @file What the process model of a cohort says of a new run's later value, given the run's beginning.
 *
 * Every model of motion is conditioned on the cohort's curves and the run's points; their forecasts are mixed by weight, and
 * the mixture is told by its mean and variance. Values are finite; callers see to it.
 */
import { RefusedError } from "../../../core/index.ts";
import type { Trajectory } from "../forecaster.ts";
import { contrastMatrix, helmert, newContrast } from "./contrasts.ts";
import { choleskyInPlace, type Factored, factor, type StepBasis, toBasis } from "./evidence.ts";
import { type MeanCurve, meanCurve } from "./meanCurve.ts";
import {
  commonMeans,
  commonNoise,
  contrastCurves,
  covariances,
  type LearnedProcess,
  type MotionModel,
  motionBasis,
  type ProcessInput,
} from "./processModel.ts";
import { amplitudes, elapsed, walkCovariance } from "./stepClock.ts";

/** Models with less weight than this are left out. */
const LEAST_WEIGHT = 0.02;

export interface EndPrediction {
  readonly mean: number;
  /** Of a new evaluation: the noise of one is in it. */
  readonly variance: number;
}

export interface ConditionedProcess {
  /** `prefix` on the grid, NaN where not measured; the forecast is for the grid's point `at`, default the last. */
  predict(run: Trajectory, prefix: Float64Array, at?: number): EndPrediction;
}

/**
 * The process given the cohort's curves, with parameters that may have been learned on more runs. `weights`: one a model,
 * summing to 1.
 */
export function conditionProcess(
  input: ProcessInput,
  { models, common }: LearnedProcess,
  weights: readonly number[],
): ConditionedProcess {
  const { grid } = input;
  const kept = models.map((_, k) => k).filter((k) => weights[k] >= LEAST_WEIGHT);
  const total = kept.reduce((sum, k) => sum + weights[k], 0);
  const best = models[weights.indexOf(Math.max(...weights))];
  const noise = commonNoise(grid, Math.exp(2 * best.logSds[best.logSds.length - 1]));
  const curve = meanCurve(commonMeans(grid), grid.logSteps, noise, common);
  const conditioned = kept.map((k) => conditionModel(input, models[k], curve));
  return {
    predict(run, prefix, at = grid.logSteps.length - 1) {
      const said = conditioned.map((one) => one(run, prefix, at));
      const mean = said.reduce((sum, one, k) => sum + (weights[kept[k]] / total) * one.mean, 0);
      const variance = said.reduce(
        (sum, one, k) => sum + (weights[kept[k]] / total) * (one.variance + (one.mean - mean) ** 2),
        0,
      );
      return { mean, variance };
    },
  };
}

function conditionModel(
  { grid, relations }: ProcessInput,
  model: MotionModel,
  common: MeanCurve,
): (run: Trajectory, prefix: Float64Array, target: number) => EndPrediction {
  const runs = grid.values.length;
  const g = grid.logSteps.length;
  const { logSds } = model;
  const amplitude = amplitudes(grid.logSteps, model.swell);
  const c = walkCovariance(elapsed(grid.logSteps, model.pace), amplitude);
  const basis = motionBasis(grid, model);
  const h = helmert(runs);
  const within = relations.within.map((matrix) => contrastMatrix(h, matrix, runs));
  const at = covariances(within, logSds);
  const factored = factor(toBasis(contrastCurves(grid), runs - 1, basis), runs - 1, basis, at);
  if (factored === undefined)
    throw new RefusedError("Curves", "the covariance of the cohort's curves is not positive definite");
  const kinds = relations.kinds.length;
  return (run, prefix, target) => {
    const { cross, own } = relations.across(run);
    const contrast = relations.within.map((matrix, k) => newContrast(h, matrix, { cross: cross[k], own: own[k] }));
    const weighted = (offset: number) => {
      const sum = { cross: new Float64Array(runs - 1), own: 0 };
      contrast.forEach((part, k) => {
        const variance = Math.exp(2 * logSds[offset + k]);
        sum.own += variance * part.own;
        for (let i = 0; i < runs - 1; i++) sum.cross[i] += variance * part.cross[i];
      });
      return sum;
    };
    const [level, growth] = [weighted(0), weighted(kinds)];
    const seen = [...prefix.keys()].filter((j) => j !== target && Number.isFinite(prefix[j]));
    const points = [...seen, target];
    const related = { level: level.cross, growth: growth.cross, amplitude };
    const { means, covariance } = jointGiven(factored, basis, related, points);
    const m = points.length;
    for (let a = 0; a < m; a++) {
      means[a] += common.values[points[a]];
      for (let b = 0; b < m; b++) {
        const [i, j] = [points[a], points[b]];
        covariance[a * m + b] +=
          level.own * amplitude[i] * amplitude[j] + growth.own * c[i * g + j] + common.covariance[i * g + j];
        if (a === b) covariance[a * m + b] += at.noiseVariance * grid.noiseShape[i];
      }
    }
    return conditionLast(
      means,
      covariance,
      seen.map((j) => prefix[j]),
    );
  };
}

/** Mean and variance of the last of jointly normal values, given the others. */
function conditionLast(means: Float64Array, covariance: Float64Array, seen: readonly number[]): EndPrediction {
  const m = means.length;
  if (!choleskyInPlace(covariance, m))
    throw new RefusedError("Curves", "the covariance of the run's points is not positive definite");
  const z = new Float64Array(m);
  let mean = means[m - 1];
  for (let a = 0; a < m - 1; a++) {
    let sum = seen[a] - means[a];
    for (let b = 0; b < a; b++) sum -= covariance[a * m + b] * z[b];
    z[a] = sum / covariance[a * m + a];
    mean += covariance[(m - 1) * m + a] * z[a];
  }
  return { mean, variance: covariance[m * m - 1] ** 2 };
}

/** Mean and (negative) explained covariance of a new run's departures, given the cohort's contrasts. */
function jointGiven(
  { runs, q, h, n, alpha }: Factored,
  { steps: g, ones, growth }: StepBasis,
  {
    amplitude,
    ...cross
  }: { readonly level: Float64Array; readonly growth: Float64Array; readonly amplitude: Float64Array },
  points: readonly number[],
): { means: Float64Array; covariance: Float64Array } {
  const level = new Float64Array(runs);
  const grown = new Float64Array(runs);
  for (let r = 0; r < runs; r++)
    for (let i = 0; i < runs; i++) {
      level[i] += q[r * runs + i] * cross.level[r];
      grown[i] += q[r * runs + i] * cross.growth[r];
    }
  const m = points.length;
  const k = points.map((j) => {
    const column = new Float64Array(runs * g);
    const size = amplitude[j];
    for (let i = 0; i < runs; i++)
      for (let t = 0; t < g; t++) column[i * g + t] = size * level[i] * ones[t] + grown[i] * growth[j * g + t];
    return column;
  });
  const f = k.map((column) => {
    const out = new Float64Array(runs);
    for (let i = 0; i < runs; i++) for (let t = 0; t < g; t++) out[i] += ones[t] * h[i * g + t] * column[i * g + t];
    return out;
  });
  const means = new Float64Array(m);
  const covariance = new Float64Array(m * m);
  for (let a = 0; a < m; a++) {
    for (let t = 0; t < runs * g; t++) means[a] += k[a][t] * alpha[t];
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let t = 0; t < runs * g; t++) sum -= k[a][t] * h[t] * k[b][t];
      for (let i = 0; i < runs; i++) for (let j = 0; j < runs; j++) sum += f[a][i] * n[i * runs + j] * f[b][j];
      covariance[a * m + b] = covariance[b * m + a] = sum;
    }
  }
  return { means, covariance };
}
