/**
 * @file Change points of one series: piecewise constant or piecewise linear segments found by PELT, each change with a
 * set of steps in which it may lie.
 *
 * NaN and ±∞ are left out and counted in the evidence. On the logit scale values must lie in [0, 1]; those nearer to an
 * end than `clip` are moved to it. A smooth curve is no staircase: expect `mean` segments to cut a slope into steps.
 */
import { DomainError, type Event } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { lineCost, meanCost, pelt, type SegmentCost } from "./pelt.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

export interface ChangePointOptions {
  /** Default identity. */
  readonly scale?: "identity" | "logit" | "log";
  /** Segments of constant mean (default), or straight lines in the index of the evaluation. */
  readonly model?: "mean" | "line";
  /** Evaluations in the shortest segment; default 2 for means, 3 for lines. */
  readonly minSize?: number;
  /** Noise sd on the chosen scale; default robust, from differences (see `robustNoiseSd`). */
  readonly noiseSd?: number;
  /** Cost of one change in units of noise variance; default (p + 1) ln n for p parameters a segment: 2 ln n for means. */
  readonly penalty?: number;
  /** Nearest that a logit may come to 0 or 1; default .001. */
  readonly clip?: number;
}

/**
 * Events of kind change-point, ascending. `step` is the first evaluation of the new segment; (low, high] holds the steps
 * at which the change may have happened: the positions, other changes fixed, whose least-squares cost exceeds the best by
 * no more than 7.35 noise variances. That is Hansen's 95% likelihood-ratio set (Econometrica 68, 2000, p. 582: quantile
 * of (1 − e^{−x/2})²), widened by the interval between evaluations; it takes the errors as independent and the other
 * changes as known. Fewer than two segments' worth of evaluations, or a constant series: no change points. False alarms under the
 * default penalty: about 9 in 100 series of 40 points of independent noise get a change.
 */
export function changePoints(series: Series, options: ChangePointOptions = {}): Event[] {
  requireSeries("changePoints", series);
  const { scale = "identity", model = "mean", clip = 0.001 } = options;
  const parameters = model === "mean" ? 1 : 2;
  const { minSize = parameters + 1 } = options;
  const kept = series.steps.map((_, i) => i).filter((i) => Number.isFinite(series.values[i]));
  const steps = kept.map((i) => series.steps[i]);
  const values = kept.map((i) => onScale(series.values[i], scale, clip));
  const n = values.length;
  if (n < 2 * minSize) return [];
  const noiseSd = options.noiseSd ?? robustNoiseSd(values, model);
  if (!(noiseSd >= 0 && noiseSd < Number.POSITIVE_INFINITY))
    throw new DomainError("changePoints: noiseSd", "a finite number ≥ 0", noiseSd);
  if (noiseSd === 0) return [];
  const { penalty = (parameters + 1) * Math.log(n) } = options;
  const index = values.map((_, i) => i);
  const cost = model === "mean" ? meanCost(values) : lineCost(index, values);
  const changes = pelt({ n, cost, penalty: penalty * noiseSd ** 2, minSize });
  const method = `PELT, ${model} segments on the ${scale} scale, penalty ${penalty.toFixed(2)} noise variances, at least ${minSize} evaluations a segment; likelihood-ratio set at 95%`;
  return changes.map((at, k): Event => {
    const set = likelihoodSet({
      cost,
      at,
      start: changes[k - 1] ?? 0,
      end: changes[k + 1] ?? n,
      minSize,
      allowance: 7.352 * noiseSd ** 2,
    });
    const before = levelOf(values, changes[k - 1] ?? 0, at);
    const after = levelOf(values, at, changes[k + 1] ?? n);
    return {
      kind: "change-point",
      measure: series.measure,
      step: steps[at],
      low: stepBefore(steps, set.first),
      high: steps[set.last],
      evidence: { before, after, scale, noiseSd, leftOut: series.values.length - n },
      method,
    };
  });
}

/**
 * Noise sd from differences, robust to steps in the mean: 1.4826 · median|Δ| / √2, or for lines of second differences
 * / √6. When more than half of the differences are 0, their root mean square takes the median's place.
 */
export function robustNoiseSd(values: readonly number[], model: "mean" | "line" = "mean"): number {
  let differences = values.slice(1).map((v, i) => v - values[i]);
  if (model === "line") differences = differences.slice(1).map((v, i) => v - differences[i]);
  if (differences.length === 0) return 0;
  const norm = model === "line" ? Math.sqrt(6) : Math.SQRT2;
  const robust = (1.4826 * median(differences.map(Math.abs))) / norm;
  if (robust > 0) return robust;
  return Math.sqrt(differences.reduce((sum, d) => sum + d * d, 0) / differences.length) / norm;
}

function likelihoodSet({
  cost,
  at,
  start,
  end,
  minSize,
  allowance,
}: {
  cost: SegmentCost;
  at: number;
  start: number;
  end: number;
  minSize: number;
  allowance: number;
}): { first: number; last: number } {
  const limit = cost(start, at) + cost(at, end) + allowance;
  let first = at;
  let last = at;
  for (let i = start + minSize; i <= end - minSize; i++)
    if (cost(start, i) + cost(i, end) <= limit) {
      first = Math.min(first, i);
      last = Math.max(last, i);
    }
  return { first, last };
}

function onScale(value: number, scale: "identity" | "logit" | "log", clip: number): number {
  if (scale === "identity") return value;
  if (scale === "log") {
    if (value <= 0) throw new DomainError("changePoints (log scale)", "positive values", value);
    return Math.log(value);
  }
  if (value < 0 || value > 1) throw new DomainError("changePoints (logit scale)", "values in [0, 1]", value);
  const inside = Math.min(1 - clip, Math.max(clip, value));
  return Math.log(inside / (1 - inside));
}

function levelOf(values: readonly number[], start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += values[i];
  return sum / (end - start);
}
