/**
 * @file Initial parameters, drawn on the host: pure functions of an Rng and a shape.
 */
import type { Rng, Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";

/** Independent normals with mean 0 and this standard deviation, in row-major order. */
export function normal(rng: Rng, shape: readonly number[], standardDeviation: number): Tensor {
  if (!(standardDeviation >= 0) || !Number.isFinite(standardDeviation))
    throw new DomainError("normal", "a finite standard deviation of at least 0", standardDeviation);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = standardDeviation * rng.normal();
  return { dtype: "float32", shape: [...shape], data };
}

/** Normal with variance 2/fanIn; fanIn is the extent of axis 0 unless given. He et al., ICCV 2015, eq. 10. */
export function heNormal(rng: Rng, shape: readonly number[], fanIn: number = shape[0]): Tensor {
  if (!(fanIn > 0)) throw new DomainError("heNormal", "a positive fan-in", fanIn);
  return normal(rng, shape, Math.sqrt(2 / fanIn));
}

export function zeros(shape: readonly number[]): Tensor {
  return { dtype: "float32", shape: [...shape], data: new Float32Array(sizeOf(shape)) };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
