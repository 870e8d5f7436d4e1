/**
 * @file A training step's graph opened up: any of its intermediate values as outputs of a plain function, and the way
 * back from a bad output to the node where the bad values arose.
 *
 * Pure. Table rows become inputs. What the outputs do not need is left out; nothing else is changed.
 */
import type { Graph, Node, Port, Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";

/** Input of the probe for a row of the loop's host-made table. */
export const rowPort = (table: string): string => `row:${table}`;

/** Name of the output that carries a value. */
export const probePort = ({ id }: Value): string => `value:${id}`;

/** Float values that nodes compute, in the order of computation. Constants and table rows are not among them. */
export function computedFloats({ nodes }: Graph): Value[] {
  return nodes
    .filter(({ op }) => op !== "Constant" && op !== "StepRow")
    .flatMap(({ outputs }) => outputs.filter(({ type }) => type === "float32"));
}

/** The part of a step that computes these values, as a function of state, resident tensors and table rows. */
export function probeGraph(step: Graph, values: readonly Value[]): Graph {
  const live = new Set<Value>(values);
  const nodes: Node[] = [];
  const rows: Port[] = [];
  for (const node of [...step.nodes].reverse()) {
    if (!node.outputs.some((value) => live.has(value))) continue;
    if (node.op === "StepRow") {
      rows.push({ name: rowPort(node.attributes.table as string), value: node.outputs[0] });
      continue;
    }
    for (const input of node.inputs) live.add(input);
    nodes.push(node);
  }
  return {
    name: `${step.name}, opened`,
    inputs: [...step.inputs.filter(({ value }) => live.has(value)), ...rows],
    nodes: nodes.reverse(),
    outputs: values.map((value) => ({ name: probePort(value), value })),
  };
}

/** Values in groups of at most `bytes` each, a larger one by itself: what one run of a probe hands out at once. */
export function inPortions(values: readonly Value[], bytes: number): Value[][] {
  const portions: Value[][] = [];
  let left = 0;
  for (const value of values) {
    const size = 4 * sizeOf(value.shape);
    if (portions.length === 0 || size > left) {
      portions.push([]);
      left = bytes;
    }
    portions.at(-1)!.push(value);
    left -= size;
  }
  return portions;
}

/**
 * Of the bad values that a bad output was computed from, the first in the order of computation none of whose operands is
 * bad (constants aside: an infinite constant is meant). An input that is bad is its own origin. `isBad` must know
 * every float value on the way.
 */
export function originOf(step: Graph, output: Value, isBad: (value: Value) => boolean): Value {
  const reached = new Set<Value>();
  const waiting = [output];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (reached.has(value)) continue;
    reached.add(value);
    waiting.push(...operandsOf(value).filter(isBad));
  }
  const origins = [...reached].filter((value) => !operandsOf(value).some(isBad));
  const position = new Map(step.nodes.flatMap(({ outputs }, i) => outputs.map((value) => [value, i] as const)));
  const placeOf = (value: Value): number => position.get(value) ?? -1;
  return origins.sort((a, b) => placeOf(a) - placeOf(b))[0];
}

function operandsOf({ producer }: Value): readonly Value[] {
  return (producer?.inputs ?? []).filter((input) => input.producer?.op !== "Constant");
}
