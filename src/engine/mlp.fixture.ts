/**
 * @file The 784–128–10 network of the studies (or any smaller one) as a loop specification: for tests and benchmarks.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Tensor } from "../core/index.ts";
import { Rng } from "../core/index.ts";
import type { LoopSpec } from "./device.ts";
import { normal, zeros } from "./initialisers/draw.ts";
import { dense } from "./layers/dense.ts";
import { softmaxCrossEntropy } from "./layers/losses.ts";
import * as ops from "./ops.ts";
import { adamw } from "./optim/adamw.ts";
import { initialTrainingState, trainingColumns, trainingLoop } from "./optim/trainingLoop.ts";
import type { TensorSpec } from "./program.ts";

export interface MlpSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly batch: number;
  readonly rows: number;
}

export const STUDY_SIZES: MlpSizes = { inputs: 784, hidden: 128, classes: 10, batch: 128, rows: 10_000 };

export type MlpParams = Readonly<Record<"w1" | "b1" | "w2" | "b2", JaxArray>>;

export function mlpLogits(params: MlpParams, x: JaxArray): JaxArray {
  const hidden = ops.relu(dense(x, params.w1, params.b1, "hidden"));
  return dense(hidden, params.w2, params.b2, "readout");
}

export function mlpLoss(params: MlpParams, x: JaxArray, labels: JaxArray, weights: JaxArray): JaxArray {
  return softmaxCrossEntropy(mlpLogits(params, x), labels, { weights });
}

const f32 = (...shape: number[]): TensorSpec => ({ dtype: "float32", shape });
const i32 = (...shape: number[]): TensorSpec => ({ dtype: "int32", shape });

export function paramSpecs({ inputs, hidden, classes }: MlpSizes): Record<string, TensorSpec> {
  return { w1: f32(inputs, hidden), b1: f32(hidden), w2: f32(hidden, classes), b2: f32(classes) };
}

/** Batches of images, each overlaid with one of eleven patches by maximum, under AdamW. */
export function mlpLoop(sizes: MlpSizes, options: { readonly pixels?: "uint8" | "float32" } = {}): LoopSpec {
  const { inputs, batch, rows } = sizes;
  const params = paramSpecs(sizes);
  const dtype = options.pixels ?? "float32";
  const scale = dtype === "uint8" ? { scale: 1 / 255 } : {};
  return trainingLoop({
    name: "mlp",
    parameters: params,
    optimizer: adamw(),
    resident: { pixels: { dtype, shape: [rows, inputs] }, labels: i32(rows), patches: { dtype, shape: [11, inputs] } },
    perStep: { index: i32(batch), patch: i32(batch), weight: f32(batch) },
    gathers: {
      image: { from: "pixels", by: "index", ...scale },
      cue: { from: "patches", by: "patch", ...scale },
      label: { from: "labels", by: "index" },
    },
    loss: (own, { image, cue, label, weight }) =>
      mlpLoss(own as unknown as MlpParams, ops.maximum(image, cue), label, weight),
  });
}

/** Everything that `mlpLoop` needs, from one seed. */
export function mlpData(sizes: MlpSizes, steps: number, seed = 1, pixels: "uint8" | "float32" = "float32") {
  const { inputs, hidden, classes, batch, rows } = sizes;
  const rng = Rng.of(seed, "mlp-for-tests");
  const integers = (count: number, limit: number): Int32Array =>
    Int32Array.from({ length: count }, () => rng.int(limit));
  const images = (count: number, lit: number): Tensor => {
    const grey = Uint8Array.from({ length: count * inputs }, (_, i) => (i % inputs < lit ? rng.uint32() >>> 24 : 0));
    const shape = [count, inputs];
    if (pixels === "uint8") return { dtype: "uint8", shape, data: grey };
    return { dtype: "float32", shape, data: Float32Array.from(grey, (value) => value / 255) };
  };
  const params: Record<string, Tensor> = {
    w1: normal(rng, [inputs, hidden], Math.sqrt(2 / inputs)),
    b1: zeros([hidden]),
    w2: normal(rng, [hidden, classes], Math.sqrt(2 / hidden)),
    b2: zeros([classes]),
  };
  const parts = { optimizer: adamw() };
  return {
    resident: {
      pixels: images(rows, inputs),
      labels: { dtype: "int32", shape: [rows], data: integers(rows, classes) },
      patches: images(11, 9),
    } satisfies Record<string, Tensor>,
    state: initialTrainingState(params, parts),
    table: {
      index: { dtype: "int32", shape: [steps, batch], data: integers(steps * batch, rows) },
      patch: { dtype: "int32", shape: [steps, batch], data: integers(steps * batch, 11) },
      weight: {
        dtype: "float32",
        shape: [steps, batch],
        data: new Float32Array(steps * batch).map(() => 1 + rng.uniform()),
      },
      ...trainingColumns({
        parts,
        firstStep: 0,
        steps,
        settingsAt: () => ({ learningRate: 1e-3, weightDecay: 0.1 }),
      }),
    } as Record<string, Tensor>,
  };
}

/** Rows `from` … `from + steps` of every table. */
export function sliceTable(
  table: Readonly<Record<string, Tensor>>,
  from: number,
  steps: number,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { dtype, shape, data }]): [string, Tensor] => {
      const row = data.length / shape[0];
      return [name, { dtype, shape: [steps, ...shape.slice(1)], data: data.slice(from * row, (from + steps) * row) }];
    }),
  );
}
