/**
 * @file jax-js's own devices ("backends", in its code): opening one, moving tensors there and back, describing it.
 *
 * WebAssembly and plain JavaScript compute on the calling thread and are read at once; WebGPU is awaited. Refuses a
 * backend that this machine does not have.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, defaultDevice, getWebGPUDevice, init, numpy as np } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { EngineError } from "../errors.ts";
import { initEngine } from "../program.ts";
import { describeMultiplyAdd } from "./multiplyAdd.ts";

/** "cpu" is jax-js's interpreter in JavaScript: slow, sums in double precision; a reference for tests. */
export type JaxBackend = "wasm" | "webgpu" | "cpu";

/** The version whose devices these are; package.json pins it and a test compares. */
export const JAX_JS_VERSION = "0.1.25";

export async function openBackend(backend: JaxBackend): Promise<void> {
  await initEngine();
  const mayExist = backend !== "webgpu" || (typeof navigator !== "undefined" && "gpu" in navigator);
  if (mayExist && (await init(backend)).includes(backend)) return;
  throw new EngineError(
    "ENGINE_DEVICE",
    `Device jax: expected a machine with ${backend}, got one without; use the backend "wasm"`,
  );
}

/** Runs `work` with the backend as the place of whatever is made without saying where: constants, and traced functions. */
export function onBackend<T>(backend: JaxBackend, work: () => T): T {
  const before = defaultDevice();
  defaultDevice(backend);
  try {
    return work();
  } finally {
    defaultDevice(before);
  }
}

const JAX_TYPES = {
  float32: DType.Float32,
  int32: DType.Int32,
  uint32: DType.Uint32,
  bool: DType.Bool,
} as const;

/** A copy of the tensor on the backend; uint8 never goes there as it is (gathers convert it). */
export function upload(backend: JaxBackend, { dtype, shape, data }: Tensor): JaxArray {
  const values = dtype === "bool" ? Int32Array.from(data) : data;
  return np.array(values as Float32Array<ArrayBuffer>, {
    shape: [...shape],
    dtype: JAX_TYPES[dtype as keyof typeof JAX_TYPES],
    device: backend,
  });
}

/** The array's elements in fresh memory, as core tensors store them; lets the array go. */
export async function download(backend: JaxBackend, array: JaxArray): Promise<Tensor["data"]> {
  const isBool = array.dtype === DType.Bool;
  const data = (backend === "webgpu" ? await array.data() : array.dataSync()) as Float32Array | Int32Array;
  return isBool ? Uint8Array.from(data) : data;
}

/** What the bits of the backend depend on, as the numerics key's runtime and processor. */
export function describeBackend(backend: JaxBackend): { readonly runtime: string; readonly cpu: string } {
  return { runtime: `@jax-js/jax@${JAX_JS_VERSION} ${backend}`, cpu: describeArithmetic(backend) };
}

function describeArithmetic(backend: JaxBackend): string {
  switch (backend) {
    case "wasm":
      return `wasm32 simd128, multiply-add ${describeMultiplyAdd()}`;
    case "webgpu": {
      const { vendor, architecture, device, description } = getWebGPUDevice().adapterInfo;
      return `${[vendor, architecture, device, description].join(" ").trim()}; ${navigator.userAgent}`;
    }
    case "cpu":
      return typeof navigator === "undefined" ? `V8 ${process.versions.v8}` : navigator.userAgent;
  }
}
