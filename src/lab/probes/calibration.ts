/**
 * @file Expected calibration error over equal-width bins of confidence.
 *
 * Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017, eq. 3.
 */
import { DomainError } from "../../core/index.ts";

export const CALIBRATION_BINS = 15;

/**
 * Σ_b (n_b/n)·|accuracy_b − confidence_b| with bins ((b−1)/B, b/B] of confidence. `correct` is 0 or 1 per item.
 *
 * Its standard error is by the delta method: with the sign s_b of each bin's gap held fixed, the estimate is the mean of
 * s_b(i)·(correct_i − confidence_i), so se = sd/√n. It is too small where a gap is near 0, and the estimate itself is
 * biased upward there; both vanish as n grows. Non-finite confidence gives NaN. Throws OUT_OF_DOMAIN for no items, unequal
 * lengths, or confidence outside [0, 1].
 */
export function expectedCalibrationError(options: {
  readonly confidences: Float64Array;
  readonly correct: ArrayLike<number>;
  readonly bins?: number;
}): { value: number; se: number; n: number } {
  const { confidences, correct, bins = CALIBRATION_BINS } = options;
  const n = confidences.length;
  if (n === 0 || correct.length !== n)
    throw new DomainError("expectedCalibrationError", "as many items as confidences, at least 1", correct.length);
  const gaps = new Float64Array(bins);
  const binOf = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const confidence = confidences[i];
    if (Number.isNaN(confidence)) return { value: Number.NaN, se: Number.NaN, n };
    if (confidence < 0 || confidence > 1 + 1e-9)
      throw new DomainError("expectedCalibrationError: confidence", "a number from 0 to 1", confidence);
    binOf[i] = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    gaps[binOf[i]] += correct[i] - confidence;
  }
  const value = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (Math.sign(gaps[binOf[i]]) * (correct[i] - confidences[i]) - value) ** 2;
  return { value, se: n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1) / n), n };
}
