/**
 * @file The ONNX model of a training loop: `steps` iterations of a step graph in one Loop. State is carried, tables and
 * resident tensors are captured from the outer graph (never copied), what a step computes from those alone is computed
 * once before it, per-step outputs are stacked.
 */
import { hoistInvariant, type SplitStep } from "../ir/passes/hoistInvariant.ts";
import type { Graph, IrType } from "../ir/types.ts";
import { encodeGraph } from "./encodeGraph.ts";
import { graphAttribute, graphProto, modelBytes, node, valueInfo } from "./messages.ts";

export interface Slot {
  readonly name: string;
  readonly type: IrType;
  readonly shape: readonly number[];
}

export interface LoopLayout {
  readonly name: string;
  readonly state: readonly Slot[];
  /** Shapes of one row. */
  readonly tables: readonly Slot[];
  readonly resident: readonly Slot[];
  readonly outputs: readonly Slot[];
}

export const LOOP_NAMES = {
  steps: "steps",
  state: (name: string) => `state.${name}`,
  table: (name: string) => `table.${name}`,
  resident: (name: string) => `resident.${name}`,
  finalState: (name: string) => `final.${name}`,
  output: (name: string) => `out.${name}`,
};

/** Input and output names of the step graph: `state:w1` is carried, `resident:pixels` is captured. */
export const STEP_PORTS = {
  state: (name: string) => `state:${name}`,
  resident: (name: string) => `resident:${name}`,
  output: (name: string) => `output:${name}`,
  nameOf: (port: string) => port.slice(port.indexOf(":") + 1),
};

const carried = (name: string): string => `carried.${name}`;
const next = (name: string): string => `next.${name}`;
const row = (name: string): string => `row.${name}`;
const ITERATION = "iteration";
const CONTINUE_IN = "continue.in";
const CONTINUE_OUT = "continue.out";

export function loopModel(whole: Graph, layout: LoopLayout): Uint8Array {
  const { once, step } = splitStep(whole);
  const before = encodeGraph(once, { inputName: bodyNameOfInput, outputName: (name) => name, prefix: "once." });
  const body = bodyGraph(step, layout);
  const { state, tables, resident, outputs } = layout;
  const names = LOOP_NAMES;
  const loop = node("Loop", {
    inputs: [names.steps, "", ...state.map(({ name }) => names.state(name))],
    outputs: [...state.map(({ name }) => names.finalState(name)), ...outputs.map(({ name }) => names.output(name))],
    attributes: [graphAttribute("body", body)],
  });
  const graph = graphProto({
    name: layout.name,
    inputs: [
      valueInfo(names.steps, "int64", []),
      ...state.map(({ name, type, shape }) => valueInfo(names.state(name), type, shape)),
      ...tables.map(({ name, type, shape }) => valueInfo(names.table(name), type, ["K", ...shape])),
      ...resident.map(({ name, type, shape }) => valueInfo(names.resident(name), type, shape)),
    ],
    outputs: [
      ...state.map(({ name, type, shape }) => valueInfo(names.finalState(name), type, shape)),
      ...outputs.map(({ name, type, shape }) => valueInfo(names.output(name), type, ["K", ...shape])),
    ],
    nodes: [...before.nodes, loop],
    initializers: before.initializers,
  });
  return modelBytes(graph);
}

/** A step's graph as what is computed once a call, from resident tensors alone, and what is computed in every step. */
export function splitStep(whole: Graph): SplitStep {
  return hoistInvariant(whole, (port) => splitPort(port)[0] === "resident");
}

function bodyGraph(step: Graph, { state, outputs }: LoopLayout) {
  const { nodes, initializers } = encodeGraph(step, {
    inputName: bodyNameOfInput,
    outputName: bodyNameOfOutput,
    step: ITERATION,
    table: LOOP_NAMES.table,
  });
  return graphProto({
    name: `${step.name}.step`,
    inputs: [
      valueInfo(ITERATION, "int64", []),
      valueInfo(CONTINUE_IN, "bool", []),
      ...state.map(({ name, type, shape }) => valueInfo(carried(name), type, shape)),
    ],
    outputs: [
      valueInfo(CONTINUE_OUT, "bool", []),
      ...state.map(({ name, type, shape }) => valueInfo(next(name), type, shape)),
      ...outputs.map(({ name, type, shape }) => valueInfo(row(name), type, shape)),
    ],
    nodes: [node("Identity", { inputs: [CONTINUE_IN], outputs: [CONTINUE_OUT] }), ...nodes],
    initializers,
  });
}

function bodyNameOfInput(port: string): string {
  const [kind, name] = splitPort(port);
  if (kind === "once") return port;
  return kind === "state" ? carried(name) : LOOP_NAMES.resident(name);
}

function bodyNameOfOutput(port: string): string {
  const [kind, name] = splitPort(port);
  return kind === "state" ? next(name) : row(name);
}

function splitPort(port: string): [string, string] {
  const colon = port.indexOf(":");
  return [port.slice(0, colon), port.slice(colon + 1)];
}
