/**
 * @file Breakthroughness and linearity of a curve: does it rise in one leap, or steadily?
 *
 * NaN and ±∞ are left out. Fewer than 3 finite values are refused.
 */
import { RefusedError } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { requireSeries, type Series } from "./series.ts";

export interface Breakthrough {
  /** Signed range: positive where the highest value comes after the lowest. */
  readonly change: number;
  /**
   * change/√median(Δ²), within ±100: BIG-bench's breakthroughness. Explodes where more than half of the evaluations
   * repeat the one before.
   */
  readonly breakthroughness: number;
  /** change/√mean(Δ²). */
  readonly linearity: number;
  /** Share of evaluations that repeat the one before exactly; above .5 breakthroughness says nothing. */
  readonly repeats: number;
  /**
   * Smooth companion: the largest share of the total ups and downs that any eighth of the evaluations (at least one
   * step) holds. 1 for a leap, about 1/8 for a straight line. Absent for a constant series.
   */
  readonly concentration?: number;
}

/**
 * BIG-bench (Srivastava et al., arXiv:2206.04615, appendix B), without its division by √n. All 0 for a constant series.
 */
export function breakthrough(series: Series): Breakthrough {
  requireSeries("breakthrough", series);
  const y = series.values.filter((v) => Number.isFinite(v));
  if (y.length < 3)
    throw new RefusedError(
      `Breakthroughness of ${series.measure}`,
      `expected at least 3 finite values, got ${y.length}`,
    );
  const [lowest, highest] = [Math.min(...y), Math.max(...y)];
  const differences = y.slice(1).map((v, i) => v - y[i]);
  const squares = differences.map((d) => d * d);
  const repeats = differences.filter((d) => d === 0).length / differences.length;
  if (lowest === highest) return { change: 0, breakthroughness: 0, linearity: 0, repeats };
  const change = Math.sign(y.indexOf(highest) - y.indexOf(lowest)) * (highest - lowest);
  const clip = (value: number) => Math.max(-100, Math.min(100, value));
  const window = Math.max(1, Math.round(differences.length / 8));
  const total = differences.reduce((sum, d) => sum + Math.abs(d), 0);
  let held = differences.slice(0, window).reduce((sum, d) => sum + Math.abs(d), 0);
  let most = held;
  for (let end = window; end < differences.length; end++) {
    held += Math.abs(differences[end]) - Math.abs(differences[end - window]);
    most = Math.max(most, held);
  }
  return {
    change,
    breakthroughness: clip(change / Math.sqrt(median(squares))),
    linearity: clip(change / Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length)),
    repeats,
    concentration: most / total,
  };
}
