/**
 * @file Tensors of independent draws, float32, filled in row-major order.
 */
import type { Rng, Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";

export function drawn(shape: readonly number[], next: () => number): Tensor {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < data.length; i++) data[i] = next();
  return { dtype: "float32", shape: [...shape], data };
}

export const zeros = (shape: readonly number[]): Tensor => drawn(shape, () => 0);

/** Independent normals with mean 0 and this standard deviation. Throws OUT_OF_DOMAIN unless it is finite and ≥ 0. */
export function normal(rng: Rng, shape: readonly number[], standardDeviation: number): Tensor {
  if (!(standardDeviation >= 0) || !Number.isFinite(standardDeviation))
    throw new DomainError("normal", "a finite standard deviation of at least 0", standardDeviation);
  return drawn(shape, () => standardDeviation * rng.normal());
}

/** Independent uniforms in [low, high). */
export const uniform = (rng: Rng, shape: readonly number[], low: number, high: number): Tensor =>
  drawn(shape, () => low + (high - low) * rng.uniform());
