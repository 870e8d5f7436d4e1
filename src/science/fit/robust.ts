/**
 * @file Huber's loss and the logarithm of a sum of exponentials: what robust fits on logarithms are made of.
 *
 * NaN in gives NaN out: these run inside loops, and their callers check what goes in.
 */
import { DomainError } from "../../core/index.ts";

/** r²/2 for |r| ≤ δ, δ(|r| − δ/2) beyond (Huber, Ann. Math. Stat. 35, 1964). δ may be ∞: then it is least squares. */
export function huber(residual: number, delta: number): number {
  const size = Math.abs(residual);
  return size <= delta ? 0.5 * residual * residual : delta * (size - 0.5 * delta);
}

/** Derivative of `huber` in the residual: the residual, held to [−δ, δ]. */
export function huberSlope(residual: number, delta: number): number {
  return Math.max(-delta, Math.min(delta, residual));
}

/** Weight with which iteratively reweighted least squares minimises Huber's loss: 1 inside, δ/|r| outside. */
export function huberWeight(residual: number, delta: number): number {
  const size = Math.abs(residual);
  return size <= delta ? 1 : delta / size;
}

/** ln Σ exp(xᵢ) without overflow; −∞ when all are −∞, ∞ when one is. Throws for none. */
export function logSumExp(values: readonly number[]): number {
  if (values.length === 0) throw new DomainError("logSumExp", "at least 1 value", "0 values");
  const top = Math.max(...values);
  if (top === Number.POSITIVE_INFINITY || top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - top);
  return top + Math.log(sum);
}
