/**
 * @file Pass: a rank-2 product whose only use is a ReLU, sigmoid or tanh takes it in, where the runtime has one kernel
 * for both (FusedGemm). A training step needs the value before the activation again, so this serves evaluation.
 */
import type { OpName } from "../ops.ts";
import { rebuild, useCounts } from "../rebuild.ts";
import type { Graph } from "../types.ts";

const ACTIVATIONS: readonly OpName[] = ["Relu", "Sigmoid", "Tanh"];

export function fuseActivation(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rebuild(graph, ({ builder, node, inputs }) => {
    if (!ACTIVATIONS.includes(node.op) || uses.get(node.inputs[0]) !== 1) return undefined;
    const product = inputs[0].producer;
    if (product?.op !== "MatMul" || inputs[0].shape.length !== 2 || "activation" in product.attributes)
      return undefined;
    return builder.emit("MatMul", product.inputs, { ...product.attributes, activation: node.op });
  });
}
