/**
 * @file Flat records of named parameter arrays inside a traced function: the argument of every derivative here.
 *
 * Nothing is consumed: jax-js's move semantics stay inside. A direction must have the parameters' names and shapes;
 * a mismatch is refused and names the parameter.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { EngineError } from "../errors.ts";
import { sameShape } from "../ir/types.ts";
import type { JaxArrays } from "../program.ts";

/** Of rank 0, from a record of parameters. */
export type ScalarFunction = (params: JaxArrays) => JaxArray;
export type RecordFunction = (params: JaxArrays) => JaxArrays;

export function mapRecord(record: JaxArrays, fn: (array: JaxArray, name: string) => JaxArray): JaxArrays {
  return Object.fromEntries(Object.entries(record).map(([name, array]) => [name, fn(array, name)]));
}

/** The record again, to hand to a function of jax-js that consumes its argument. */
export const keepAll = (record: JaxArrays): JaxArrays => mapRecord(record, (array) => array.ref);

/**
 * The direction in the parameters' order; `leading` axes stand before a parameter's own.
 * Throws EngineError unless every parameter has its array, of its shape, and there is no other.
 */
export function directionOf(what: string, params: JaxArrays, direction: JaxArrays, leading: readonly number[] = []) {
  requireSameNames(what, Object.keys(params), Object.keys(direction));
  return mapRecord(params, ({ shape, dtype }, name) => {
    const expected = [...leading, ...shape];
    const got = direction[name];
    if (!sameShape(got.shape, expected) || got.dtype !== dtype)
      throw new EngineError(
        "DIRECTION_SHAPE",
        `${what}, direction "${name}": expected ${dtype} of shape [${expected.join(", ")}], got ${got.dtype} of shape [${got.shape.join(", ")}]; a direction has the shape of its parameter`,
      );
    return got.ref;
  });
}

/** The common extent of axis 0. Throws EngineError naming the array that has another one, or none. */
export function leadingExtent(what: string, record: JaxArrays): number {
  const [extent] = Object.values(record)[0]?.shape ?? [];
  for (const [name, { shape }] of Object.entries(record))
    if (shape.length === 0 || shape[0] !== extent)
      throw new EngineError(
        "LEADING_AXIS",
        `${what}, "${name}": expected ${extent ?? "the same number of"} rows along axis 0, got shape [${shape.join(", ")}]`,
      );
  if (extent === undefined) throw new EngineError("LEADING_AXIS", `${what}: expected at least one array, got none`);
  return extent;
}

/** Throws EngineError naming the first missing or surplus parameter. */
export function requireSameNames(what: string, expected: readonly string[], got: readonly string[]): void {
  const missing = expected.find((name) => !got.includes(name));
  const surplus = got.find((name) => !expected.includes(name));
  if (missing === undefined && surplus === undefined) return;
  const wrong = missing === undefined ? `"${surplus}" besides` : `no "${missing}"`;
  throw new EngineError(
    "DIRECTION_NAMES",
    `${what}: expected an array for each of {${expected.join(", ")}}, got ${wrong}`,
  );
}
