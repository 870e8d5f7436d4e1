/**
 * @file A graph as one runtime session: the program that compileFunction gives, or a part of one.
 */
import type { Tensor } from "../../core/index.ts";
import { sha256Hex } from "../../core/index.ts";
import { requireBound, requireOpen, requireRows } from "../checks.ts";
import type { FunctionProgram, FunctionSpec } from "../device.ts";
import type { Graph } from "../ir/types.ts";
import { functionMemory } from "../memory.ts";
import { FUNCTION_NAMES, functionModel } from "../onnx/functionModel.ts";
import type { Specs } from "../program.ts";
import { requireMemory } from "./requireMemory.ts";
import type { SessionOptions } from "./session.ts";
import { openSession, type ort, runSession } from "./session.ts";
import { fromRuntime, toRuntime } from "./tensors.ts";

/** A session of a graph that reads the specification's inputs, or some of them. */
export async function openFunction(
  { name, inputs, resident = {}, gathers = {} }: Omit<FunctionSpec, "fn">,
  graph: Graph,
  options: SessionOptions,
): Promise<FunctionProgram> {
  requireMemory(name, functionMemory(graph), options);
  const model = functionModel(graph);
  const session = await openSession(name, model, options);
  const used = new Set(graph.inputs.map((port) => port.name));
  const usedGathers = Object.fromEntries(Object.entries(gathers).filter(([, { by }]) => used.has(by)));
  let isDisposed = false;
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
      requireOpen(name, isDisposed);
      bound = feed("resident", resident, tensors);
    },
    async run(tensors) {
      requireOpen(name, isDisposed);
      if (Object.keys(resident).some((key) => used.has(key))) requireBound(name, bound);
      const feeds = { ...bound, ...feed("input", inputs, tensors) };
      requireRows({ program: name, kind: "input", gathers: usedGathers, resident, indices: tensors });
      const results = await runSession(name, session, feeds);
      return Object.fromEntries(
        graph.outputs.map((port) => [port.name, fromRuntime(results[FUNCTION_NAMES.output(port.name)] as ort.Tensor)]),
      );
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      await session.release();
    },
  };
}
