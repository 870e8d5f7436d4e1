/**
 * @file Named layers: what is traced inside carries the layer's name into error messages. Costs nothing at run time.
 */
import { jit } from "@jax-js/jax";
import type { Arrays } from "./trace.ts";

/** The function, under a name. Arrays that it does not use are let go, as jax-js's move semantics ask. */
export function scoped(name: string, fn: (inputs: Arrays) => Arrays): (inputs: Arrays) => Arrays {
  const body = (inputs: Arrays): Arrays => fn(inputs);
  Object.defineProperty(body, "name", { value: name });
  const traced = jit(body as never) as unknown as (inputs: Arrays) => Arrays;
  return (inputs) => traced(Object.fromEntries(Object.entries(inputs).map(([key, array]) => [key, array.ref])));
}
