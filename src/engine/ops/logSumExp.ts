/**
 * @file ln Σ eˣ along an axis, shifted by the maximum. Nothing is consumed.
 *
 * All −∞ gives −∞ with gradient 0 (jax-js's own: NaN), one +∞ gives +∞; a NaN spreads over its row. The gradient is the
 * softmax.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { lax, numpy as np } from "@jax-js/jax";

/** [..., n, ...] → the same without the axis. */
export function logSumExp(x: JaxArray, axis = -1): JaxArray {
  const at = axis < 0 ? axis + x.ndim : axis;
  const column = x.shape.map((extent, i) => (i === at ? 1 : extent));
  const largest = lax.stopGradient(np.max(x.ref, at)).reshape(column);
  const isBounded = np.abs(largest.ref).less(Number.POSITIVE_INFINITY);
  const shift = np.where(isBounded, largest, 0);
  const total = np.sum(np.exp(x.ref.sub(shift.ref)), at);
  const isEmpty = total.ref.equal(0);
  const logarithm = np.log(np.where(isEmpty.ref, 1, total));
  const shape = x.shape.filter((_, i) => i !== at);
  return np.where(isEmpty, Number.NEGATIVE_INFINITY, logarithm).add(shift.reshape(shape));
}
