/**
 * @file How much a trajectory wiggles about its own smooth course, and how long a wiggle lasts.
 *
 * Read from second differences at several lags, so that neither a trend nor a few jumps count as noise. Refuses
 * non-finite values, fewer than 5 points and x that does not ascend; says 0 where a series repeats itself.
 */
import { DomainError, ShapeError } from "../../../core/index.ts";
import { median, requireFinite } from "../../stats/moments.ts";

export interface TrajectoryNoise {
  /** Marginal standard deviation of the noise, in the measure's unit; in units of the scales where these are given. */
  readonly sd: number;
  /** The same at the correlation as fitted, before it is drawn towards 0: what slow noise may amount to. */
  readonly slowSd: number;
  /** Correlation of the noise at neighbouring points, in [0, .99]. */
  readonly correlation: number;
  /** Variance of a long mean over that of independent noise of the same sd: (1 + φ)/(1 − φ). */
  readonly inflation: number;
  /** The same two for the slowest noise that the lags do not contradict. */
  readonly slowest: { readonly sd: number; readonly inflation: number };
}

const CORRELATIONS: readonly number[] = Array.from({ length: 100 }, (_, i) => i / 100);
/** χ² by which a correlation may fit the lags worse than the best and still be thought possible. */
const SLOWEST_MISFIT = 2;

/**
 * Noise as AR(1) over the order of the points; `x` and `y` [n]. For each lag k, y_i is compared with the straight line
 * between y_{i−k} and y_{i+k}; the robust variance of what is left is σ²(3 − φ^k)(1 − φ^k)/2 for AR(1), plus c·k⁴ where
 * the course bends. (σ, φ, c ≥ 0) are fitted to the lags 1, 2, 4, … (at most n/4 and 32) in relative least squares over
 * a grid of φ; `slowest` is the largest φ whose misfit is within 2 of the least. With `scales` [n], positive, the noise
 * of a point is `sd` times its scale. Few points say little of φ: it is drawn towards 0 by n/(n + 12), and is then too
 * small where the noise is slow.
 */
export function trajectoryNoise(
  x: readonly number[],
  y: readonly number[],
  scales: readonly number[] = y.map(() => 1),
): TrajectoryNoise {
  requireFinite("trajectoryNoise", y, 5);
  for (const column of [x, scales])
    if (column.length !== y.length) throw new ShapeError("trajectoryNoise", `[${y.length}]`, [column.length]);
  const n = y.length;
  for (let i = 1; i < n; i++)
    if (!(x[i] > x[i - 1])) throw new DomainError("trajectoryNoise: x", "ascending x", `${x[i]} at position ${i}`);
  const lags: number[] = [];
  for (let k = 1; k <= Math.max(1, Math.floor(n / 4)) && k <= 32; k *= 2) lags.push(k);
  const variances = lags.map((k) => lagVariance({ x, y, scales }, k));
  if (!(variances[0] > 0)) return { sd: 0, slowSd: 0, correlation: 0, inflation: 1, slowest: { sd: 0, inflation: 1 } };
  const seen = lags.map((k, i) => ({ k, variance: variances[i] })).filter(({ variance }) => variance > 0);
  const misfits = CORRELATIONS.map((phi) => misfit(seen, phi, n));
  const least = Math.min(...misfits);
  const fitted = CORRELATIONS[misfits.indexOf(least)];
  const highest = CORRELATIONS[misfits.findLastIndex((value) => value <= least + SLOWEST_MISFIT)];
  const correlation = (fitted * n) / (n + 12);
  // The shortest lag is the best measured: its variance is kept, whatever the correlation came to be.
  const sdAt = (phi: number) => Math.sqrt(variances[0] / shape(1, phi));
  return {
    sd: sdAt(correlation),
    slowSd: sdAt(fitted),
    correlation,
    inflation: inflationAt(correlation),
    slowest: { sd: sdAt(highest), inflation: inflationAt(highest) },
  };
}

const inflationAt = (phi: number): number => (1 + phi) / (1 - phi);

/** Variance of y_i − (y_{i−k} + y_{i+k})/2 under AR(1) of variance 1. */
const shape = (k: number, phi: number): number => ((3 - phi ** k) * (1 - phi ** k)) / 2;

function lagVariance(
  { x, y, scales }: { x: readonly number[]; y: readonly number[]; scales: readonly number[] },
  k: number,
): number {
  const left: number[] = [];
  for (let i = k; i + k < y.length; i++) {
    const width = x[i + k] - x[i - k];
    const before = (x[i + k] - x[i]) / width;
    const after = 1 - before;
    const off = y[i] - before * y[i - k] - after * y[i + k];
    left.push((Math.abs(off) * Math.sqrt(1.5)) / Math.hypot(scales[i], before * scales[i - k], after * scales[i + k]));
  }
  return left.length === 0 ? Number.NaN : (1.4826 * median(left)) ** 2;
}

/**
 * Σ w_k (1 − (σ² g_k + c k⁴)/v_k)² over the lags, at its least over σ² and c ≥ 0: about χ², a robust variance from n −
 * 2k overlapping differences having a relative variance near 5(k + ½)/n (simulated, independent noise).
 */
function misfit(lags: readonly { readonly k: number; readonly variance: number }[], phi: number, n: number): number {
  const roots = lags.map(({ k }) => Math.sqrt(n / (5 * (k + 0.5))));
  const g = lags.map(({ k, variance }, i) => (roots[i] * shape(k, phi)) / variance);
  const h = lags.map(({ k, variance }, i) => (roots[i] * k ** 4) / variance);
  const [gg, gh, hh, g1, h1] = [inner(g, g), inner(g, h), inner(h, h), inner(g, roots), inner(h, roots)];
  const determinant = gg * hh - gh * gh;
  let noise = g1 / gg;
  let bend = 0;
  if (determinant > 1e-12 * gg * hh) {
    const [both, bent] = [(g1 * hh - h1 * gh) / determinant, (h1 * gg - g1 * gh) / determinant];
    if (both > 0 && bent > 0) [noise, bend] = [both, bent];
  }
  return roots.reduce((sum, root, i) => sum + (root - noise * g[i] - bend * h[i]) ** 2, 0);
}

function inner(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * b[i], 0);
}
