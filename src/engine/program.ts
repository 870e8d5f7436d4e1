/**
 * @file What every compiled program shares: set-up of the tracer, and gathers from resident tensors.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { defaultDevice, init } from "@jax-js/jax";
import type { DType } from "../core/index.ts";
import { EngineError } from "./errors.ts";
import type { Builder } from "./ir/builder.ts";
import type { Value } from "./ir/types.ts";

export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type Specs = Readonly<Record<string, TensorSpec>>;
export type JaxArrays = Record<string, JaxArray>;

/** Rows of a resident tensor, taken inside the graph: Gather, then Cast to `dtype`, then × `scale`. */
export interface GatherSpec {
  /** The resident tensor; rows lie along its axis 0. */
  readonly from: string;
  /** An int32 tensor of row numbers. */
  readonly by: string;
  readonly scale?: number;
  /** Default: float32 for uint8 and float32 sources or where `scale` is given; int32 for int32 sources. */
  readonly dtype?: "float32" | "int32";
}

let started: Promise<void> | undefined;

/** Prepares the tracer, once per process. */
export function initEngine(): Promise<void> {
  started ??= init("cpu", "wasm").then(() => {
    defaultDevice("wasm");
  });
  return started;
}

function gatheredSpec(
  program: string,
  name: string,
  gather: GatherSpec,
  sources: Readonly<Record<string, TensorSpec>>,
  indices: Readonly<Record<string, TensorSpec>>,
): TensorSpec {
  const source = sources[gather.from];
  const index = indices[gather.by];
  if (source === undefined || source.shape.length === 0)
    throw new EngineError(
      "ENGINE_GATHER",
      `Program ${program}, gather "${name}": expected "from" to name a resident tensor with rows, got "${gather.from}"`,
    );
  if (index === undefined || index.dtype !== "int32")
    throw new EngineError(
      "ENGINE_GATHER",
      `Program ${program}, gather "${name}": expected "by" to name an int32 tensor of row numbers, got "${gather.by}"`,
    );
  const dtype = gatheredType(gather, source.dtype);
  if (gather.scale !== undefined && dtype !== "float32")
    throw new EngineError(
      "ENGINE_GATHER",
      `Program ${program}, gather "${name}": expected float32 where there is a scale, got ${dtype}`,
    );
  return { dtype, shape: [...index.shape, ...source.shape.slice(1)] };
}

/** The types and shapes of all gathered values, by name. */
export function gatheredSpecs(
  program: string,
  gathers: Readonly<Record<string, GatherSpec>>,
  sources: Specs,
  indices: Specs,
): Specs {
  return Object.fromEntries(
    Object.entries(gathers).map(([name, gather]) => [name, gatheredSpec(program, name, gather, sources, indices)]),
  );
}

/** The resident tensors that a traced function is handed as they are. */
export function directOf(resident: Specs): Specs {
  return Object.fromEntries(Object.entries(resident).filter(([, { dtype }]) => dtype !== "uint8"));
}

function gatheredType({ dtype, scale }: GatherSpec, source: DType): DType {
  return dtype ?? (scale !== undefined || source === "uint8" ? "float32" : source);
}

export function gatherRows(builder: Builder, gather: GatherSpec, source: Value, index: Value, type: DType): Value {
  const rows = builder.op("Cast", [builder.op("Gather", [source, index], { axis: 0 })], { to: type });
  if (gather.scale === undefined || gather.scale === 1) return rows;
  return builder.op("Mul", [rows, builder.scalar("float32", gather.scale)]);
}

/** Refuses two inputs of one name: the traced function would see only one of them. */
export function requireDistinct(program: string, groups: readonly Readonly<Record<string, unknown>>[]): void {
  const seen = new Set<string>();
  for (const name of groups.flatMap((group) => Object.keys(group))) {
    if (seen.has(name))
      throw new EngineError("ENGINE_INPUT", `Program ${program}: expected distinct input names, got "${name}" twice`);
    seen.add(name);
  }
}
