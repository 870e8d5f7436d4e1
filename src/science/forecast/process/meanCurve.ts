/**
 * @file The curve that is common to all runs, smoothed as far as its noise asks for it.
 *
 * The cohort's mean at each grid point is the common curve plus noise of known variance. The curve is a random walk with a
 * free start; its variance and pace maximise the likelihood over a grid, so that a curve that moves is followed and one
 * that does not is averaged over all steps. Values are finite; callers see to it.
 */
import { RefusedError } from "../../../core/index.ts";
import { choleskyInPlace } from "./evidence.ts";
import { elapsed, walkCovariance } from "./stepClock.ts";

const COMMON_PACES: readonly number[] = [0, 1, 2];
/** Variances of the walk over the whole grid that are tried, in units of the mean's noise. */
const RATIOS: readonly number[] = [0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e6];

export interface CommonPace {
  readonly pace: number;
  /** Variance of the walk over the whole grid, in units of the mean's noise. */
  readonly ratio: number;
}

export interface MeanCurve {
  readonly values: Float64Array;
  /** G × G: what remains unknown of it. */
  readonly covariance: Float64Array;
}

/** The walk that the means are most likely under. `noise`: variance of each mean. */
export function chooseCommonPace(means: Float64Array, logSteps: Float64Array, noise: Float64Array): CommonPace {
  let best = { pace: 0, ratio: RATIOS[RATIOS.length - 1], logLikelihood: Number.NEGATIVE_INFINITY };
  for (const pace of COMMON_PACES)
    for (const ratio of RATIOS) {
      const logLikelihood = walkOf(means, logSteps, noise, { pace, ratio })?.logLikelihood;
      if (logLikelihood !== undefined && logLikelihood > best.logLikelihood) best = { pace, ratio, logLikelihood };
    }
  return { pace: best.pace, ratio: best.ratio };
}

export function meanCurve(
  means: Float64Array,
  logSteps: Float64Array,
  noise: Float64Array,
  common: CommonPace,
): MeanCurve {
  const walk = walkOf(means, logSteps, noise, common);
  const g = means.length;
  if (walk === undefined) throw new RefusedError("Curves", "the common curve's covariance is not positive definite");
  // With N the noise: mean y − N·K⁻¹(y − start), covariance N − N P N with P the projected K⁻¹.
  const { l, ones, total, weights } = walk;
  const covariance = new Float64Array(g * g);
  for (let j = 0; j < g; j++) {
    const unit = new Float64Array(g);
    unit[j] = 1;
    const column = solved(l, unit);
    for (let i = 0; i < g; i++)
      covariance[i * g + j] =
        (i === j ? noise[j] : 0) - noise[i] * noise[j] * (column[i] - (ones[i] * ones[j]) / total);
  }
  return { values: means.map((value, j) => value - noise[j] * weights[j]), covariance };
}

/** y = start + walk + noise with a flat start: restricted likelihood, and what the posterior needs. */
function walkOf(y: Float64Array, logSteps: Float64Array, noise: Float64Array, { pace, ratio }: CommonPace) {
  const g = y.length;
  const unit = noise.reduce((sum, one) => sum + one, 0) / g;
  const l = walkCovariance(elapsed(logSteps, pace)).map((entry) => entry * ratio * unit);
  for (let j = 0; j < g; j++) l[j * g + j] += noise[j];
  if (!choleskyInPlace(l, g)) return undefined;
  const ones = solved(l, new Float64Array(g).fill(1));
  const total = ones.reduce((sum, one) => sum + one, 0);
  const start = solved(l, y).reduce((sum, one) => sum + one, 0) / total;
  const rest = y.map((value) => value - start);
  const weights = solved(l, rest);
  let logLikelihood = -0.5 * Math.log(total);
  for (let j = 0; j < g; j++) logLikelihood -= 0.5 * rest[j] * weights[j] + Math.log(l[j * g + j]);
  return { logLikelihood, l, ones, total, weights };
}

function solved(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
    x[i] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
    x[i] /= l[i * n + i];
  }
  return x;
}
