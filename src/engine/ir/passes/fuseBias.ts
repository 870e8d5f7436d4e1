/**
 * @file Pass: a matrix product or a convolution whose only use is an addition takes the addend as its bias, which the
 * runtime starts from instead of zero. Refuses nothing; leaves what does not fit.
 */
import type { Builder } from "../builder.ts";
import { broadcastShapes } from "../ops.ts";
import { rebuild, useCounts } from "../rebuild.ts";
import type { Graph, Node, Value } from "../types.ts";
import { sameShape, sizeOf } from "../types.ts";

export function fuseBias(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rebuild(graph, ({ builder, node, inputs }) => {
    const side = node.op === "Add" ? maybeSide(node, uses) : undefined;
    if (side === undefined) return undefined;
    const { op, attributes, inputs: factors } = inputs[side].producer!;
    const bias = inputs[1 - side];
    return builder.emit(op, [...factors, op === "Conv" ? flat(builder, bias) : bias], attributes);
  });
}

/** One axis; a reshape that made it several is undone. */
function flat(builder: Builder, value: Value): Value {
  const source = value.producer?.op === "Reshape" ? value.producer.inputs[0] : value;
  return builder.reshape(source, [sizeOf(value.shape)]);
}

/** The operand of the addition that is used nowhere else and can take the other as its bias. */
function maybeSide({ inputs }: Node, uses: ReadonlyMap<Value, number>): 0 | 1 | undefined {
  for (const side of [0, 1] as const) {
    const [value, bias] = [inputs[side], inputs[1 - side]];
    if (uses.get(value) !== 1 || value.producer?.inputs.length !== 2) continue;
    if (takesBias(value.producer, value.shape, bias.shape)) return side;
  }
  return undefined;
}

function takesBias({ op }: Node, shape: readonly number[], bias: readonly number[]): boolean {
  if (op === "MatMul") return shape.length === 2 && sameShape(broadcastShapes(shape, bias), shape);
  // One number a channel: [channels, 1, …].
  const [, channels, ...spatial] = shape;
  return op === "Conv" && sameShape(bias, [channels, ...spatial.map(() => 1)]);
}
