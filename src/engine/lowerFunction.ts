/**
 * @file lowerFunction: a traced function of named arrays as a graph: forward passes, gradients, counts. Pure.
 */
import type { FunctionSpec } from "./device.ts";
import { Builder } from "./ir/builder.ts";
import { factorSquaredNorms } from "./ir/passes/factorSquaredNorms.ts";
import { optimize } from "./ir/passes/optimize.ts";
import type { Graph, Value } from "./ir/types.ts";
import { verifyGraph } from "./ir/verify.ts";
import { lowerProgram } from "./lower/lower.ts";
import { directOf, gatheredSpecs, gatherRows, requireDistinct } from "./program.ts";
import type { TracedProgram } from "./trace/program.ts";
import { traceProgram } from "./trace/trace.ts";

/** The function's graph; input names are the specification's. Refuses whatever has no lowering. */
export const lowerFunction = (spec: FunctionSpec): Graph => lowerTraced(spec, traceFunction(spec));

export function traceFunction({ name, inputs, resident = {}, gathers = {}, fn }: FunctionSpec): TracedProgram {
  requireDistinct(name, [inputs, resident, gathers]);
  const gathered = gatheredSpecs(name, gathers, resident, inputs);
  return traceProgram({ name, inputs: { ...directOf(resident), ...inputs, ...gathered }, fn });
}

/** A program whose inputs are those of the specification, or some of them. */
export function lowerTraced(spec: Omit<FunctionSpec, "fn">, program: TracedProgram): Graph {
  const plain = optimize(lowerAsTraced(spec, program));
  const graph = spec.mayFactorNorms === true ? optimize(factorSquaredNorms(plain)) : plain;
  verifyGraph(graph);
  return graph;
}

/** Before any pass. */
function lowerAsTraced(
  { name, inputs, resident = {}, gathers = {} }: Omit<FunctionSpec, "fn">,
  program: TracedProgram,
): Graph {
  const gathered = gatheredSpecs(name, gathers, resident, inputs);
  const builder = new Builder(name);
  const values: Record<string, Value> = {};
  for (const [key, { dtype, shape }] of Object.entries({ ...resident, ...inputs }))
    values[key] = builder.input(key, dtype, shape);
  for (const [key, gather] of Object.entries(gathers))
    values[key] = gatherRows(builder, gather, values[gather.from], values[gather.by], gathered[key].dtype);
  const lowered = lowerProgram(builder, program, values);
  return builder.finish(Object.entries(lowered).map(([key, value]) => ({ name: key, value })));
}
