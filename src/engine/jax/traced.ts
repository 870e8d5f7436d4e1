/**
 * @file A function over named arrays as one jitted program of jax-js: traced at compilation, so that everything that does
 * not fit is an EngineError before the first call, and once more by jit, without the inputs that it does not read.
 */
import type { ClosedJaxpr, Array as JaxArray } from "@jax-js/jax";
import { DType, jit, makeJaxpr, numpy as np } from "@jax-js/jax";
import type { DType as TensorType } from "../../core/index.ts";
import { sha256Hex } from "../../core/index.ts";
import { EngineError } from "../errors.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { jaxTypeOf, withRemedy } from "../trace/trace.ts";
import { type JaxBackend, onBackend } from "./backend.ts";
import { indexLimits } from "./indexLimits.ts";

export interface TracedFunction {
  /** Hash of the equations and of the constants in them. */
  readonly hash: string;
  /** The inputs that it reads; only these are passed. */
  readonly reads: ReadonlySet<string>;
  /** Inputs that index an axis, with its length. */
  readonly limits: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, { readonly type: TensorType; readonly shape: readonly number[] }>>;
  /** Takes over the arrays in `args` that it reads; nothing is computed before an output is asked for. */
  call(args: JaxArrays): JaxArrays;
  dispose(): void;
}

export function traceFunction(options: {
  readonly name: string;
  readonly backend: JaxBackend;
  readonly inputs: Specs;
  /** What else the program depends on, for its hash. */
  readonly hashed: unknown;
  readonly fn: (args: JaxArrays) => JaxArrays;
}): TracedFunction {
  const { name, backend, inputs, hashed, fn } = options;
  const names = Object.keys(inputs);
  const types = names.map((key) => jaxTypeOf(name, key, inputs[key]));
  const blank = (i: number): JaxArray => np.zeros([...inputs[names[i]].shape], { dtype: types[i] });
  let outputNames: string[] = [];
  const overNames = (given: readonly string[], arrays: readonly JaxArray[]): JaxArray[] => {
    const args = Object.fromEntries(names.map((key, i) => [key, arrays[given.indexOf(key)] ?? blank(i)]));
    const outputs = fn(args);
    outputNames = Object.keys(outputs);
    return Object.values(outputs);
  };
  return onBackend(backend, () => {
    const closed = withRemedy(name, () => {
      const samples = names.map((_, i) => blank(i));
      return makeJaxpr((...arrays: JaxArray[]) => overNames(names, arrays))(...samples).jaxpr;
    });
    const reads = inputsRead(closed, names);
    const limits = indexLimits(closed, names);
    const outputs = Object.fromEntries(
      closed.jaxpr.outs.map(({ aval }, i) => [
        outputNames[i],
        { type: tensorTypeOf(name, outputNames[i], aval.dtype), shape: [...aval.shape] },
      ]),
    );
    const hash = hashOf(closed, [names, outputNames, hashed]);
    closed.dispose();
    const jitted = jit((...arrays: JaxArray[]) => overNames(reads, arrays));
    return {
      hash,
      reads: new Set(reads),
      limits,
      outputs,
      call: (args) =>
        onBackend(backend, () => {
          const results = jitted(...reads.map((key) => args[key])) as JaxArray[];
          return Object.fromEntries(outputNames.map((key, i) => [key, results[i]]));
        }),
      dispose: () => jitted.dispose(),
    };
  });
}

function inputsRead({ jaxpr, consts }: ClosedJaxpr, names: readonly string[]): string[] {
  const used = new Set<unknown>([...jaxpr.outs, ...jaxpr.eqns.flatMap(({ inputs }) => inputs)]);
  return names.filter((_, i) => used.has(jaxpr.inBinders[consts.length + i]));
}

function hashOf({ jaxpr, consts }: ClosedJaxpr, names: unknown): string {
  const parts = [JSON.stringify(names), jaxpr.toString()];
  for (const constant of consts) {
    const { buffer, byteOffset, byteLength } = (constant.ref as JaxArray).dataSync();
    parts.push(sha256Hex(new Uint8Array(buffer, byteOffset, byteLength)));
  }
  return sha256Hex(parts.join("\n"));
}

function tensorTypeOf(program: string, output: string, dtype: DType): TensorType {
  switch (dtype) {
    case DType.Float32:
      return "float32";
    case DType.Int32:
      return "int32";
    case DType.Uint32:
      return "uint32";
    case DType.Bool:
      return "bool";
    default:
      throw new EngineError(
        "ENGINE_TYPE",
        `Program ${program}, output "${output}": expected float32, int32, uint32 or bool, got ${dtype}; cast it`,
      );
  }
}
