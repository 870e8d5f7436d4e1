/**
 * @file A Gaussian process over runs and ln(step) for one measure: what a cohort's curves say about where a new run's goes.
 *
 * A curve is a level plus growth that wanders in ln(step) (Brownian motion), each the sum of a part common to all runs, a part linear in
 * the configuration, a part smooth in it, and the run's own; plus noise of every evaluation. The standard deviations of the
 * nine parts maximise the likelihood times weak log-normal priors in units of the curves' spread, so that the fit is
 * deterministic and has no settings. Values are finite; callers see to it.
 */
import { RefusedError } from "../../../core/index.ts";
import { minimize } from "../../fit/lbfgs.ts";
import { mean } from "../../stats/moments.ts";
import type { Trajectory } from "../forecaster.ts";
import type { CurveGrid } from "./curveGrid.ts";
import {
  choleskyInPlace,
  type Factored,
  factor,
  likelihoodGradient,
  type StepBasis,
  stepBasis,
  toBasis,
} from "./evidence.ts";
import type { Relation, RunRelations } from "./runRelations.ts";

/** Median of each part's sd in units of the curves' spread about their mean, over the whole range of steps for growth. */
const USUAL: Record<"level" | "growth", Record<Relation, number>> = {
  level: { all: 1, linear: 0.3, near: 0.15, own: 0.05 },
  growth: { all: 1, linear: 0.5, near: 0.2, own: 0.1 },
};
/** Sd of the logarithm of those, and of the noise about its estimate from neighbouring evaluations. */
const DOUBT = 1;
const NOISE_DOUBT = 0.7;

export interface LearnedProcess {
  /** ln sd of each level part, each growth part, and the noise, in the values' unit. */
  readonly logSds: Float64Array;
  readonly centre: number;
  readonly logLikelihood: number;
}

export interface ProcessInput {
  readonly grid: CurveGrid;
  readonly relations: RunRelations;
}

export function learnProcess(input: ProcessInput): LearnedProcess {
  const { grid, relations } = input;
  const runs = grid.values.length;
  const kinds = relations.kinds.length;
  const all = grid.values.flatMap((row) => [...row]);
  const centre = mean(all);
  const unit = Math.sqrt(mean(all.map((value) => (value - centre) ** 2)));
  if (!(unit > 0)) throw new RefusedError("Curves", "all values of the cohort's curves are equal");
  const noise = Math.min(Math.max(neighbourNoise(grid), 1e-4 * unit), unit);
  const usual = Float64Array.from([
    ...relations.kinds.map((kind) => Math.log(USUAL.level[kind] * unit)),
    ...relations.kinds.map((kind) => Math.log(USUAL.growth[kind] * unit)),
    Math.log(noise),
  ]);
  const doubt = (p: number) => (p === 2 * kinds ? NOISE_DOUBT : DOUBT);
  const basis = basisOf(grid);
  const y = toBasis(
    Float64Array.from(all, (value) => value - centre),
    runs,
    basis,
  );
  let likelihood = Number.NaN;
  const objective = (x: Float64Array, gradient: Float64Array): number => {
    const factored = factor(y, runs, basis, covariances(relations, x));
    if (factored === undefined) return Number.POSITIVE_INFINITY;
    likelihood = factored.logLikelihood;
    const by = likelihoodGradient(basis, factored);
    let value = -likelihood;
    for (let p = 0; p < x.length; p++) {
      const isNoise = p === 2 * kinds;
      const slope = isNoise ? by.noiseVariance : inner(p < kinds ? by.level : by.growth, relations.within[p % kinds]);
      const from = (x[p] - usual[p]) / doubt(p);
      gradient[p] = -2 * Math.exp(2 * x[p]) * slope + from / doubt(p);
      value += 0.5 * from * from;
    }
    return value;
  };
  const { x } = minimize(objective, { start: usual, maxIterations: 60, gradientTolerance: 1e-2, valueTolerance: 1e-7 });
  return { logSds: x, centre, logLikelihood: likelihood };
}

export interface EndPrediction {
  readonly mean: number;
  /** Of a new evaluation: the noise of one is in it. */
  readonly variance: number;
}

export interface ConditionedProcess {
  /** `prefix` on the grid, NaN where not measured; the forecast is for the grid's point `at`. */
  predict(run: Trajectory, prefix: Float64Array, at?: number): EndPrediction;
}

