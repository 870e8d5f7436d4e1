/**
 * @file How much memory a program is expected to take at its peak, from its graph alone, before any of it is taken.
 *
 * Pure. A step's values count from the node that makes them to the last that reads them, in the order of the nodes; views
 * (Reshape, Identity) take none. The runtime holds that peak twice: the first iteration takes its values one by one, the
 * later ones from one block planned after it, and its arena gives nothing back. Host arrays that a call returned stay until
 * they are collected. An expectation, not a bound: native/memory.test.ts compares it with what processes took.
 */
import type { FunctionSpec, LoopSpec } from "./device.ts";
import type { Graph, IrType, Node, Value } from "./ir/types.ts";
import { sizeOf } from "./ir/types.ts";
import type { LoopLayout, Slot } from "./onnx/loopModel.ts";
import { splitStep } from "./onnx/loopModel.ts";
import { gatheredSpecs, type Specs } from "./program.ts";

export interface MemoryEstimate {
  /** Everything, host arrays that are handed to the program included. */
  readonly bytes: number;
  /** Of these, the arrays that are handed to it: they may be there before it is compiled. */
  readonly hostBytes: number;
  /** The largest tensors, descending: what to make smaller. */
  readonly largest: readonly LargeTensor[];
}

export interface LargeTensor {
  /** "state w1", "MatMul in mlp/hidden". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

const BYTES: Readonly<Record<IrType, number>> = {
  float32: 4,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
  float64: 8,
  uint32: 4,
};
/** A session without any tensor: its graph, kernels and the first of the arena. */
const SESSION_BYTES = 5 * 2 ** 20;
const SHOWN = 4;
/** Their outputs share the memory of their input. */
const VIEWS = new Set(["Reshape", "Identity"]);

/** A training loop that is called for `steps` steps at a time. */
export function loopMemory({
  step,
  layout,
  steps,
}: {
  readonly step: Graph;
  readonly layout: LoopLayout;
  readonly steps: number;
}): MemoryEstimate {
  const state = slotsBytes(layout.state);
  // The host's: given, returned, and returned by the call before. The loop's: beside that of the step at work.
  const states = 3 * state + state;
  // Rows as the host made them; outputs of each step, joined to one, copied to the host.
  const perStep = slotsBytes(layout.tables) + 3 * slotsBytes(layout.outputs);
  const resident = slotsBytes(layout.resident);
  const { once, step: repeated } = splitStep(step);
  const held = once.outputs.reduce((sum, { value }) => sum + bytesOf(value), 0);
  return {
    bytes: SESSION_BYTES + resident + states + held + 2 * peakBytes(repeated) + steps * perStep,
    hostBytes: resident + state,
    largest: largestOf([
      ...named("state", layout.state),
      ...named("resident tensor", layout.resident),
      ...named("table", layout.tables),
      ...computed(step),
    ]),
  };
}

/** A function that is called again and again; inputs and copied outputs are the host's. */
export function functionMemory(graph: Graph): MemoryEstimate {
  const bytesOfPorts = (ports: Graph["inputs"]) => ports.reduce((sum, { value }) => sum + bytesOf(value), 0);
  const hostBytes = bytesOfPorts(graph.inputs);
  const inputs = graph.inputs.map(({ name, value: { type, shape } }) => ({ name, type, shape }));
  return {
    bytes: SESSION_BYTES + hostBytes + 2 * bytesOfPorts(graph.outputs) + 2 * peakBytes(graph),
    hostBytes,
    largest: largestOf([...named("input", inputs), ...computed(graph)]),
  };
}

/** What a loop takes by its specification alone, whatever its step computes: known before anything is traced. */
export function leastLoopMemory({ name, resident, state, perStep, gathers }: LoopSpec): MemoryEstimate {
  const [residentSlots, stateSlots] = [slotsOf(resident), slotsOf(state)];
  const gathered = slotsOf(gatheredSpecs(name, gathers, resident, perStep));
  const hostBytes = slotsBytes(residentSlots) + slotsBytes(stateSlots);
  return {
    bytes: hostBytes + 3 * slotsBytes(stateSlots) + slotsBytes(gathered),
    hostBytes,
    largest: largestOf([
      ...named("state", stateSlots),
      ...named("resident tensor", residentSlots),
      ...named("gathered", gathered),
    ]),
  };
}

/** The same for a function. */
export function leastFunctionMemory({ name, inputs, resident = {}, gathers = {} }: FunctionSpec): MemoryEstimate {
  const given = [...slotsOf(inputs), ...slotsOf(resident)];
  const gathered = slotsOf(gatheredSpecs(name, gathers, resident, inputs));
  const hostBytes = slotsBytes(given);
  return {
    bytes: hostBytes + slotsBytes(gathered),
    hostBytes,
    largest: largestOf([...named("input", given), ...named("gathered", gathered)]),
  };
}

/** The most that values of the graph take at one time, its inputs aside. */
export function peakBytes(graph: Graph): number {
  const { storageOf, lastUse } = lifetimes(graph);
  const constants = graph.nodes.filter(({ op }) => op === "Constant").flatMap(({ outputs }) => outputs);
  const fixed = constants.reduce((sum, value) => sum + bytesOf(value), 0);
  let live = 0;
  let peak = 0;
  for (const [i, node] of graph.nodes.entries()) {
    if (node.op === "Constant") continue;
    const own = node.outputs.filter((value) => storageOf(value) === value);
    live += own.reduce((sum, value) => sum + bytesOf(value), 0);
    peak = Math.max(peak, live);
    for (const value of dyingAt(node, i, storageOf, lastUse)) live -= bytesOf(value);
  }
  return fixed + peak;
}

function lifetimes(graph: Graph) {
  const roots = new Map<Value, Value>();
  const storageOf = (value: Value): Value => roots.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  for (const [i, node] of graph.nodes.entries()) {
    if (VIEWS.has(node.op)) roots.set(node.outputs[0], storageOf(node.inputs[0]));
    for (const input of node.inputs) lastUse.set(storageOf(input), i);
    // Read by nobody: gone at once.
    for (const output of node.outputs) if (!lastUse.has(storageOf(output))) lastUse.set(storageOf(output), i);
  }
  for (const { value } of graph.outputs) lastUse.set(storageOf(value), Number.POSITIVE_INFINITY);
  return { storageOf, lastUse };
}

/** Storage of computed values that this node is the last to touch. */
function dyingAt(
  node: Node,
  index: number,
  storageOf: (value: Value) => Value,
  lastUse: ReadonlyMap<Value, number>,
): Value[] {
  const touched = new Set([...node.inputs, ...node.outputs].map(storageOf));
  return [...touched].filter(
    (value) => lastUse.get(value) === index && value.producer !== undefined && value.producer.op !== "Constant",
  );
}

function named(kind: string, slots: readonly Slot[]): LargeTensor[] {
  return slots.map((slot) => ({ name: `${kind} ${slot.name}`, shape: slot.shape, bytes: bytesOf(slot) }));
}

function computed({ nodes }: Graph): LargeTensor[] {
  return nodes
    .filter(({ op }) => op !== "Constant" && !VIEWS.has(op))
    .flatMap(({ op, scope, outputs }) =>
      outputs.map((value) => ({ name: `${op} in ${scope}`, shape: value.shape, bytes: bytesOf(value) })),
    );
}

function largestOf(tensors: readonly LargeTensor[]): LargeTensor[] {
  return [...tensors].sort((a, b) => b.bytes - a.bytes).slice(0, SHOWN);
}

function slotsOf(specs: Specs): Slot[] {
  return Object.entries(specs).map(([name, { dtype, shape }]) => ({ name, type: dtype, shape }));
}

function slotsBytes(slots: readonly Slot[]): number {
  return slots.reduce((sum, slot) => sum + bytesOf(slot), 0);
}

function bytesOf({ type, shape }: { readonly type: IrType; readonly shape: readonly number[] }): number {
  return BYTES[type] * sizeOf(shape);
}
