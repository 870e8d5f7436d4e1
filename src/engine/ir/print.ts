/**
 * @file Text of a graph: one node a line, for people and for golden tests. Equal graphs print equally.
 */
import type { Attributes, Data, Graph, Node, Value } from "./types.ts";

export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  for (const { name, value } of graph.inputs) names.set(value, `%${name}`);
  for (const node of graph.nodes) for (const value of node.outputs) names.set(value, `%${names.size}`);
  const nameOf = (value: Value): string => names.get(value) ?? `%undefined#${value.id}`;
  const inputs = graph.inputs.map(({ value }) => `${nameOf(value)}: ${printType(value)}`).join(", ");
  const lines = graph.nodes.map((node) => {
    const targets = node.outputs.map((value) => `${nameOf(value)}: ${printType(value)}`).join(", ");
    return `  ${targets} = ${node.op}(${node.inputs.map(nameOf).join(", ")})${printAttributes(node)}`;
  });
  const outputs = graph.outputs.map(({ name, value }) => `${name}: ${nameOf(value)}`).join(", ");
  return [`${graph.name}(${inputs}) {`, ...lines, `  return ${outputs}`, "}"].join("\n");
}

export function printType({ type, shape }: Pick<Value, "type" | "shape">): string {
  return `${type}[${shape.join(",")}]`;
}

function printAttributes({ attributes, data, op }: Node): string {
  const shown = op === "Constant" ? [] : Object.entries(attributes satisfies Attributes);
  const parts = shown.map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value.join(",")}]` : String(value)}`);
  if (data !== undefined) parts.push(printData(data));
  return parts.length === 0 ? "" : ` {${parts.join(" ")}}`;
}

function printData(data: Data): string {
  const head = Array.from(data.subarray(0, 4) as Iterable<number | bigint>, String).join(", ");
  return data.length > 4 ? `${head}, … ${data.length} values` : head;
}
