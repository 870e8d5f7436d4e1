/**
 * @file lowerLoop: a traced step as a graph, with the layout that a loop over it needs. Pure; devices compile it.
 *
 * Everything that cannot be lowered, and every mismatch between the specification and what the step returns, is an
 * EngineError before the first step.
 */
import { requireFits, requireSameKeys } from "./checks.ts";
import type { LoopSpec } from "./device.ts";
import { Builder } from "./ir/builder.ts";
import { type Inspect, optimize } from "./ir/passes/optimize.ts";
import type { Graph, IrType, Value } from "./ir/types.ts";
import { verifyGraph } from "./ir/verify.ts";
import { lowerProgram } from "./lower/lower.ts";
import type { LoopLayout, Slot } from "./onnx/loopModel.ts";
import { STEP_PORTS } from "./onnx/loopModel.ts";
import type { Specs } from "./program.ts";
import { directOf, gatheredSpecs, gatherRows, requireDistinct } from "./program.ts";
import { SCALARS_TABLE, scalarNames } from "./stepTable.ts";
import type { TracedProgram } from "./trace/program.ts";
import { traceProgram } from "./trace/trace.ts";

/** The step as a graph, with its layout: what a device compiles. Separate so that tests can read it. */
export function lowerLoop(spec: LoopSpec, inspect?: Inspect): LoweredLoop {
  return lowerTracedLoop(spec, traceLoop(spec), inspect);
}

export interface LoweredLoop {
  readonly step: Graph;
  readonly layout: LoopLayout;
}

/** The step's equations, with the names of what the loop carries and keeps as the names of its outputs. */
export function traceLoop({ name, resident, state, perStep, gathers, step }: LoopSpec): TracedProgram {
  requireDistinct(name, [resident, state, perStep, gathers]);
  return traceProgram({
    name,
    inputs: { ...directOf(resident), ...state, ...perStep, ...gatheredSpecs(name, gathers, resident, perStep) },
    fn: (args) => {
      const { state: next, outputs } = step(args);
      requireSameKeys(name, state, next);
      const named = Object.entries(outputs).map(([key, array]) => [STEP_PORTS.output(key), array] as const);
      const carried = Object.keys(state).map((key) => [STEP_PORTS.state(key), next[key]] as const);
      return Object.fromEntries([...carried, ...named]);
    },
  });
}

export function lowerTracedLoop(spec: LoopSpec, program: TracedProgram, inspect?: Inspect): LoweredLoop {
  const { name, resident, state, perStep, gathers } = spec;
  const gathered = gatheredSpecs(name, gathers, resident, perStep);
  const builder = new Builder(name);
  const residentValues = inputsOf(builder, resident, STEP_PORTS.resident);
  const stateValues = inputsOf(builder, state, STEP_PORTS.state);
  const { values: rowValues, tables } = tableRows(builder, perStep);
  const gatheredValues: Record<string, Value> = {};
  for (const [key, gather] of Object.entries(gathers))
    gatheredValues[key] = gatherRows(
      builder,
      gather,
      residentValues[gather.from],
      rowValues[gather.by],
      gathered[key].dtype,
    );
  const values = { ...residentValues, ...stateValues, ...rowValues, ...gatheredValues };
  const lowered = lowerProgram(builder, program, values);
  for (const [key, spec] of Object.entries(state)) requireFits(name, key, spec, lowered[STEP_PORTS.state(key)]);
  const ports = Object.entries(lowered).map(([key, value]) => ({ name: key, value }));
  const step = optimize(builder.finish(ports), inspect);
  verifyGraph(step);
  const carried = new Set(Object.keys(state).map(STEP_PORTS.state));
  const outputs = Object.entries(lowered)
    .filter(([port]) => !carried.has(port))
    .map(([port, { type, shape }]): Slot => ({ name: STEP_PORTS.nameOf(port), type, shape }));
  return { step, layout: { name, state: slots(state), tables, resident: usedResident(step, resident), outputs } };
}

const slots = (specs: Specs): Slot[] =>
  Object.entries(specs).map(([name, { dtype, shape }]) => ({ name, type: dtype, shape }));

function inputsOf(builder: Builder, specs: Specs, port: (name: string) => string): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [name, builder.input(port(name), dtype, shape)]),
  );
}

/** Each table's row of the present step; float32 scalars share one table, so that one Gather fetches them all. */
function tableRows(builder: Builder, perStep: Specs): { values: Record<string, Value>; tables: Slot[] } {
  const values: Record<string, Value> = {};
  const tables: Slot[] = [];
  const scalars = scalarNames(perStep);
  const row = (table: string, type: IrType, shape: readonly number[]): Value => {
    tables.push({ name: table, type, shape });
    return builder.op("StepRow", [], { table, type, shape: [...shape] });
  };
  for (const [name, { dtype, shape }] of Object.entries(perStep))
    if (!scalars.includes(name)) values[name] = row(name, dtype, shape);
  if (scalars.length === 0) return { values, tables };
  const packed = row(SCALARS_TABLE, "float32", [scalars.length]);
  const parts = scalars.length === 1 ? [packed] : builder.emit("Split", [packed], { sizes: scalars.map(() => 1) });
  for (const [i, name] of scalars.entries()) values[name] = parts[i];
  return { values, tables };
}

function usedResident(step: Graph, resident: Specs): Slot[] {
  const used = new Set(step.inputs.map(({ name }) => name));
  return slots(resident).filter(({ name }) => used.has(STEP_PORTS.resident(name)));
}
