/**
 * @file Cumulative sums along the last axis, in the order of the elements. Not a primitive of jax-js: the trace's patterns
 * make it of what jax-js writes. Integers wrap around; a NaN stays in all sums from it on.
 */
import type { ProgramType } from "../trace/program.ts";
import { castTo } from "./cast.ts";
import { materialise } from "./physical.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { viewOf } from "./view.ts";

export function cumulativeSum({ builder, views: [x], params, outputTypes: [type] }: RuleInput): View {
  // The runtime has no kernel for uint32; its bits are those of int32.
  const summed: ProgramType = type === "uint32" ? "int32" : type;
  const value = materialise(builder, castTo(builder, castTo(builder, x, type), summed));
  const { reverse, exclusive } = params as { reverse: boolean; exclusive: boolean };
  return castTo(builder, viewOf(builder.op("CumSum", [value], { reverse, exclusive })), type);
}
