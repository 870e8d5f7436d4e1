/**
 * @file Several runs of one configuration: does their mean look like any of them? A mean of abrupt onsets at different
 * steps is smooth, and runs of two kinds have a mean that none of them follows.
 *
 * Takes values on common steps; NaN is refused. Fewer than 4 runs or 4 steps are refused.
 */
import { DomainError, RefusedError } from "../../core/index.ts";

export interface SeedMixture {
  /** Median over runs of the share of a run's own change that its steepest eighth holds (see breakthrough.ts). */
  readonly concentrationOfRuns: number;
  /** The same for the mean curve. */
  readonly concentrationOfMean: number;
  /**
   * Largest gap between neighbouring final values over their range: near 1 for two kinds of run, near 2 ln n/n for one
   * kind spread evenly.
   */
  readonly finalGap: number;
  /** Runs below and above that gap. */
  readonly finalSplit: readonly [below: number, above: number];
  readonly verdict: "the mean hides abrupt runs" | "two kinds of run" | "the mean is like its runs";
  readonly n: number;
}

/**
 * `curves` [runs][steps]. "two kinds of run": the gap between final values exceeds half their range with at least two
 * runs on each side (chance under evenly spread values: see the test). "the mean hides abrupt runs": the runs' steepest
 * eighth holds at least twice the share that the mean's does. The first that applies.
 */
export function seedMixture(curves: readonly (readonly number[])[]): SeedMixture {
  const n = curves.length;
  const length = curves[0]?.length ?? 0;
  if (n < 4 || length < 4)
    throw new RefusedError("Seed mixture", `expected at least 4 runs and 4 common steps, got ${n} and ${length}`);
  for (const curve of curves)
    for (const value of curve)
      if (curve.length !== length || !Number.isFinite(value))
        throw new DomainError("seedMixture", `${length} finite values a run`, value);
  const meanCurve = Array.from({ length }, (_, i) => curves.reduce((sum, curve) => sum + curve[i], 0) / n);
  const shares = curves.map(concentration).sort((a, b) => a - b);
  const ofRuns = (shares[(n - 1) >> 1] + shares[n >> 1]) / 2;
  const ofMean = concentration(meanCurve);
  const finals = curves.map((curve) => curve[length - 1]).sort((a, b) => a - b);
  const range = finals[n - 1] - finals[0];
  const all = curves.flat();
  const scale = Math.max(...all) - Math.min(...all);
  let [gap, below] = [0, 0];
  for (let i = 1; i < n; i++) if (finals[i] - finals[i - 1] > gap) [gap, below] = [finals[i] - finals[i - 1], i];
  const finalGap = range > 0 ? gap / range : 0;
  const twoKinds = finalGap > 0.5 && Math.min(below, n - below) >= 2 && range > 0.2 * scale;
  const hides = ofRuns >= 2 * ofMean;
  return {
    concentrationOfRuns: ofRuns,
    concentrationOfMean: ofMean,
    finalGap,
    finalSplit: [below, n - below],
    verdict: twoKinds ? "two kinds of run" : hides ? "the mean hides abrupt runs" : "the mean is like its runs",
    n,
  };
}

function concentration(curve: readonly number[]): number {
  const range = Math.max(...curve) - Math.min(...curve);
  if (range === 0) return 0;
  const window = Math.max(1, Math.round((curve.length - 1) / 8));
  let most = 0;
  for (let i = 0; i + window < curve.length; i++) most = Math.max(most, Math.abs(curve[i + window] - curve[i]));
  return most / range;
}
