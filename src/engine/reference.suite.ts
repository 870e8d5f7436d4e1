/**
 * @file Runs one function twice, on the engine and on jax-js's own CPU device, and compares: for tests.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, defaultDevice, numpy as np } from "@jax-js/jax";
import { expect } from "vitest";
import type { Tensor } from "../core/index.ts";
import { Rng } from "../core/index.ts";
import { compileFunction } from "./native/compileFunction.ts";
import type { JaxArrays } from "./program.ts";
import { initEngine } from "./program.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

export const float = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: "float32",
  shape: [...shape],
  data: Float32Array.from(data),
});
export const int = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: "int32",
  shape: [...shape],
  data: Int32Array.from(data),
});

export const unsigned = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: "uint32",
  shape: [...shape],
  data: Uint32Array.from(data),
});
export const bool = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: "bool",
  shape: [...shape],
  data: Uint8Array.from(data),
});

/** Standard normal draws, fixed by a name and a shape. */
export function normal(name: string, shape: readonly number[]): Tensor {
  const rng = Rng.of(name, String(shape));
  return float(
    shape,
    Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () => rng.normal()),
  );
}

export function onJax(fn: (args: JaxArrays) => JaxArrays, inputs: Tensors): Record<string, Tensor> {
  defaultDevice("cpu");
  try {
    const outputs = fn(Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toJax(tensor)])));
    return Object.fromEntries(Object.entries(outputs).map(([name, array]) => [name, fromJax(array)]));
  } finally {
    defaultDevice("wasm");
  }
}

export async function onEngine(fn: (args: JaxArrays) => JaxArrays, inputs: Tensors): Promise<Record<string, Tensor>> {
  const program = await compileFunction({ name: "test", inputs, fn });
  const outputs = await program.run(inputs);
  await program.dispose();
  return outputs;
}

/** Same shapes, types and values: |difference| ≤ tolerance · (1 + |reference|); equal non-finite values agree. */
export async function expectAgreement(
  fn: (args: JaxArrays) => JaxArrays,
  inputs: Tensors,
  tolerance = 2e-6,
): Promise<void> {
  await initEngine();
  const [got, expected] = [await onEngine(fn, inputs), onJax(fn, inputs)];
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, reference] of Object.entries(expected)) {
    expect({ name, dtype: got[name].dtype, shape: got[name].shape }).toEqual({
      name,
      dtype: reference.dtype,
      shape: reference.shape,
    });
    for (let i = 0; i < reference.data.length; i++) {
      const [value, target] = [got[name].data[i], reference.data[i]];
      const agrees = Object.is(value, target) || Math.abs(value - target) <= tolerance * (1 + Math.abs(target));
      if (!agrees) expect.fail(`${name}[${i}]: expected ${target}, got ${value}`);
    }
  }
}

function toJax({ dtype, shape, data }: Tensor): JaxArray {
  const types = { float32: DType.Float32, int32: DType.Int32, uint32: DType.Uint32, bool: DType.Bool } as const;
  const values = dtype === "bool" ? Array.from(data, (bit) => bit !== 0) : data;
  const flat = np.array(values as Float32Array<ArrayBuffer>, { dtype: types[dtype as "float32"] });
  return flat.reshape([...shape]);
}

function fromJax(array: JaxArray): Tensor {
  const { dtype, shape } = array;
  const data = array.dataSync();
  if (dtype === DType.Bool) return { dtype: "bool", shape, data: Uint8Array.from(data as Int32Array) };
  return { dtype: dtype as unknown as Tensor["dtype"], shape, data: data as Float32Array };
}
