/**
 * @file Value and gradient of a scalar function of a record, consuming nothing.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { valueAndGrad } from "@jax-js/jax";
import type { JaxArrays } from "../program.ts";
import type { ScalarFunction } from "./record.ts";
import { keepAll } from "./record.ts";

/**
 * The loss (rank 0) and its gradient, a record of the parameters' names and shapes. Non-finite values follow IEEE 754.
 * A loss that is not of rank 0 is refused by the tracer.
 */
export function valueAndGradient(loss: ScalarFunction, params: JaxArrays): { value: JaxArray; gradient: JaxArrays } {
  const [value, gradient] = valueAndGrad(loss)(keepAll(params)) as [JaxArray, JaxArrays];
  return { value, gradient };
}

/** The gradient alone. */
export const gradientOf = (loss: ScalarFunction, params: JaxArrays): JaxArrays =>
  valueAndGradient(loss, params).gradient;
