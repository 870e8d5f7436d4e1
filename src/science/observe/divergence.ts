/**
 * @file Divergence: a loss that leaves for good, by becoming non-finite or by staying far above its best.
 *
 * NaN and ±∞ are evidence here, not missing data. Finite values must be ≥ 0.
 */
import { DomainError, type Event } from "../../core/index.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

/**
 * The first evaluation from which on every value to the end of the series is non-finite or above `factor` times the
 * smallest value before it, and by more than `least` above it (a loss near 0 may triple and still be near 0); undefined
 * when there is none. A spike that comes back is therefore no divergence.
 */
export function maybeDivergence(
  series: Series,
  { factor = 3, least = 0 }: { factor?: number; least?: number } = {},
): Event | undefined {
  requireSeries("divergence", series);
  if (!(least >= 0)) throw new DomainError("divergence: least", "a number ≥ 0", least);
  if (!(factor > 1)) throw new DomainError("divergence: factor", "a number above 1", factor);
  const { steps, values, measure } = series;
  let best = Number.POSITIVE_INFINITY;
  let first = -1;
  let floor = Number.NaN;
  for (let i = 0; i < steps.length; i++) {
    if (values[i] < 0) throw new DomainError("divergence: loss", "values ≥ 0", values[i]);
    const gone = !Number.isFinite(values[i]) || values[i] > Math.max(factor * best, best + least);
    if (!gone) first = -1;
    else if (first < 0) {
      first = i;
      floor = best;
    }
    if (Number.isFinite(values[i])) best = Math.min(best, values[i]);
  }
  if (first < 0) return undefined;
  return {
    kind: "divergence",
    measure,
    step: steps[first],
    low: stepBefore(steps, first),
    high: steps[first],
    evidence: { value: String(values[first]), smallestBefore: Number.isFinite(floor) ? floor : null },
    method: `non-finite, or above ${factor} times the smallest value${least > 0 ? ` and ${least.toPrecision(3)} above it` : ""}, to the end`,
  };
}
