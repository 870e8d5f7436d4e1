/**
 * @file Bayesian straight lines in a shape's own coordinate: what a curve says about where it ends, and about its shape.
 *
 * y(x) = v₀(1 − w(x)) + v₁w(x) with w = 0 at the cutoff and 1 at the target: v₁ is the forecast. Pure 2 × 2 algebra on
 * sums; callers hand in finite values.
 */

/** Sums over the points of one curve (or its beginning) in one shape's coordinate. */
export interface ShapeSums {
  readonly n: number;
  readonly yy: number;
  /** Xᵀy and the entries of XᵀX, for X = (1 − w, w). */
  readonly xy: readonly [number, number];
  readonly xx: readonly [number, number, number];
}

export interface ShapePrior {
  readonly mean: readonly [number, number];
  /** Variances of v₀ and v₁ and their covariance, in the order 00, 01, 11; positive definite. */
  readonly covariance: readonly [number, number, number];
  readonly noiseVariance: number;
}

export function shapeSums(w: readonly number[], y: readonly number[]): ShapeSums {
  let [yy, x0y, x1y, x00, x01, x11] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const [a, b] = [1 - w[i], w[i]];
    yy += y[i] * y[i];
    x0y += a * y[i];
    x1y += b * y[i];
    x00 += a * a;
    x01 += a * b;
    x11 += b * b;
  }
  return { n: w.length, yy, xy: [x0y, x1y], xx: [x00, x01, x11] };
}

/**
 * Sums of points whose noise is not alike: `scales` are standard deviations up to one common factor, and neighbours are
 * correlated by `correlation` in [0, 1) (first-order autoregression, whitened). `logScale` is what the evidence lacks:
 * −Σ ln scale − ½(n − 1) ln(1 − ρ²).
 */
export function whitenedShapeSums({
  w,
  y,
  scales,
  correlation = 0,
}: {
  readonly w: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly scales: ArrayLike<number>;
  readonly correlation?: number;
}): ShapeSums & { readonly logScale: number } {
  const rest = 1 / Math.sqrt(1 - correlation * correlation);
  let [yy, x0y, x1y, x00, x01, x11, logScale] = [0, 0, 0, 0, 0, 0, 0];
  let [a0, b0, y0] = [0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const [a, b, v] = [(1 - w[i]) / scales[i], w[i] / scales[i], y[i] / scales[i]];
    const [keep, factor] = i === 0 ? [0, 1] : [correlation, rest];
    const [p, q, u] = [factor * (a - keep * a0), factor * (b - keep * b0), factor * (v - keep * y0)];
    yy += u * u;
    x0y += p * u;
    x1y += q * u;
    x00 += p * p;
    x01 += p * q;
    x11 += q * q;
    logScale -= Math.log(scales[i]);
    [a0, b0, y0] = [a, b, v];
  }
  logScale += (w.length - 1) * Math.log(rest);
  return { n: w.length, yy, xy: [x0y, x1y], xx: [x00, x01, x11], logScale };
}

/** The sums of y + offset, since the columns of X sum to 1. */
export function movedBy({ n, yy, xy, xx }: ShapeSums, offset: number): ShapeSums {
  const sums = [xx[0] + xx[1], xx[1] + xx[2]];
  const total = xy[0] + xy[1];
  return {
    n,
    yy: yy + 2 * offset * total + n * offset * offset,
    xy: [xy[0] + offset * sums[0], xy[1] + offset * sums[1]],
    xx,
  };
}

/** Least-squares (v₀, v₁) and the residual sum of squares; undefined when the points do not determine both. */
export function maybeShapeFit({ yy, xy, xx }: ShapeSums): { v: readonly [number, number]; rss: number } | undefined {
  const determinant = xx[0] * xx[2] - xx[1] * xx[1];
  if (!(determinant > 1e-10 * (xx[0] + xx[2]) ** 2)) return undefined;
  const v0 = (xx[2] * xy[0] - xx[1] * xy[1]) / determinant;
  const v1 = (xx[0] * xy[1] - xx[1] * xy[0]) / determinant;
  return { v: [v0, v1], rss: Math.max(0, yy - v0 * xy[0] - v1 * xy[1]) };
}

/**
 * Posterior mean and variance of v₁ and log marginal likelihood under v ~ N(mean, covariance) and independent normal noise
 * (conjugate linear regression, e.g. Bishop 2006, §3.3 and §3.5).
 */
export function shapePosterior(sums: ShapeSums, prior: ShapePrior): ShapePosterior {
  return preparedPosterior(sums, preparePrior(prior), prior.noiseVariance);
}

export interface ShapePosterior {
  readonly end: number;
  readonly endVariance: number;
  readonly logEvidence: number;
}

/** Inverse covariance and what follows from it, for a prior that meets several levels of noise. */
export interface PreparedPrior {
  readonly p00: number;
  readonly p01: number;
  readonly p11: number;
  readonly h0: number;
  readonly h1: number;
  readonly square: number;
  readonly determinant: number;
}

export function preparePrior({ mean, covariance }: Omit<ShapePrior, "noiseVariance">): PreparedPrior {
  const [c00, c01, c11] = covariance;
  const determinant = c00 * c11 - c01 * c01;
  const [p00, p01, p11] = [c11 / determinant, -c01 / determinant, c00 / determinant];
  const h0 = p00 * mean[0] + p01 * mean[1];
  const h1 = p01 * mean[0] + p11 * mean[1];
  return { p00, p01, p11, h0, h1, square: mean[0] * h0 + mean[1] * h1, determinant };
}

/** `shapePosterior` for a prepared prior. */
export function preparedPosterior(
  { n, yy, xy, xx }: ShapeSums,
  { p00, p01, p11, h0, h1, square, determinant }: PreparedPrior,
  noiseVariance: number,
): ShapePosterior {
  const a00 = p00 + xx[0] / noiseVariance;
  const a01 = p01 + xx[1] / noiseVariance;
  const a11 = p11 + xx[2] / noiseVariance;
  const b0 = h0 + xy[0] / noiseVariance;
  const b1 = h1 + xy[1] / noiseVariance;
  const total = a00 * a11 - a01 * a01;
  const v0 = (a11 * b0 - a01 * b1) / total;
  const v1 = (a00 * b1 - a01 * b0) / total;
  const misfit = yy / noiseVariance + square - (v0 * b0 + v1 * b1);
  const logEvidence = -0.5 * (n * Math.log(2 * Math.PI * noiseVariance) + Math.log(determinant * total) + misfit);
  return { end: v1, endVariance: a00 / total, logEvidence };
}
