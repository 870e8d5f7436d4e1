/**
 * @file Pass: drops nodes and inputs that no output needs.
 */
import type { Graph, Node, Value } from "../types.ts";

export function dropDeadCode(graph: Graph): Graph {
  const live = new Set<Value>(graph.outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((value) => live.has(value))) continue;
    for (const input of node.inputs) live.add(input);
    kept.push(node);
  }
  return { ...graph, inputs: graph.inputs.filter(({ value }) => live.has(value)), nodes: kept.reverse() };
}
