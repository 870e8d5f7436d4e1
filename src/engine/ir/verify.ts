/**
 * @file Checks that a graph is well formed: every value defined once and before its use, every node's outputs as its
 * typing rule says, every output defined. Throws EngineError naming the node; says nothing about meaning.
 */
import { EngineError } from "../errors.ts";
import { inferTypes } from "./ops.ts";
import { printType } from "./print.ts";
import type { Graph, Node, Value } from "./types.ts";
import { sizeOf } from "./types.ts";

export function verifyGraph(graph: Graph): void {
  const defined = new Set<Value>();
  const define = (value: Value, by: string): void => {
    if (defined.has(value)) throw broken(graph, by, "expected a value that is defined once, got a second definition");
    defined.add(value);
  };
  for (const { name, value } of graph.inputs) define(value, `input "${name}"`);
  for (const [index, node] of graph.nodes.entries()) {
    const where = `node ${index} (${node.op}, from ${node.scope})`;
    for (const input of node.inputs)
      if (!defined.has(input)) throw broken(graph, where, "expected operands defined before, got one that is not");
    checkTypes(graph, node, where);
    for (const output of node.outputs) define(output, where);
  }
  for (const { name, value } of graph.outputs)
    if (!defined.has(value)) throw broken(graph, `output "${name}"`, "expected a defined value, got none");
}

function checkTypes(graph: Graph, node: Node, where: string): void {
  const expected = inferTypes(node.op, node.inputs, node.attributes).map(printType).join(", ");
  const got = node.outputs.map(printType).join(", ");
  if (expected !== got) throw broken(graph, where, `expected outputs ${expected}, got ${got}`);
  if (node.op === "Constant" && node.data?.length !== sizeOf(node.outputs[0].shape))
    throw broken(graph, where, `expected ${sizeOf(node.outputs[0].shape)} constant values, got ${node.data?.length}`);
}

function broken(graph: Graph, where: string, what: string): EngineError {
  return new EngineError("IR_BROKEN", `Graph ${graph.name}, ${where}: ${what}; this is a defect of Ontogeny's engine`);
}
