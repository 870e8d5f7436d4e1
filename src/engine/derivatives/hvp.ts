/**
 * @file Hessian–vector products inside a traced function, forward over reverse: H·v is the derivative of the gradient
 * along v. The Hessian is never formed.
 *
 * Source: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
 * At a kink (ReLU, maximum) the second derivative is that of the branch which the gradient takes. Non-finite values
 * follow IEEE 754. A direction that does not fit its parameter is refused by name.
 */
import { jvp, vmap } from "@jax-js/jax";
import type { JaxArrays } from "../program.ts";
import { gradientOf } from "./gradient.ts";
import type { ScalarFunction } from "./record.ts";
import { directionOf, keepAll, leadingExtent } from "./record.ts";

/** H·direction: a record of the parameters' names and shapes. Throws EngineError where the direction does not fit. */
export function hvp(loss: ScalarFunction, params: JaxArrays, direction: JaxArrays): JaxArrays {
  const along = directionOf("hvp", params, direction);
  const [, product] = jvp((p: JaxArrays) => gradientOf(loss, p), [keepAll(params)], [along]) as [JaxArrays, JaxArrays];
  return product;
}

/** H·each of k directions: arrays [k, …parameter] in, the same out. What does not depend on them is computed once. */
export function hvpMany(loss: ScalarFunction, params: JaxArrays, directions: JaxArrays): JaxArrays {
  const many = directionOf("hvpMany", params, directions, [leadingExtent("hvpMany", directions)]);
  return vmap((direction: JaxArrays) => hvp(loss, params, direction))(many) as JaxArrays;
}
