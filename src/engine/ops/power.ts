/**
 * @file Powers with constant exponents and gradients that are finite at 0 (jax-js's own takes a logarithm: NaN). Nothing
 * is consumed.
 *
 * A whole exponent up to ±64 is repeated multiplication, so negative bases have their sign and x¹ has gradient 1 at 0.
 * Others are e^(p·ln x): NaN for x < 0; 0ᵖ is 0, or +∞ for p < 0, and the gradient at 0 is 0, which is the limit for p > 1.
 * NaN stays NaN.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { numpy as np } from "@jax-js/jax";
import { DomainError } from "../../core/index.ts";

const MOST_MULTIPLIED = 64;

/** Of x's shape. Throws DomainError for an exponent that is not finite. */
export function power(x: JaxArray, exponent: number): JaxArray {
  if (!Number.isFinite(exponent)) throw new DomainError("power, exponent", "a finite number", exponent);
  if (Number.isInteger(exponent) && Math.abs(exponent) <= MOST_MULTIPLIED) return wholePower(x, exponent);
  const isZero = x.ref.equal(0);
  const base = np.where(isZero.ref, 1, x.ref);
  return np.where(isZero, exponent > 0 ? 0 : Number.POSITIVE_INFINITY, np.exp(np.log(base).mul(exponent)));
}

function wholePower(x: JaxArray, exponent: number): JaxArray {
  if (exponent < 0) return np.reciprocal(wholePower(x, -exponent));
  if (exponent === 0) return np.onesLike(x.ref);
  let result: JaxArray | undefined;
  let square = x.ref;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result === undefined ? square.ref : result.mul(square.ref);
    if (left > 1) square = square.ref.mul(square);
  }
  square.dispose();
  return result!;
}
