/**
 * @file Spikes: evaluations that stand far above what came just before, and come back.
 *
 * A non-finite value is no spike (see divergence.ts); it is left out of the window.
 */
import { DomainError, type Event } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

/**
 * A spike begins where a value exceeds the median of the `window` finite values before it by more than `factor` robust
 * sds (1.4826 · median absolute deviation in that window) and by more than `least`; it lasts until a value is back below
 * that line. Values inside a spike stay out of the window. One event a spike, at its highest value; evidence: height
 * above the median, first and last step. The first `window` values cannot be judged.
 */
export function spikes(
  series: Series,
  { window = 20, factor = 6, least = 0 }: { window?: number; factor?: number; least?: number } = {},
): Event[] {
  requireSeries("spikes", series);
  if (!Number.isInteger(window) || window < 3) throw new DomainError("spikes: window", "an integer ≥ 3", window);
  const { steps, values, measure } = series;
  const method = `above the median of ${window} values by ${factor} robust sds and ${least}`;
  const found: Event[] = [];
  const calm: number[] = [];
  let open: { first: number; peak: number; centre: number; line: number } | undefined;
  const close = (last: number) => {
    if (open === undefined) return;
    const { first, peak, centre } = open;
    found.push({
      kind: "spike",
      measure,
      step: steps[peak],
      low: stepBefore(steps, first),
      high: steps[last],
      evidence: { height: values[peak] - centre, firstStep: steps[first], lastStep: steps[last] },
      method,
    });
    open = undefined;
  };
  for (let i = 0; i < steps.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (open !== undefined && values[i] > open.line) {
      if (values[i] > values[open.peak]) open.peak = i;
      continue;
    }
    close(i - 1);
    if (calm.length === window) {
      const centre = median(calm);
      const spread = 1.4826 * median(calm.map((v) => Math.abs(v - centre)));
      const line = centre + Math.max(factor * spread, least);
      if (values[i] > line) {
        open = { first: i, peak: i, centre, line };
        continue;
      }
      calm.shift();
    }
    calm.push(values[i]);
  }
  close(steps.length - 1);
  return found;
}
