/**
 * @file Between core tensors and the runtime's: no copies, types and shapes checked by name.
 */
import type { DType, Tensor } from "../../core/index.ts";
import { requireTensor } from "../checks.ts";
import type { TensorSpec } from "../program.ts";
import { ort } from "./session.ts";

/** The runtime's tensor over the same memory. Throws EngineError unless type, shape and length are as specified. */
export function toRuntime(what: string, spec: TensorSpec, tensor: Tensor | undefined): ort.Tensor {
  const { data } = requireTensor(what, spec, tensor);
  return new ort.Tensor(spec.dtype, data as Float32Array, [...spec.shape]);
}

export function fromRuntime({ type, dims, data }: ort.Tensor): Tensor {
  return { dtype: type as DType, shape: dims, data: data as Float32Array };
}
