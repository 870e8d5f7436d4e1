/**
 * @file This machine's own MatMul rate at the shapes of a program's products: each product alone, operands as plain
 * row-major matrices, in ONNX Runtime on one thread, timed by its profiler.
 */
import type { Tensor } from "../../src/core/index.ts";
import { type LoopSpec, lowerLoop, ops } from "../../src/engine/index.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { median } from "../harness.ts";
import { profiled } from "./trace.ts";

/** [batch, m, k] · [batch, k, n]. */
interface Product {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

export interface MatMulRate {
  /** Of one step's products together. */
  readonly gigaflop: number;
  /** Milliseconds that they take one by one, on their own. */
  readonly aloneMs: number;
}

const REPEATS = 15;

export async function matmulRate(spec: LoopSpec): Promise<MatMulRate> {
  const counts = new Map<string, { product: Product; count: number }>();
  for (const product of productsOf(spec)) {
    const key = JSON.stringify(product);
    const entry = counts.get(key) ?? { product, count: 0 };
    counts.set(key, { product, count: entry.count + 1 });
  }
  let gigaflop = 0;
  let aloneMs = 0;
  for (const { product, count } of counts.values()) {
    const { batch, m, k, n } = product;
    gigaflop += (count * 2 * batch * m * k * n) / 1e9;
    aloneMs += count * (await timeAlone(product));
  }
  return { gigaflop, aloneMs };
}

/** The products of the lowered step, as it is run. */
function productsOf(spec: LoopSpec): Product[] {
  const { nodes } = lowerLoop(spec).step;
  return nodes
    .filter(({ op }) => op === "MatMul")
    .map(({ inputs: [left], outputs: [result], attributes }) => {
      const [m, n] = result.shape.slice(-2);
      const k = left.shape[left.shape.length - (attributes.transA === true ? 2 : 1)];
      return { batch: result.shape.slice(0, -2).reduce((total, extent) => total * extent, 1), m, k, n };
    });
}

/** Median milliseconds of the kernel. */
async function timeAlone({ batch, m, k, n }: Product): Promise<number> {
  const [left, right] =
    batch === 1
      ? [
          [m, k],
          [k, n],
        ]
      : [
          [batch, m, k],
          [batch, k, n],
        ];
  const { nodes } = await profiled(async (profilePath) => {
    const inputs = { left: filled(left), right: filled(right) };
    const program = await nativeDevice.compileFunction(
      { name: "product", inputs, fn: (args) => ({ out: ops.matmul(args.left, args.right) }) },
      { profilePath },
    );
    for (let i = 0; i < REPEATS; i++) await program.run(inputs);
    await program.dispose();
  });
  const kernels = nodes.filter(({ operator }) => /MatMul|Gemm/.test(operator));
  return median(kernels.slice(3).map(({ durationUs }) => durationUs)) / 1000;
}

function filled(shape: readonly number[]): Tensor {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7919) % 1009) / 1009);
  return { dtype: "float32", shape, data };
}