/** The process given the cohort's curves, with parameters that may have been learned on more. */
export function conditionProcess(
  { grid, relations }: ProcessInput,
  { logSds, centre }: LearnedProcess,
): ConditionedProcess {
  const runs = grid.values.length;
  const basis = basisOf(grid);
  const flat = Float64Array.from(
    grid.values.flatMap((row) => [...row]),
    (value) => value - centre,
  );
  const at = covariances(relations, logSds);
  const factored = factor(toBasis(flat, runs, basis), runs, basis, at);
  if (factored === undefined)
    throw new RefusedError("Curves", "the covariance of the cohort's curves is not positive definite");
  const kinds = relations.kinds.length;
  const c = growthCovariance(grid.logSteps);
  const g = basis.steps;
  return {
    predict(run, prefix, target = g - 1) {
      const { cross, own } = relations.across(run);
      const weighted = (parts: readonly number[], offset: number) =>
        parts.reduce((sum, part, k) => sum + Math.exp(2 * logSds[offset + k]) * part, 0);
      const crossOf = (offset: number) =>
        Float64Array.from({ length: runs }, (_, i) =>
          weighted(
            cross.map((part) => part[i]),
            offset,
          ),
        );
      const seen = [...prefix.keys()].filter((j) => j !== target && Number.isFinite(prefix[j]));
      const points = [...seen, target];
      const { means, covariance } = jointGiven(factored, basis, { level: crossOf(0), growth: crossOf(kinds) }, points);
      const [ownLevel, ownGrowth] = [weighted(own, 0), weighted(own, kinds)];
      const m = points.length;
      for (let a = 0; a < m; a++)
        for (let b = 0; b < m; b++) {
          covariance[a * m + b] += ownLevel + ownGrowth * c[points[a] * g + points[b]];
          if (a === b) covariance[a * m + b] += at.noiseVariance * grid.noiseShape[points[a]];
        }
      return conditionLast(
        means,
        covariance,
        seen.map((j) => prefix[j] - centre),
        centre,
      );
    },
  };
}

/** Mean and variance of the last of jointly normal values, given the others. */
function conditionLast(
  means: Float64Array,
  covariance: Float64Array,
  seen: readonly number[],
  centre: number,
): EndPrediction {
  const m = means.length;
  if (!choleskyInPlace(covariance, m))
    throw new RefusedError("Curves", "the covariance of the run's points is not positive definite");
  const z = new Float64Array(m);
  let mean = centre + means[m - 1];
  for (let a = 0; a < m - 1; a++) {
    let sum = seen[a] - means[a];
    for (let b = 0; b < a; b++) sum -= covariance[a * m + b] * z[b];
    z[a] = sum / covariance[a * m + a];
    mean += covariance[(m - 1) * m + a] * z[a];
  }
  return { mean, variance: covariance[m * m - 1] ** 2 };
}

/** Mean and (negative) explained covariance of a new run's points, given the cohort alone. */
function jointGiven(
  { runs, q, h, n, alpha }: Factored,
  { steps: g, ones, growth }: StepBasis,
  cross: { readonly level: Float64Array; readonly growth: Float64Array },
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
    for (let i = 0; i < runs; i++)
      for (let t = 0; t < g; t++) column[i * g + t] = level[i] * ones[t] + grown[i] * growth[j * g + t];
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

function covariances({ within, kinds }: RunRelations, logSds: Float64Array) {
  const size = within[0].length;
  const [level, growth] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < kinds.length; k++) {
    const [a, b] = [Math.exp(2 * logSds[k]), Math.exp(2 * logSds[kinds.length + k])];
    for (let t = 0; t < size; t++) {
      level[t] += a * within[k][t];
      growth[t] += b * within[k][t];
    }
  }
  return { level, growth, noiseVariance: Math.exp(2 * logSds[2 * kinds.length]) };
}

const bases = new WeakMap<CurveGrid, StepBasis>();

function basisOf(grid: CurveGrid): StepBasis {
  let basis = bases.get(grid);
  if (basis === undefined) {
    basis = stepBasis(growthCovariance(grid.logSteps), grid.noiseShape);
    bases.set(grid, basis);
  }
  return basis;
}

/** Brownian motion in ln(step) from the first grid step, of variance 1 at the last. */
function growthCovariance(logSteps: Float64Array): Float64Array {
  const g = logSteps.length;
  const range = logSteps[g - 1] - logSteps[0];
  const c = new Float64Array(g * g);
  for (let i = 0; i < g; i++)
    for (let j = 0; j < g; j++) c[i * g + j] = (Math.min(logSteps[i], logSteps[j]) - logSteps[0]) / range;
  return c;
}

/** Sd of an evaluation about the line through its neighbours, over the later half of the grid. */
function neighbourNoise({ values, logSteps }: CurveGrid): number {
  const g = logSteps.length;
  let [sum, count] = [0, 0];
  for (const row of values)
    for (let j = Math.max(1, g >> 1); j < g - 1; j++) {
      const share = (logSteps[j] - logSteps[j - 1]) / (logSteps[j + 1] - logSteps[j - 1]);
      const off = row[j] - (1 - share) * row[j - 1] - share * row[j + 1];
      sum += (off * off) / (1 + (1 - share) ** 2 + share ** 2);
      count++;
    }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < a.length; t++) sum += a[t] * b[t];
  return sum;
}
