/**
 * @file Pass: operators on constant scalars are computed now, rounded as the runtime would. Larger constants are left
 * to the runtime, which folds them once when a session is opened.
 */
import type { Builder } from "../builder.ts";
import { maybeScalar } from "../constants.ts";
import type { OpName } from "../ops.ts";
import { inferTypes } from "../ops.ts";
import { rebuild } from "../rebuild.ts";
import type { Attributes, Graph, Value } from "../types.ts";
import { foldScalars } from "./scalarFold.ts";

export function foldConstants(graph: Graph): Graph {
  return rebuild(graph, ({ builder, node, inputs }) => {
    const folded = maybeFold(builder, node.op, inputs, node.attributes);
    return folded === undefined ? undefined : [folded];
  });
}

/** The result as a constant, where all operands are constant scalars. */
export function maybeFold(
  builder: Builder,
  op: OpName,
  inputs: readonly Value[],
  attributes: Attributes,
): Value | undefined {
  if (inputs.length === 0) return undefined;
  const values = inputs.map(maybeScalar);
  if (values.some((value) => value === undefined)) return undefined;
  const types = inferTypes(op, inputs, attributes);
  if (types.length !== 1 || types[0].shape.length > 0) return undefined;
  const folded = foldScalars(op, types[0].type, inputs[0].type, values as number[]);
  return folded === undefined ? undefined : builder.scalar(types[0].type, folded);
}
