/**
 * @file Inputs whose elements are used as positions along an axis (np.take, indexing, embeddings), and the check of them.
 *
 * On jax-js's devices a position outside of the axis reads another element, silently; the native device stops. So what
 * comes from the host is checked on the host. Positions that the program itself computes are not seen here.
 */
import type { ClosedJaxpr } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { EngineError } from "../errors.ts";

/** Operations whose result holds elements of their first operand and nothing else. */
const MOVES = new Set(["reshape", "transpose", "broadcast", "flip", "shrink", "split", "stop_gradient", "cast"]);

/** Input name → length of the shortest axis that it indexes. `names` are the inputs after the constants. */
export function indexLimits(
  { jaxpr, consts }: ClosedJaxpr,
  names: readonly string[],
): Readonly<Record<string, number>> {
  const { inBinders, eqns } = jaxpr.flatten();
  const origins = new Map<unknown, string>(names.map((name, i) => [inBinders[consts.length + i], name]));
  const limits: Record<string, number> = {};
  for (const { primitive, inputs, params, outBinders } of eqns) {
    const origin = origins.get(inputs[0]);
    if (MOVES.has(String(primitive)) && origin !== undefined)
      for (const binder of outBinders) origins.set(binder, origin);
    if (String(primitive) !== "gather") continue;
    for (const [i, axis] of (params.axis as readonly number[]).entries()) {
      const name = origins.get(inputs[i + 1]);
      if (name !== undefined)
        limits[name] = Math.min(limits[name] ?? Number.POSITIVE_INFINITY, inputs[0].aval.shape[axis]);
    }
  }
  return limits;
}

export function requireIndices(what: string, limit: number | undefined, { data }: Tensor): void {
  if (limit === undefined) return;
  for (let i = 0; i < data.length; i++)
    if (!(data[i] >= 0 && data[i] < limit))
      throw new EngineError(
        "ENGINE_ROWS",
        `${what}: expected positions 0…${limit - 1} along the axis that it indexes, got ${data[i]} at element ${i}`,
      );
}
