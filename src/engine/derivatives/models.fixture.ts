/**
 * @file Two small models as losses of flat records, for tests and benchmarks: a tanh network, and a one-layer transformer
 * with softmax attention, both written with the engine's raw operations.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import { normal } from "../initialisers/draw.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import * as ops from "../ops.ts";
import type { JaxArrays, Specs, TensorSpec } from "../program.ts";

const f32 = (...shape: number[]): TensorSpec => ({ dtype: "float32", shape });

export interface TanhSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

export const tanhSpecs = ({ inputs, hidden, classes }: TanhSizes): Specs => ({
  w1: f32(inputs, hidden),
  b1: f32(hidden),
  w2: f32(hidden, classes),
  b2: f32(classes),
});

/** [n, classes] from x [n, inputs]. */
export function tanhLogits(p: JaxArrays, { x }: JaxArrays): JaxArray {
  const hidden = ops.tanh(ops.add(ops.matmul(x, p.w1), p.b1));
  return ops.add(ops.matmul(hidden, p.w2), p.b2);
}

/** Mean cross-entropy; `data` holds x [n, inputs] and labels int32 [n]. */
export const tanhLoss = (p: JaxArrays, data: JaxArrays): JaxArray =>
  softmaxCrossEntropy(tanhLogits(p, data), data.labels);

export interface TransformerSizes {
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly classes: number;
  readonly vocabulary: number;
  readonly sequence: number;
}

export const transformerSpecs = (sizes: TransformerSizes): Specs => {
  const { width, hidden, classes, vocabulary, sequence } = sizes;
  return {
    embed: f32(vocabulary, width),
    position: f32(sequence, width),
    query: f32(width, width),
    key: f32(width, width),
    value: f32(width, width),
    output: f32(width, width),
    up: f32(width, hidden),
    upBias: f32(hidden),
    down: f32(hidden, width),
    downBias: f32(width),
    unembed: f32(width, classes),
  };
};

/** Logits [n, classes] at the last position of tokens int32 [n, sequence]. */
export function transformerLogits(sizes: TransformerSizes): (p: JaxArrays, data: JaxArrays) => JaxArray {
  const { width, heads, vocabulary, sequence } = sizes;
  const perHead = width / heads;
  return (p, { tokens }) => {
    const [n] = tokens.shape;
    const x = ops.add(ops.matmul(ops.oneHot(tokens, vocabulary), p.embed), p.position);
    const split = (w: JaxArray): JaxArray =>
      ops.transpose(ops.reshape(ops.matmul(x, w), [n, sequence, heads, perHead]), [0, 2, 1, 3]);
    const keys = ops.transpose(split(p.key), [0, 1, 3, 2]);
    const scores = ops.mul(ops.matmul(split(p.query), keys), 1 / Math.sqrt(perHead));
    const mixed = ops.transpose(ops.matmul(softmax(scores), split(p.value)), [0, 2, 1, 3]);
    const attended = ops.add(x, ops.matmul(ops.reshape(mixed, [n, sequence, width]), p.output));
    const hidden = ops.relu(ops.add(ops.matmul(attended, p.up), p.upBias));
    const final = ops.add(attended, ops.add(ops.matmul(hidden, p.down), p.downBias));
    return ops.matmul(final.slice([], sequence - 1), p.unembed);
  };
}

/** Mean cross-entropy; `data` holds tokens int32 [n, sequence] and labels int32 [n]. */
export function transformerLoss(sizes: TransformerSizes): (p: JaxArrays, data: JaxArrays) => JaxArray {
  const logits = transformerLogits(sizes);
  return (p, data) => softmaxCrossEntropy(logits(p, data), data.labels);
}

function softmax(x: JaxArray): JaxArray {
  const kept = [...x.shape.slice(0, -1), 1];
  const weights = ops.exp(ops.sub(x, ops.reshape(ops.stopGradient(ops.max(x, -1)), kept)));
  return ops.div(weights, ops.reshape(ops.sum(weights, -1), kept));
}

/** Normals of one standard deviation for every array of the specifications. */
export function normalRecord(specs: Specs, seed: number, standardDeviation: number): Record<string, Tensor> {
  const rng = Rng.of(seed, "derivatives");
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [name, normal(rng, shape, standardDeviation)]),
  );
}

/** int32 in 0…limit − 1. */
export function randomIntegers(shape: readonly number[], limit: number, seed: number): Tensor {
  const rng = Rng.of(seed, "integers");
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { dtype: "int32", shape: [...shape], data: Int32Array.from({ length: size }, () => rng.int(limit)) };
}
