/**
 * @file Between core tensors and the runtime's: no copies, types and shapes checked by name.
 */
import type { DType, Tensor } from "../../core/index.ts";
import { EngineError } from "../errors.ts";
import { sameShape } from "../ir/types.ts";
import type { TensorSpec } from "../program.ts";
import { ort } from "./session.ts";

/** The runtime's tensor over the same memory. Throws EngineError unless type, shape and length are as specified. */
export function toRuntime(what: string, spec: TensorSpec, tensor: Tensor | undefined): ort.Tensor {
  if (tensor === undefined)
    throw new EngineError("ENGINE_INPUT", `${what}: expected a ${spec.dtype} tensor of ${shapeText(spec)}, got none`);
  const size = spec.shape.reduce((product, extent) => product * extent, 1);
  if (tensor.dtype !== spec.dtype || !sameShape(tensor.shape, spec.shape) || tensor.data.length !== size)
    throw new EngineError(
      "ENGINE_INPUT",
      `${what}: expected ${spec.dtype} of shape ${shapeText(spec)}, got ${tensor.dtype} of shape ${shapeText(tensor)} with ${tensor.data.length} elements`,
    );
  return new ort.Tensor(spec.dtype, tensor.data as Float32Array, [...spec.shape]);
}

export function fromRuntime({ type, dims, data }: ort.Tensor): Tensor {
  return { dtype: type as DType, shape: dims, data: data as Float32Array };
}

const shapeText = ({ shape }: { readonly shape: readonly number[] }): string => `[${shape.join(", ")}]`;
