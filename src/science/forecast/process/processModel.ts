/**
 * @file A Gaussian process over runs and ln(step) for one measure, learned from a cohort's curves.
 *
 * A curve is what is common to all runs (meanCurve.ts), plus a departure: a level and a random walk along ln(step), each the
 * sum of a part linear in the configuration, a part smooth in it and the run's own; plus noise of every evaluation.
 * Departures swell or fade along the curve and the walk slows down, by exponents of which a few pairs are tried
 * (stepClock.ts): each pair is a model, and all are kept with their evidence. Departures are learned from contrasts between runs.
 * The parts' standard deviations maximise the likelihood times weak priors in units of the runs' spread. The fit is
 * deterministic and has no settings. Values are finite; callers see to it. Curves that do not differ refuse.
 */
import { RefusedError } from "../../../core/index.ts";
import { minimize } from "../../fit/lbfgs.ts";
import { contrastMatrix, helmert } from "./contrasts.ts";
import type { CurveGrid } from "./curveGrid.ts";
import { factor, likelihoodGradient, type StepBasis, stepBasis, toBasis } from "./evidence.ts";
import { type CommonPace, chooseCommonPace } from "./meanCurve.ts";
import type { Relation, RunRelations } from "./runRelations.ts";
import { amplitudes, elapsed, MOTIONS, type Motion, walkCovariance } from "./stepClock.ts";

/**
 * Most likely sd of each part before the curves are seen, in units of the runs' spread; for the walk, at its end. Departures
 * from the linear law are thought as large as the law itself.
 */
const USUAL: Record<"level" | "growth", Record<Relation, number>> = {
  level: { linear: 0.3, near: 0.3, own: 0.2 },
  growth: { linear: 0.5, near: 0.5, own: 0.3 },
};
/** Sd of the logarithm of the noise about its estimate from neighbouring evaluations. */
const NOISE_DOUBT = 0.7;
const FIRST_ITERATIONS = 40;
const LATER_ITERATIONS = 15;

export interface ProcessInput {
  readonly grid: CurveGrid;
  readonly relations: RunRelations;
}

export interface MotionModel extends Motion {
  /** ln sd of each level part, each growth part, and the noise, in the values' unit. */
  readonly logSds: Float64Array;
  /** Log likelihood plus log prior at the maximum. */
  readonly logEvidence: number;
}

export interface LearnedProcess {
  /** One a motion, in the order of MOTIONS. */
  readonly models: readonly MotionModel[];
  readonly common: CommonPace;
}

export function learnProcess({ grid, relations }: ProcessInput): LearnedProcess {
  const runs = grid.values.length;
  const contrasts = contrastCurves(grid);
  const unit = Math.sqrt(contrasts.reduce((sum, value) => sum + value * value, 0) / contrasts.length);
  if (!(unit > 0)) throw new RefusedError("Curves", "the cohort's curves do not differ");
  const noise = Math.min(Math.max(neighbourNoise(grid), 1e-4 * unit), unit);
  const h = helmert(runs);
  const within = relations.within.map((matrix) => contrastMatrix(h, matrix, runs));
  const usual = Float64Array.from([
    ...relations.kinds.map((kind) => Math.log(USUAL.level[kind] * unit)),
    ...relations.kinds.map((kind) => Math.log(USUAL.growth[kind] * unit)),
    Math.log(noise),
  ]);
  let start = usual;
  const models = MOTIONS.map((motion, k): MotionModel => {
    const basis = motionBasis(grid, motion);
    const y = toBasis(contrasts, runs - 1, basis);
    const objective = posterior({ y, runs: runs - 1, basis, within, usual });
    const maxIterations = k === 0 ? FIRST_ITERATIONS : LATER_ITERATIONS;
    const { x, value } = minimize(objective, { start, maxIterations, gradientTolerance: 1e-2, valueTolerance: 1e-6 });
    if (k === 0) start = x as Float64Array<ArrayBuffer>;
    return { ...motion, logSds: x, logEvidence: -value };
  });
  const best = models.reduce((a, b) => (b.logEvidence > a.logEvidence ? b : a));
  const noiseVariance = Math.exp(2 * best.logSds[best.logSds.length - 1]);
  return { models, common: chooseCommonPace(commonMeans(grid), grid.logSteps, commonNoise(grid, noiseVariance)) };
}

