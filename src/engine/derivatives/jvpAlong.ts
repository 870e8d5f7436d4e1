/**
 * @file Derivatives of a record-valued function along directions of its parameters (forward mode).
 *
 * A direction that does not fit its parameter is refused by name. Non-finite values follow IEEE 754.
 */
import { jvp, vmap } from "@jax-js/jax";
import type { JaxArrays } from "../program.ts";
import type { RecordFunction } from "./record.ts";
import { directionOf, keepAll, leadingExtent } from "./record.ts";

/** f(params) and J·direction, records of f's names and shapes. Throws EngineError where the direction does not fit. */
export function jvpAlong(
  f: RecordFunction,
  params: JaxArrays,
  direction: JaxArrays,
): { value: JaxArrays; tangent: JaxArrays } {
  const along = directionOf("jvpAlong", params, direction);
  const [value, tangent] = jvp(f, [keepAll(params)], [along]) as [JaxArrays, JaxArrays];
  return { value, tangent };
}

/** J·each of k directions: arrays [k, …parameter] in, [k, …output] out. */
export function jvpAlongMany(f: RecordFunction, params: JaxArrays, directions: JaxArrays): JaxArrays {
  const many = directionOf("jvpAlongMany", params, directions, [leadingExtent("jvpAlongMany", directions)]);
  return vmap((direction: JaxArrays) => jvpAlong(f, params, direction).tangent)(many) as JaxArrays;
}
