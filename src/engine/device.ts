/**
 * @file A device: what runs the engine's programs. `native` is ONNX Runtime in Node, `jax` is jax-js's own devices
 * (WebAssembly, WebGPU, plain JavaScript), in browsers and in Node. Both take the same specifications.
 *
 * Browser-safe: types only. One program gives the same bits on one device, and agrees between devices only within float
 * rounding, so the two never share a numerics key.
 */
import type { Numerics, Tensor } from "../core/index.ts";
import type { GatherSpec, JaxArrays, Specs } from "./program.ts";

export type Tensors = Record<string, Tensor>;

export interface LoopSpec {
  /** Named in messages. */
  readonly name: string;
  /**
   * Fed once with `bind`, captured by every step. uint8, int32 or float32; the latter two are also handed to `step`
   * as they are, uint8 only through `gathers`.
   */
  readonly resident: Specs;
  /** Carried from step to step; float32, int32 or uint32. */
  readonly state: Specs;
  /** One row per step of a host-made table: indices, weights, learning rate. */
  readonly perStep: Specs;
  readonly gathers: Readonly<Record<string, GatherSpec>>;
  /** Traced by jax-js once; gets arrays by name, returns the new state and what is to be kept of every step. */
  readonly step: (args: JaxArrays) => { state: JaxArrays; outputs: JaxArrays };
}

export interface FunctionSpec {
  readonly name: string;
  readonly inputs: Specs;
  /** Fed once with `bind` and kept between calls; uint8 only through `gathers`. */
  readonly resident?: Specs;
  readonly gathers?: Readonly<Record<string, GatherSpec>>;
  readonly fn: (args: JaxArrays) => JaxArrays;
  /**
   * Sums of squares of products may be computed from the factors: faster, and less exact where they cancel
   * (ir/passes/factorSquaredNorms.ts). A device that runs `fn` as it is written does not look at it.
   */
  readonly mayFactorNorms?: boolean;
}

/** A function of inputs that stay for many calls and inputs that come with each: what the latter do not touch is kept. */
export interface SplitSpec {
  readonly name: string;
  readonly fixed: Specs;
  /** Their names differ from those of `fixed`. */
  readonly varying: Specs;
  /** Traced: from the fixed inputs alone, once. */
  readonly once: (args: JaxArrays) => JaxArrays;
  /** Traced: from all inputs, at each call. */
  readonly each: (args: JaxArrays) => JaxArrays;
}

export interface HashedProgram {
  readonly graphHash: string;
}

export interface LoopRun {
  readonly state: Readonly<Tensors>;
  /** Leading dimension: steps. */
  readonly table: Readonly<Tensors>;
  readonly steps: number;
}

export interface LoopResult {
  readonly state: Tensors;
  /** Leading dimension: steps. */
  readonly outputs: Tensors;
}

export interface LoopProgram extends HashedProgram {
  readonly name: string;
  /** Expected at its peak, host arrays included; absent where the device cannot say. */
  readonly memoryBytes?: number;
  /** Gives the resident tensors, once or whenever they change; their memory is used as it is, so leave it alone. */
  bind(resident: Readonly<Tensors>): void;
  /** The state given is not changed; the state returned is fresh memory. */
  run(options: LoopRun): Promise<LoopResult>;
  dispose(): Promise<void>;
}

export interface FunctionProgram extends HashedProgram {
  readonly name: string;
  bind(resident: Readonly<Tensors>): void;
  run(inputs: Readonly<Tensors>): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** A split program at given fixed inputs; their memory is used as it is, so leave it alone. */
export interface FixedPoint {
  /** Of `once`. */
  readonly outputs: Tensors;
  /** Outputs of `each`. */
  run(varying: Readonly<Tensors>): Promise<Tensors>;
}

export interface SplitProgram extends HashedProgram {
  readonly name: string;
  /** What a point holds besides its inputs and outputs. */
  readonly keptBytes: number;
  fix(fixed: Readonly<Tensors>): Promise<FixedPoint>;
  dispose(): Promise<void>;
}

/** Where NaN or ±∞ first arose inside a step. */
export interface NonFiniteOrigin {
  /** Operator and layer ("Exp in mlp/readout"), or the input ("resident:pixels", "row:weight"). */
  readonly where: string;
  /** The same with type, shape and how many of its values are not finite. */
  readonly text: string;
}

export interface Device {
  readonly kind: "native" | "jax";
  /** Throws EngineError, naming the program, for anything that the device cannot run: before the first step. */
  compileLoop(spec: LoopSpec): Promise<LoopProgram>;
  compileFunction(spec: FunctionSpec): Promise<FunctionProgram>;
  /** A device without it runs both halves whole (derivatives/compileSplit.ts). */
  compileSplit?(spec: SplitSpec): Promise<SplitProgram>;
  /** One key for everything that a run computes with. The order of programs does not matter. */
  numericsOf(...programs: readonly HashedProgram[]): Numerics;
  /**
   * Where the first value that is not finite arises in one step from a finite state; `table` has that step's row.
   * Undefined when all is finite. A device that cannot look inside a step has no such method.
   */
  firstNonFinite?(
    spec: LoopSpec,
    run: { readonly resident: Tensors; readonly state: Tensors; readonly table: Tensors },
  ): Promise<NonFiniteOrigin | undefined>;
}
