/**
 * @file Pass: a matrix product whose only use is an addition takes the addend as its bias, which the runtime's product
 * starts from instead of zero. Refuses nothing; leaves what does not fit.
 */
import { broadcastShapes } from "../ops.ts";
import { rebuild, useCounts } from "../rebuild.ts";
import type { Graph, Node, Value } from "../types.ts";
import { sameShape } from "../types.ts";

export function fuseBias(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rebuild(graph, ({ builder, node, inputs }) => {
    const side = node.op === "Add" ? maybeProductSide(node, uses) : undefined;
    if (side === undefined) return undefined;
    const { attributes, inputs: factors } = inputs[side].producer!;
    return builder.emit("MatMul", [...factors, inputs[1 - side]], attributes);
  });
}

/** The operand of the addition that is a product used nowhere else and large enough to take the other as its bias. */
function maybeProductSide({ inputs }: Node, uses: ReadonlyMap<Value, number>): 0 | 1 | undefined {
  for (const side of [0, 1] as const) {
    const [value, bias] = [inputs[side], inputs[1 - side]];
    const isPlain = value.producer?.op === "MatMul" && value.producer.inputs.length === 2 && value.shape.length === 2;
    if (!isPlain || uses.get(value) !== 1) continue;
    if (sameShape(broadcastShapes(value.shape, bias.shape), value.shape)) return side;
  }
  return undefined;
}
