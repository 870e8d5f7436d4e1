/**
 * @file Gaussian-process regression on points of the unit cube: Matérn 5/2, one length a dimension, noise.
 *
 * Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), §2.2, §4.2.1 and §5.4.1. The amplitude is
 * integrated out under an inverse-gamma(1, 1) prior, the constant mean under a wide normal one. Lengths and noise maximise
 * the marginal likelihood times weak log-normal priors over fixed grids by coordinate descent, so that a fit is
 * deterministic. Targets and features that are not finite throw OUT_OF_DOMAIN.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { cholesky, choleskySolve, dot, forwardSolve, type Matrix } from "../stats/linear.ts";
import { mean, requireFinite, sd } from "../stats/moments.ts";

const LENGTHS = [0.15, 0.3, 0.6, 1.2, 2.4, 6];
/** Noise variance in units of the signal's. */
const NOISES = [0.001, 0.01, 0.03, 0.1, 0.3, 1];
/** Prior variance of the constant mean, in units of the signal's. */
const MEAN_VARIANCE = 4;
const SWEEPS = 2;

export interface GaussianProcess {
  /** Centre and sd of a new noisy observation at the point, in the units of the targets. */
  readonly predict: (point: readonly number[]) => { readonly mean: number; readonly sd: number };
  readonly lengths: readonly number[];
  readonly noise: number;
}

/** `features` is n × d with n ≥ 2, `targets` has length n. */
export function fitGaussianProcess({
  features,
  targets,
}: {
  readonly features: Matrix;
  readonly targets: readonly number[];
}): GaussianProcess {
  requireFinite("fitGaussianProcess: targets", targets, 2);
  const n = targets.length;
  const d = features[0]?.length ?? 0;
  if (features.length !== n) throw new ShapeError("fitGaussianProcess: features", `[${n}, d]`, [features.length, d]);
  for (const row of features) {
    if (row.length !== d) throw new ShapeError("fitGaussianProcess: features", `[${n}, ${d}]`, [n, row.length]);
    if (!row.every(Number.isFinite)) throw new DomainError("fitGaussianProcess: features", "finite values", row);
  }
  const centre = mean(targets);
  const unit = sd(targets) || 1;
  const y = targets.map((target) => (target - centre) / unit);
  const { lengths, noise } = chooseHyperparameters(features, y);

  const factor = cholesky(withNoise(signalCovariance(features, lengths), noise));
  const weights = choleskySolve(factor, y);
  const amplitude = (1 + dot(y, weights) / 2) / (1 + n / 2);
  const covariances = new Array<number>(n);
  const predict = (point: readonly number[]) => {
    if (point.length !== d) throw new ShapeError("GaussianProcess.predict", `[${d}]`, [point.length]);
    for (let i = 0; i < n; i++) {
      let squared = 0;
      for (let k = 0; k < d; k++) squared += ((point[k] - features[i][k]) / lengths[k]) ** 2;
      covariances[i] = MEAN_VARIANCE + matern52(squared);
    }
    const half = forwardSolve(factor, covariances);
    const spread = Math.max(0, MEAN_VARIANCE + 1 - dot(half, half)) + noise;
    return { mean: centre + unit * dot(covariances, weights), sd: unit * Math.sqrt(amplitude * spread) };
  };
  return { predict, lengths, noise };
}

/** The best isotropic pair on the grid, then coordinate by coordinate. */
function chooseHyperparameters(features: Matrix, y: readonly number[]): { lengths: number[]; noise: number } {
  const d = features[0].length;
  const usual = Math.log(0.5 * Math.sqrt(Math.max(1, d)));
  const prior = (lengths: readonly number[], noise: number) =>
    -lengths.reduce((sum, length) => sum + 0.5 * (Math.log(length) - usual) ** 2, 0) -
    0.5 * ((Math.log(noise) - Math.log(0.03)) / 1.5) ** 2;
  let best = { lengths: new Array<number>(d).fill(1.2), noise: 0.1, score: Number.NEGATIVE_INFINITY };
  const consider = (lengths: number[], noise: number, signal: Matrix) => {
    const score = logEvidence(withNoise(signal, noise), y) + prior(lengths, noise);
    if (score > best.score) best = { lengths, noise, score };
  };
  for (const length of d === 0 ? [1] : LENGTHS) {
    const lengths = new Array<number>(d).fill(length);
    const signal = signalCovariance(features, lengths);
    for (const noise of NOISES) consider(lengths, noise, signal);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best.score;
    for (let k = 0; k < d; k++)
      for (const length of LENGTHS) {
        if (length === best.lengths[k]) continue;
        const lengths = best.lengths.with(k, length);
        consider(lengths, best.noise, signalCovariance(features, lengths));
      }
    const signal = signalCovariance(features, best.lengths);
    for (const noise of NOISES) if (noise !== best.noise) consider(best.lengths, noise, signal);
    if (best.score === before) break;
  }
  return best;
}

/** Log marginal likelihood up to a constant: −½ log|C| − (n/2 + 1) log(1 + ½ yᵀC⁻¹y). */
function logEvidence(covariance: Matrix, y: readonly number[]): number {
  const factor = cholesky(covariance);
  const half = forwardSolve(factor, y);
  let logRoot = 0;
  for (let i = 0; i < factor.length; i++) logRoot += Math.log(factor[i][i]);
  return -logRoot - (y.length / 2 + 1) * Math.log(1 + dot(half, half) / 2);
}

/** Lower triangle of the covariance of the signal, the constant mean included. */
function signalCovariance(features: Matrix, lengths: readonly number[]): number[][] {
  const inverse = lengths.map((length) => 1 / (length * length));
  return features.map((a, i) => {
    const row = new Array<number>(features.length).fill(0);
    for (let j = 0; j < i; j++) {
      const b = features[j];
      let squared = 0;
      for (let k = 0; k < inverse.length; k++) squared += (a[k] - b[k]) ** 2 * inverse[k];
      row[j] = MEAN_VARIANCE + matern52(squared);
    }
    row[i] = MEAN_VARIANCE + 1;
    return row;
  });
}

function withNoise(signal: Matrix, noise: number): number[][] {
  return signal.map((row, i) => {
    const copy = [...row];
    copy[i] += noise;
    return copy;
  });
}

/** Matérn 5/2 correlation at a squared scaled distance. */
function matern52(squared: number): number {
  const r = Math.sqrt(5 * squared);
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}
