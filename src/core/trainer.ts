/**
 * @file The trainer contract (DESIGN §7): what can train, be observed, be frozen, be changed and be resumed bit for bit.
 *
 * The native trainer (lab) and command trainers (bridges) implement it; the worker drives it.
 */
import type { Change } from "./process.ts";
import type { Numerics } from "./run.ts";

export type DType = "float32" | "int32" | "uint32" | "uint8" | "bool";

/** A dense row-major array with its shape. `data.length` is the product of `shape`. bool is stored as 0/1 bytes. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array | Uint8Array;
}

/** A whole state: resuming from it is bit-exact. */
export interface Snapshot {
  readonly step: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** What is not a tensor; random numbers are keyed by step, so usually empty. */
  readonly cursor: Readonly<Record<string, unknown>>;
}

/** One measured value. `se` is the standard error over the `n` items it was measured on. */
export interface MeasuredValue {
  readonly measure: string;
  readonly value: number;
  readonly se?: number;
  readonly n?: number;
}

export interface AdvanceOptions {
  readonly steps: number;
  readonly signal?: AbortSignal;
  /** Called a few times a second with the step that was reached. */
  readonly onProgress?: (step: number) => void;
}

export interface AdvanceResult {
  /** Training loss of each update just done, nats per example (weighted as in the objective). */
  readonly batchLossNats: Float32Array;
}

export interface Trainer {
  readonly numerics: Numerics;
  /** What training is expected to take, in bytes; absent where it cannot be told. */
  readonly trainingBytes?: number;
  readonly step: number;
  /**
   * Runs `steps` updates under the factors in force at each step. Stops early, between updates, when aborted. Throws
   * LossNotFiniteError when a loss or the state becomes NaN or ±∞, and then stands before the update that broke.
   */
  advance(options: AdvanceOptions): Promise<AdvanceResult>;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /** Adds a change; it takes effect at its own `from` step, which must not lie in the past. */
  apply(change: Change): void;
  /** Measures the present state; read-only. `detail: "full"` uses every held-out item (for the horizon). */
  measure(options?: { only?: readonly string[]; detail?: "quick" | "full" }): Promise<readonly MeasuredValue[]>;
  close(): Promise<void>;
}
