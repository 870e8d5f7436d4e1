/**
 * @file Sorting along the last axis, ascending and stable; NaN comes last, as in jax-js. −0 and 0 are equal (jax-js's
 * `sort` puts −0 first, its `argsort` does not).
 *
 * The runtime's TopK has no place for NaN. As float64, ∞ becomes 2²⁰⁰ and NaN becomes ∞: an order in which all numbers
 * keep their places.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { materialise } from "./physical.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { viewOf } from "./view.ts";

const BEYOND_FLOAT32 = 2 ** 200;

/** The sorted values. */
export const sort = (input: RuleInput): View => argsort(input)[0];

/** The sorted values, and where each was. */
export function argsort({ builder, views: [x] }: RuleInput): [View, View] {
  const value = materialise(builder, x);
  const [, places] = builder.emit("Sort", [keysOf(builder, value)]);
  const sorted = builder.op("GatherElements", [value, places]);
  return [viewOf(sorted), viewOf(builder.op("Cast", [places], { to: "int32" }))];
}

/** Values of a type that the runtime sorts, in the same order. */
function keysOf(builder: Builder, x: Value): Value {
  switch (x.type) {
    case "float32": {
      const isNumber = builder.op("Equal", [x, x]);
      const wide = builder.op("Cast", [x], { to: "float64" });
      const finite = builder.op("Min", [wide, builder.scalar("float64", BEYOND_FLOAT32)]);
      return builder.op("Where", [isNumber, finite, builder.scalar("float64", Number.POSITIVE_INFINITY)]);
    }
    case "uint32":
      return builder.op("Cast", [x], { to: "int64" });
    case "bool":
      return builder.op("Cast", [x], { to: "int32" });
    default:
      return x;
  }
}
