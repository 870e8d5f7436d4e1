/**
 * @file lowerSplit: a function of fixed and varying inputs as two graphs. Pure.
 */
import type { SplitSpec } from "./device.ts";
import type { SplitGraph } from "./ir/passes/splitGraph.ts";
import { splitGraph } from "./ir/passes/splitGraph.ts";
import { verifyGraph } from "./ir/verify.ts";
import { lowerFunction } from "./lowerFunction.ts";
import { requireDistinct } from "./program.ts";
import { withPrefix } from "./stepTable.ts";

/** Output names in the graphs, so that the two functions may use the same ones. */
export const SPLIT_PORTS = { once: "once.", each: "each." } as const;

/** Both functions are traced together, so that what they have in common is computed once. */
export function lowerSplit({ name, fixed, varying, once, each }: SplitSpec): SplitGraph {
  requireDistinct(name, [fixed, varying]);
  const graph = lowerFunction({
    name,
    inputs: { ...fixed, ...varying },
    fn: (args) => ({
      ...withPrefix(once(args), SPLIT_PORTS.once),
      ...withPrefix(each(args), SPLIT_PORTS.each),
    }),
  });
  const split = splitGraph(graph, (input) => input in varying);
  for (const half of [split.fixed, split.varying]) verifyGraph(half);
  return split;
}
