/**
 * @file Small seeded makers of tensors for the problems.
 */
import { Rng, type Tensor } from "../../src/core/index.ts";
import { normal } from "../../src/engine/index.ts";

const SEED = 3;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Normals of mean 0; `purpose` names the stream. */
export const drawNormal = (purpose: string, shape: readonly number[], deviation: number): Tensor =>
  normal(Rng.of(SEED, purpose), shape, deviation);

/** Integers in 0 … limit − 1. */
export function drawIntegers(purpose: string, shape: readonly number[], limit: number): Tensor {
  const rng = Rng.of(SEED, purpose);
  return { dtype: "int32", shape, data: Int32Array.from({ length: sizeOf(shape) }, () => rng.int(limit)) };
}

export function drawBytes(purpose: string, shape: readonly number[]): Tensor {
  const rng = Rng.of(SEED, purpose);
  return { dtype: "uint8", shape, data: Uint8Array.from({ length: sizeOf(shape) }, () => rng.int(256)) };
}

/** The first `count` of 0 … limit − 1 in a random order. */
export function drawSubset(purpose: string, count: number, limit: number): number[] {
  const rng = Rng.of(SEED, purpose);
  const all = Array.from({ length: limit }, (_, i) => i);
  for (let i = limit - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all.slice(0, count);
}
