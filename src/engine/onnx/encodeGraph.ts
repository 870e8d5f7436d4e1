/**
 * @file An IR graph as the nodes and initializers of an ONNX graph whose inputs and outputs have given names.
 */
import { InternalEngineError } from "../errors.ts";
import type { Graph, Value } from "../ir/types.ts";
import { encodeNode } from "./encodeNode.ts";
import type { NodeProto, TensorProto } from "./messages.ts";
import { node, tensor } from "./messages.ts";

export interface EncodedGraph {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
}

/** Output `name` of the graph gets the ONNX name `outputName(name)`; likewise inputs. */
export function encodeGraph(
  graph: Graph,
  options: {
    readonly inputName: (name: string) => string;
    readonly outputName: (name: string) => string;
    readonly step?: string;
    readonly table?: (name: string) => string;
    /** Before generated names: those of a graph around this one must differ. */
    readonly prefix?: string;
  },
): EncodedGraph {
  const { prefix = "" } = options;
  const names = new Map<Value, string>();
  for (const { name, value } of graph.inputs) names.set(value, options.inputName(name));
  for (const { name, value } of graph.outputs) {
    const isComputed = value.producer !== undefined && value.producer.op !== "Constant";
    if (isComputed && !names.has(value)) names.set(value, options.outputName(name));
  }
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const integerLists = new Map<string, string>();
  const integers = (values: readonly number[]): string => {
    const key = values.join(",");
    const known = integerLists.get(key);
    if (known !== undefined) return known;
    const name = `${prefix}int.${integerLists.size}`;
    initializers.push(tensor(name, "int64", [values.length], BigInt64Array.from(values, BigInt)));
    integerLists.set(key, name);
    return name;
  };
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = `${prefix}v${names.size}`;
    names.set(value, name);
    return name;
  };
  const table =
    options.table ??
    (() => {
      throw new InternalEngineError("a step table is used outside of a loop");
    });
  const context = { integers, step: options.step ?? "", table };
  for (const irNode of graph.nodes) {
    const outputs = irNode.outputs.map(nameOf);
    if (irNode.op === "Constant")
      initializers.push(tensor(outputs[0], irNode.outputs[0].type, irNode.outputs[0].shape, irNode.data!));
    else nodes.push(encodeNode(irNode, irNode.inputs.map(nameOf), outputs, context));
  }
  for (const { name, value } of graph.outputs) {
    const outputName = options.outputName(name);
    if (nameOf(value) !== outputName) nodes.push(node("Identity", { inputs: [nameOf(value)], outputs: [outputName] }));
  }
  return { nodes, initializers };
}
