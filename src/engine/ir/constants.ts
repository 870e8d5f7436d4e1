/**
 * @file Reading constants: what is known about a value before the program runs.
 */
import type { Value } from "./types.ts";

/** The value of a constant all of whose elements are equal; undefined for anything else. */
export function maybeUniform({ producer }: Value): number | undefined {
  const data = producer?.op === "Constant" ? producer.data : undefined;
  if (data === undefined || data.length === 0 || data instanceof BigInt64Array) return undefined;
  const first = data[0];
  return data.every((value) => Object.is(value, first)) ? first : undefined;
}

/** The value of a rank-0 constant. */
export function maybeScalar(value: Value): number | undefined {
  return value.shape.length === 0 ? maybeUniform(value) : undefined;
}

export function isScalar(value: Value, expected: number): boolean {
  return maybeScalar(value) === expected;
}
