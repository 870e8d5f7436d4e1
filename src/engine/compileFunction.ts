/**
 * @file compileFunction: a traced function of named arrays as one runtime session: forward passes, gradients, counts.
 */
import type { Tensor } from "../core/index.ts";
import { sha256Hex } from "../core/index.ts";
import { EngineError } from "./errors.ts";
import { Builder } from "./ir/builder.ts";
import { optimize } from "./ir/passes/optimize.ts";
import type { Graph, Value } from "./ir/types.ts";
import { verifyGraph } from "./ir/verify.ts";
import { lowerProgram } from "./lower/lower.ts";
import { FUNCTION_NAMES, functionModel } from "./onnx/functionModel.ts";
import type { GatherSpec, JaxArrays, Specs } from "./program.ts";
import { gatheredSpec, gatherRows, initEngine, requireDistinct } from "./program.ts";
import type { HashedProgram } from "./runtime/numerics.ts";
import type { SessionOptions } from "./runtime/session.ts";
import { openSession, type ort } from "./runtime/session.ts";
import { fromRuntime, toRuntime } from "./runtime/tensors.ts";
import { traceProgram } from "./trace/trace.ts";

export interface FunctionSpec {
  readonly name: string;
  readonly inputs: Specs;
  /** Fed once with `bind` and kept between calls; uint8 only through `gathers`. */
  readonly resident?: Specs;
  readonly gathers?: Readonly<Record<string, GatherSpec>>;
  readonly fn: (args: JaxArrays) => JaxArrays;
}

export interface FunctionProgram extends HashedProgram {
  readonly name: string;
  bind(resident: Readonly<Record<string, Tensor>>): void;
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/** The function's graph; input names are the specification's. */
export function lowerFunction({ name, inputs, resident = {}, gathers = {}, fn }: FunctionSpec): Graph {
  requireDistinct(name, [inputs, resident, gathers]);
  const gathered = Object.fromEntries(
    Object.entries(gathers).map(([key, gather]) => [key, gatheredSpec(name, key, gather, resident, inputs)]),
  );
  const direct = Object.fromEntries(Object.entries(resident).filter(([, { dtype }]) => dtype !== "uint8"));
  const program = traceProgram({ name, inputs: { ...direct, ...inputs, ...gathered }, fn });
  const builder = new Builder(name);
  const values: Record<string, Value> = {};
  for (const [key, { dtype, shape }] of Object.entries({ ...resident, ...inputs }))
    values[key] = builder.input(key, dtype, shape);
  for (const [key, gather] of Object.entries(gathers))
    values[key] = gatherRows(builder, gather, values[gather.from], values[gather.by], gathered[key].dtype);
  const lowered = lowerProgram(builder, program, values);
  const graph = optimize(builder.finish(Object.entries(lowered).map(([key, value]) => ({ name: key, value }))));
  verifyGraph(graph);
  return graph;
}

export async function compileFunction(spec: FunctionSpec, options: SessionOptions = {}): Promise<FunctionProgram> {
  await initEngine();
  const graph = lowerFunction(spec);
  const model = functionModel(graph);
  const session = await openSession(spec.name, model, options);
  const { name, inputs, resident = {} } = spec;
  const used = new Set(graph.inputs.map((port) => port.name));
  let bound: Record<string, ort.Tensor> | undefined;
  const feed = (kind: string, specs: Specs, tensors: Readonly<Record<string, Tensor>>): Record<string, ort.Tensor> =>
    Object.fromEntries(
      Object.entries(specs)
        .filter(([key]) => used.has(key))
        .map(([key, spec]) => [
          FUNCTION_NAMES.input(key),
          toRuntime(`Program ${name}, ${kind} "${key}"`, spec, tensors[key]),
        ]),
    );
  return {
    name,
    graphHash: sha256Hex(model),
    bind(tensors) {
      bound = feed("resident", resident, tensors);
    },
    async run(tensors) {
      if (bound === undefined && Object.keys(resident).some((key) => used.has(key)))
        throw new EngineError("ENGINE_UNBOUND", `Program ${name}: expected bind() before run()`);
      const results = await session.run({ ...bound, ...feed("input", inputs, tensors) });
      return Object.fromEntries(
        graph.outputs.map((port) => [port.name, fromRuntime(results[FUNCTION_NAMES.output(port.name)] as ort.Tensor)]),
      );
    },
    dispose: () => session.release(),
  };
}