export function motionBasis({ logSteps, noiseShape }: CurveGrid, { pace, swell }: Motion): StepBasis {
  const amplitude = amplitudes(logSteps, swell);
  return stepBasis(walkCovariance(elapsed(logSteps, pace), amplitude), noiseShape, amplitude);
}

/** Minus the log posterior density of the log sds, up to a constant, and its gradient. */
function posterior({
  y,
  runs,
  basis,
  within,
  usual,
}: {
  readonly y: Float64Array;
  readonly runs: number;
  readonly basis: StepBasis;
  readonly within: readonly Float64Array[];
  readonly usual: Float64Array;
}): (x: Float64Array, gradient: Float64Array) => number {
  const kinds = within.length;
  return (x, gradient) => {
    // A search step to where variances overflow is no step.
    if (x.some((one, p) => Math.abs(one - usual[p]) > 30)) return Number.POSITIVE_INFINITY;
    const factored = factor(y, runs, basis, covariances(within, x));
    if (factored === undefined) return Number.POSITIVE_INFINITY;
    const by = likelihoodGradient(basis, factored);
    let value = -factored.logLikelihood;
    for (let p = 0; p < x.length; p++) {
      const from = x[p] - usual[p];
      if (p === 2 * kinds) {
        gradient[p] = -2 * Math.exp(2 * x[p]) * by.noiseVariance + from / NOISE_DOUBT ** 2;
        value += 0.5 * (from / NOISE_DOUBT) ** 2;
        continue;
      }
      // A gamma density of shape 2 for the sd: a part that the curves do not ask for may vanish at little cost.
      const slope = inner(p < kinds ? by.level : by.growth, within[p % kinds]);
      gradient[p] = -2 * Math.exp(2 * x[p]) * slope - 1 + Math.exp(from);
      value += Math.exp(from) - from;
    }
    return value;
  };
}

/** Level and growth covariances between runs (or contrasts) and the noise, from ln sds. */
export function covariances(within: readonly Float64Array[], logSds: Float64Array) {
  const kinds = within.length;
  const size = within[0].length;
  const [level, growth] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < kinds; k++) {
    const [a, b] = [Math.exp(2 * logSds[k]), Math.exp(2 * logSds[kinds + k])];
    for (let t = 0; t < size; t++) {
      level[t] += a * within[k][t];
      growth[t] += b * within[k][t];
    }
  }
  return { level, growth, noiseVariance: Math.exp(2 * logSds[2 * kinds]) };
}

/** (R − 1) × G. */
export function contrastCurves({ values, logSteps }: CurveGrid): Float64Array {
  const runs = values.length;
  const g = logSteps.length;
  const h = helmert(runs);
  const out = new Float64Array((runs - 1) * g);
  for (let c = 0; c < runs - 1; c++)
    for (let i = 0; i < runs; i++) {
      const weight = h[c * runs + i];
      if (weight !== 0) for (let j = 0; j < g; j++) out[c * g + j] += weight * values[i][j];
    }
  return out;
}

/** The cohort's mean at each grid point. */
export function commonMeans({ values, logSteps }: CurveGrid): Float64Array {
  return logSteps.map((_, j) => values.reduce((sum, row) => sum + row[j], 0) / values.length);
}

/** Variance of the noise of those means. */
export function commonNoise({ values, noiseShape }: CurveGrid, noiseVariance: number): Float64Array {
  return noiseShape.map((shape) => (shape * noiseVariance) / values.length);
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
