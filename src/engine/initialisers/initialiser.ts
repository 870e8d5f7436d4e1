/**
 * @file What an initialiser is: a pure function of a generator, a shape and the fans that the layer counts for it.
 *
 * Initial values are drawn on the host in double precision and rounded to float32 once. The same generator key gives the
 * same bits in every process.
 */
import type { Rng, Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";

/** Inputs that feed one output unit, and outputs that one input unit feeds; the layer knows which axes these are. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

export type Initialiser = (rng: Rng, shape: readonly number[], fans: Fans) => Tensor;

/** A float32 tensor, filled in row-major order. */
export function drawn(shape: readonly number[], next: () => number): Tensor {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return { dtype: "float32", shape: [...shape], data };
}

export function requirePositive(what: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value)) throw new DomainError(what, "a finite number above 0", value);
}

export const zerosInit: Initialiser = (_, shape) => drawn(shape, () => 0);
export const onesInit: Initialiser = (_, shape) => drawn(shape, () => 1);
