/**
 * @file The frame of every pass: walks a graph in order and makes it anew, node by node.
 */
import { Builder } from "./builder.ts";
import type { Graph, Node, Value } from "./types.ts";

export interface Visit {
  readonly builder: Builder;
  readonly node: Node;
  /** The node's operands in the new graph. */
  readonly inputs: readonly Value[];
}

/** `visit` gives the new values of a node's outputs, or undefined to keep the node as it is. */
export function rebuild(graph: Graph, visit: (visit: Visit) => readonly Value[] | undefined): Graph {
  const builder = new Builder(graph.name);
  const made = new Map<Value, Value>();
  for (const { name, value } of graph.inputs) made.set(value, builder.input(name, value.type, value.shape));
  for (const node of graph.nodes) {
    builder.scope = node.scope;
    const inputs = node.inputs.map((input) => made.get(input)!);
    const outputs = visit({ builder, node, inputs }) ?? builder.emit(node.op, inputs, node.attributes, node.data);
    for (const [i, output] of node.outputs.entries()) made.set(output, outputs[i]);
  }
  return builder.finish(graph.outputs.map(({ name, value }) => ({ name, value: made.get(value)! })));
}

/** How often each value is used, as an operand or as an output of the graph. */
export function useCounts(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  const used = [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)];
  for (const value of used) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
