/**
 * @file Pass: a matrix product whose only use is an addition takes the addend as its bias, which the runtime's product
 * starts from instead of zero. Refuses nothing; leaves what does not fit.
 */
import { broadcastShapes } from "./ops.ts";
import type { Graph, Node, Port, Value } from "./types.ts";
import { sameShape } from "./types.ts";

export function fuseBias(graph: Graph): Graph {
  const matches = findMatches(graph);
  const fused = new Set([...matches.values()].map(({ product }) => product));
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (fused.has(node)) continue;
    const match = matches.get(node);
    const source = match?.product ?? node;
    const operands = match === undefined ? node.inputs : [...match.product.inputs, match.bias];
    const inputs = operands.map(current);
    if (match === undefined && inputs.every((input, i) => input === node.inputs[i])) {
      nodes.push(node);
      continue;
    }
    const outputs: Value[] = [];
    const rebuilt: Node = { ...source, inputs, outputs };
    for (const old of node.outputs) {
      const value = { ...old, producer: rebuilt };
      outputs.push(value);
      replaced.set(old, value);
    }
    nodes.push(rebuilt);
  }
  const port = ({ name, value }: Port): Port => ({ name, value: current(value) });
  return { ...graph, nodes, outputs: graph.outputs.map(port) };
}

interface Match {
  readonly product: Node;
  readonly bias: Value;
}

/** Additions and the products that they complete. */
function findMatches(graph: Graph): Map<Node, Match> {
  const uses = useCounts(graph);
  const matches = new Map<Node, Match>();
  for (const node of graph.nodes) {
    const match = node.op === "Add" ? maybeMatch(node, uses) : undefined;
    if (match !== undefined) matches.set(node, match);
  }
  return matches;
}

function maybeMatch(add: Node, uses: ReadonlyMap<Value, number>): Match | undefined {
  for (const [value, bias] of [
    [add.inputs[0], add.inputs[1]],
    [add.inputs[1], add.inputs[0]],
  ]) {
    const product = value.producer;
    const isPlain = product?.op === "MatMul" && product.inputs.length === 2 && value.shape.length === 2;
    if (!isPlain || uses.get(value) !== 1) continue;
    if (sameShape(broadcastShapes(value.shape, bias.shape), value.shape)) return { product, bias };
  }
  return undefined;
}

function useCounts(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>();
  const used = [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)];
  for (const value of used) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
