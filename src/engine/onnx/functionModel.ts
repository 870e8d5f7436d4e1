/**
 * @file The ONNX model of a plain function: graph inputs in, graph outputs out.
 */
import type { Graph } from "../ir/types.ts";
import { encodeGraph } from "./encodeGraph.ts";
import { graphProto, modelBytes, valueInfo } from "./messages.ts";

export const FUNCTION_NAMES = { input: (name: string) => `in.${name}`, output: (name: string) => `out.${name}` };

export function functionModel(graph: Graph): Uint8Array {
  const { input, output } = FUNCTION_NAMES;
  const { nodes, initializers } = encodeGraph(graph, { inputName: input, outputName: output });
  const inputs = graph.inputs.map(({ name, value }) => valueInfo(input(name), value.type, value.shape));
  const outputs = graph.outputs.map(({ name, value }) => valueInfo(output(name), value.type, value.shape));
  return modelBytes(graphProto({ name: graph.name, inputs, outputs, nodes, initializers }));
}
