/**
 * @file What a step computes from resident tensors alone is the same in every step: it is split off, to be computed once
 * a call. What depends on the state or on the step's row stays.
 */
import type { Graph, Node, Port, Value } from "../types.ts";

export interface SplitStep {
  /** Reads resident tensors; its outputs are inputs of `step`, under the same names. */
  readonly once: Graph;
  readonly step: Graph;
}

/** `isFixed` says which inputs are the same in every step. */
export function hoistInvariant(graph: Graph, isFixed: (input: string) => boolean): SplitStep {
  const fixed = new Set<Value>(graph.inputs.filter(({ name }) => isFixed(name)).map(({ value }) => value));
  const constants = new Set<Value>(graph.nodes.filter(isConstant).flatMap(({ outputs }) => outputs));
  const hoisted = new Set<Node>();
  for (const node of graph.nodes) {
    const known = node.inputs.every((input) => fixed.has(input) || constants.has(input));
    if (isConstant(node) || node.op === "StepRow" || !known || !node.inputs.some((input) => fixed.has(input))) continue;
    hoisted.add(node);
    for (const output of node.outputs) fixed.add(output);
  }
  if (hoisted.size === 0) return { once: { ...graph, inputs: [], nodes: [], outputs: [] }, step: graph };
  const kept = graph.nodes.filter((node) => !hoisted.has(node));
  const needed = new Set([...kept.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ value }) => value)]);
  const handed = [...hoisted].flatMap(({ outputs }) => outputs).filter((value) => needed.has(value));
  const ports = handed.map((value, i): Port => ({ name: `once:${i}`, value }));
  const read = new Set([...hoisted].flatMap(({ inputs }) => inputs));
  return {
    once: {
      name: `${graph.name}.once`,
      inputs: graph.inputs.filter(({ value }) => read.has(value)),
      nodes: graph.nodes.filter((node) => hoisted.has(node) || (isConstant(node) && read.has(node.outputs[0]))),
      outputs: ports,
    },
    step: {
      ...graph,
      inputs: [...graph.inputs.filter(({ value }) => needed.has(value)), ...ports],
      nodes: kept.filter((node) => !isConstant(node) || needed.has(node.outputs[0])),
    },
  };
}

const isConstant = ({ op }: Node): boolean => op === "Constant";
