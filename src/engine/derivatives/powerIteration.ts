/**
 * @file Power iteration: the eigenvalue of largest magnitude, with its sign, from a warm start where there is one.
 *
 * Refuses (RefusedError, with the residual reached) where a tolerance is given and not met; without one it runs exactly
 * `iterations` products and leaves the judgement to the residual.
 */
import { DomainError, RefusedError, ShapeError } from "../../core/index.ts";
import type { SymmetricOperator } from "./operator.ts";
import { applyOnce } from "./operator.ts";
import { addScaled, dot, norm, scaled } from "./vectors.ts";

export interface PowerOptions {
  /** The vector of the last call, or a random one; any positive norm. */
  readonly start: Float64Array;
  /** Products at most; default 20. */
  readonly iterations?: number;
  /** Largest residual relative to |value|; ends early and refuses late. */
  readonly tolerance?: number;
}

export interface PowerResult {
  /** Rayleigh quotient of the last vector multiplied. */
  readonly value: number;
  /** ‖A·v − value·v‖ of that vector: some eigenvalue lies within it of `value`. */
  readonly residual: number;
  /** The next vector, norm 1: the start of the next call. */
  readonly vector: Float64Array;
  readonly iterations: number;
}

export async function powerIteration(
  operator: SymmetricOperator,
  { start, iterations = 20, tolerance }: PowerOptions,
): Promise<PowerResult> {
  if (start.length !== operator.size)
    throw new ShapeError("powerIteration, start", `[${operator.size}]`, [start.length]);
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new DomainError("powerIteration, iterations", "a positive integer", iterations);
  const length = norm(start);
  if (!(length > 0) || !Number.isFinite(length))
    throw new DomainError("powerIteration, start", "a vector of positive finite norm", length);
  let result: PowerResult = {
    value: Number.NaN,
    residual: Number.POSITIVE_INFINITY,
    vector: scaled(start, 1 / length),
    iterations: 0,
  };
  while (result.iterations < iterations) {
    result = await iterate(operator, result);
    if (tolerance !== undefined && result.residual <= tolerance * Math.abs(result.value)) return result;
  }
  if (tolerance === undefined) return result;
  throw new RefusedError(
    "powerIteration",
    `after ${iterations} products the residual of ${result.value.toPrecision(4)} is ${result.residual.toPrecision(3)}, expected at most ${tolerance} of it; allow more iterations`,
  );
}

async function iterate(operator: SymmetricOperator, { vector, iterations }: PowerResult): Promise<PowerResult> {
  const image = await applyOnce(operator, vector);
  const length = norm(image);
  if (!Number.isFinite(length)) throw new RefusedError("powerIteration", `product ${iterations} is not finite`);
  const value = dot(vector, image);
  const rest = image.slice();
  addScaled(rest, -value, vector);
  return {
    value,
    residual: norm(rest),
    vector: length > 0 ? scaled(image, 1 / length) : vector,
    iterations: iterations + 1,
  };
}
