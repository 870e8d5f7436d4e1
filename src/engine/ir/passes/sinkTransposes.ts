/**
 * @file Pass: a transpose that feeds a matrix product becomes the product's own flag, a transpose of a transpose is one
 * or none, and a transpose over axes of extent 1 is a reshape. What is left moves memory and is kept.
 */
import type { Builder } from "../builder.ts";
import { rebuild } from "../rebuild.ts";
import type { Attributes, Graph, Value } from "../types.ts";

export function sinkTransposes(graph: Graph): Graph {
  return rebuild(graph, ({ builder, node: { op, attributes }, inputs }) => {
    if (op === "MatMul") return maybeFlagged(builder, inputs, attributes);
    if (op === "Transpose") return maybeMerged(builder, inputs[0], attributes.perm as readonly number[]);
    return undefined;
  });
}

function maybeFlagged(builder: Builder, inputs: readonly Value[], attributes: Attributes) {
  const [left, right] = inputs.slice(0, 2).map(maybeMatrixTranspose);
  if (left === undefined && right === undefined) return undefined;
  return builder.emit("MatMul", [left ?? inputs[0], right ?? inputs[1], ...inputs.slice(2)], {
    ...attributes,
    transA: (attributes.transA === true) !== (left !== undefined),
    transB: (attributes.transB === true) !== (right !== undefined),
  });
}

/** What a value is the transpose of, if only its last two axes are swapped. */
function maybeMatrixTranspose({ producer, shape }: Value): Value | undefined {
  if (producer?.op !== "Transpose") return undefined;
  const rank = shape.length;
  const swapped = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const perm = producer.attributes.perm as readonly number[];
  return perm.every((axis, i) => axis === swapped[i]) ? producer.inputs[0] : undefined;
}

function maybeMerged(builder: Builder, x: Value, perm: readonly number[]) {
  if (perm.every((axis, i) => axis === i)) return [x];
  const moved = perm.filter((axis) => x.shape[axis] > 1);
  if (moved.every((axis, i) => i === 0 || moved[i - 1] < axis))
    return [
      builder.reshape(
        x,
        perm.map((axis) => x.shape[axis]),
      ),
    ];
  if (x.producer?.op !== "Transpose") return undefined;
  const inner = x.producer.attributes.perm as readonly number[];
  const joined = perm.map((axis) => inner[axis]);
  const source = x.producer.inputs[0];
  if (joined.every((axis, i) => axis === i)) return [source];
  return builder.emit("Transpose", [source], { perm: joined });
}
