/**
 * @file How much a series wiggles around each of its values: a run may be wild at first and dead later.
 *
 * Robust second differences, as in trajectoryNoise.ts, over a window about each value. Refuses non-finite values and
 * fewer than 3.
 */
import { median, requireFinite } from "../../stats/moments.ts";

const NARROWEST = 15;
const WIDEST = 50;

/**
 * Standard deviation about each value, [n], for independent noise: 1.4826 · median |y_i − (y_{i−1} + y_{i+1})/2| / √1.5
 * over a window of a tenth of the series, at least 15 and at most 50 values, and never below that of the whole series.
 * Read once per half window, so that it changes in steps.
 */
export function localWiggle(values: readonly number[]): number[] {
  requireFinite("localWiggle", values, 3);
  const second = values.slice(2).map((v, i) => Math.abs(values[i + 1] - (values[i] + v) / 2));
  const sdOf = (differences: readonly number[]) => (1.4826 * median(differences)) / Math.sqrt(1.5);
  const whole = sdOf(second);
  const window = Math.round(Math.min(WIDEST, Math.max(NARROWEST, values.length / 10)));
  if (second.length <= window) return values.map(() => whole);
  const stride = Math.ceil(window / 2);
  const centres: number[] = [];
  for (let at = 0; at <= second.length; at += stride) {
    const from = Math.max(0, Math.min(at - stride, second.length - window));
    centres.push(sdOf(second.slice(from, from + window)));
  }
  return values.map((_, i) => Math.max(whole, centres[Math.min(centres.length - 1, Math.round(i / stride))]));
}
