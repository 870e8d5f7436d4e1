/**
 * @file Plateaus: stretches of evaluations that stay within a stated band.
 *
 * A non-finite value ends a plateau.
 */
import { DomainError, type Event } from "../../core/index.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

/**
 * Disjoint stretches, found from left to right, each as long as its values span no more than `tolerance`, of at least
 * `evaluations` evaluations and at least a factor `ratio` in steps (so that closely spaced evaluations make no plateau;
 * default 1: no such bound). `step` is the first step of the stretch; evidence: last step, mean level.
 */
export function plateaus(
  series: Series,
  { tolerance, evaluations = 4, ratio = 1 }: { tolerance: number; evaluations?: number; ratio?: number },
): Event[] {
  requireSeries("plateaus", series);
  if (!(tolerance >= 0)) throw new DomainError("plateaus: tolerance", "a number ≥ 0", tolerance);
  if (!Number.isInteger(evaluations) || evaluations < 2)
    throw new DomainError("plateaus: evaluations", "an integer ≥ 2", evaluations);
  const { steps, values, measure } = series;
  const found: Event[] = [];
  for (let start = 0; start < steps.length; ) {
    let end = start;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (; end < steps.length && Number.isFinite(values[end]); end++) {
      const nextLow = Math.min(low, values[end]);
      const nextHigh = Math.max(high, values[end]);
      if (nextHigh - nextLow > tolerance) break;
      [low, high] = [nextLow, nextHigh];
      sum += values[end];
    }
    const n = end - start;
    if (n < evaluations || steps[end - 1] < ratio * steps[start]) {
      start++;
      continue;
    }
    found.push({
      kind: "plateau",
      measure,
      step: steps[start],
      low: stepBefore(steps, start),
      high: steps[start],
      evidence: { lastStep: steps[end - 1], level: sum / n, span: high - low },
      method: `at least ${evaluations} evaluations within ${tolerance}`,
    });
    start = end;
  }
  return found;
}
