/**
 * @file Gathers on the host: rows of a resident tensor, converted and scaled to the bit as the native device does it.
 *
 * Residents that are only gathered from stay where the caller has them, bytes as bytes. Row numbers have been checked.
 */
import type { Tensor } from "../../core/index.ts";
import type { GatherSpec, TensorSpec } from "../program.ts";

/** The gathered tensor: `target` is its type and shape, `rows` the row numbers in row-major order. */
export function takeRows(gather: GatherSpec, source: Tensor, rows: Tensor["data"], target: TensorSpec): Tensor {
  const size = source.shape.slice(1).reduce((product, extent) => product * extent, 1);
  const data = target.dtype === "int32" ? new Int32Array(rows.length * size) : new Float32Array(rows.length * size);
  for (let i = 0; i < rows.length; i++) data.set(source.data.subarray(rows[i] * size, (rows[i] + 1) * size), i * size);
  if (gather.scale !== undefined) {
    // Both factors are float32, so their product in double precision is exact and is rounded once, by the store.
    const scale = Math.fround(gather.scale);
    for (let i = 0; i < data.length; i++) data[i] *= scale;
  }
  return { dtype: target.dtype, shape: target.shape, data };
}
