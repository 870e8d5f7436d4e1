/**
 * @file Tracing: a function over named jax-js arrays becomes a TracedProgram, through the public makeJaxpr.
 *
 * Refuses types other than float32, int32, uint32 and bool. A use-after-free inside the function is reported with the program's
 * name and the remedy.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, makeJaxpr, numpy as np } from "@jax-js/jax";
import { EngineError } from "../errors.ts";
import { markingHeld } from "../ops/localModel.ts";
import { flatten } from "./flatten.ts";
import type { ArraySpec, TracedProgram } from "./program.ts";

export type Arrays = Record<string, JaxArray>;

export function traceProgram(options: {
  readonly name: string;
  readonly inputs: Readonly<Record<string, ArraySpec>>;
  readonly fn: (inputs: Arrays) => Arrays;
}): TracedProgram {
  const { name, inputs, fn } = options;
  const names = Object.keys(inputs);
  const samples = names.map((key) => np.zeros([...inputs[key].shape], { dtype: jaxTypeOf(name, key, inputs[key]) }));
  let outputNames: string[] = [];
  const named = (...arrays: JaxArray[]): JaxArray[] => {
    const outputs = fn(Object.fromEntries(names.map((key, i) => [key, arrays[i]])));
    outputNames = Object.keys(outputs);
    return Object.values(outputs);
  };
  const traced = withRemedy(name, () => markingHeld(() => makeJaxpr(named)(...samples)));
  for (const sample of samples) sample.dispose();
  try {
    return flatten({ name, inputNames: names, outputNames, closed: traced.jaxpr });
  } finally {
    traced.jaxpr.dispose();
  }
}

/** Runs a trace; whatever it throws becomes an EngineError that names the program. */
export function withRemedy<T>(name: string, trace: () => T): T {
  try {
    return trace();
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const freed = reason.includes("freed");
    const remedy = freed ? "; use `.ref` on every use of an array but the last, or the functions of engine/ops" : "";
    throw new EngineError("ENGINE_TRACE", `Program ${name}: expected a traceable function, got: ${reason}${remedy}`, {
      cause: error,
    });
  }
}

export function jaxTypeOf(program: string, input: string, { dtype }: ArraySpec): DType {
  switch (dtype) {
    case "float32":
      return DType.Float32;
    case "int32":
      return DType.Int32;
    case "uint32":
      return DType.Uint32;
    case "bool":
      return DType.Bool;
    default:
      throw new EngineError(
        "ENGINE_TYPE",
        `Program ${program}, input "${input}": expected float32, int32, uint32 or bool, got ${dtype}; gather it from a resident tensor, which converts it`,
      );
  }
}
