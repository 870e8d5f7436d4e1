import { beforeAll, expect, test } from "vitest";
import type { Tensor } from "../../../core/index.ts";
import { nativeDevice } from "../../../engine/native.ts";
import { optimizerColumns } from "../../adamwTraining.ts";
import { loadMnist } from "../../data/mnist.ts";
import { readLogits } from "../../probes/logits.ts";
import { CUE_PIXELS, NO_CUE, patchTable, takeColumns } from "./cues.ts";
import { FGSM_EPSILON } from "./measures.ts";
import { openShortcutModel } from "./model.ts";
import { shortcutDigits } from "./organism.ts";
import { attackedFunction, heldOutAnswers, trainingAnswers, trainingLoop } from "./program.ts";

const HIDDEN = 9;
const { train, test: held } = loadMnist();
const factors = shortcutDigits.parseFactors({ "architecture.hidden": HIDDEN, "data.trainSize": 300 }, "test");
const uint8 = (data: Uint8Array, columns = 784): Tensor => ({
  dtype: "uint8",
  shape: [data.length / columns, columns],
  data,
});
const int32 = (...values: number[]): Tensor => ({
  dtype: "int32",
  shape: [values.length],
  data: Int32Array.from(values),
});

let parameters: Record<"W1" | "b1" | "W2" | "b2", Tensor>;
let state: Readonly<Record<string, Tensor>>;
beforeAll(async () => {
  const model = await openShortcutModel({ device: nativeDevice, factors, seeds: { data: 1, init: 1, order: 1 } });
  state = model.initialState();
  const { W1, W2 } = state;
  // Biases that matter, so that leaving one out is seen.
  const b1: Tensor = {
    dtype: "float32",
    shape: [HIDDEN],
    data: Float32Array.from({ length: HIDDEN }, (_, i) => i / 9),
  };
  const b2: Tensor = { dtype: "float32", shape: [10], data: Float32Array.from({ length: 10 }, (_, i) => i / 20) };
  parameters = { W1, b1, W2, b2 };
  state = { ...state, ...parameters };
});

/** The rendered image, [0, 1]: the maximum of image and patch. */
function rendered(images: Uint8Array, index: number, cue: number): number[] {
  const patch = patchTable().subarray(cue * 784, (cue + 1) * 784);
  return Array.from({ length: 784 }, (_, i) => Math.max(images[index * 784 + i], patch[i]) / 255);
}

/** The network in plain loops, float64. */
function logitsOf(x: readonly number[]): number[] {
  const { W1, b1, W2, b2 } = parameters;
  const hidden = Array.from({ length: HIDDEN }, (_, j) =>
    Math.max(
      0,
      x.reduce((sum, value, i) => sum + value * W1.data[i * HIDDEN + j], b1.data[j]),
    ),
  );
  return Array.from({ length: 10 }, (_, k) => hidden.reduce((sum, h, j) => sum + h * W2.data[j * 10 + k], b2.data[k]));
}

function expectClose(got: Tensor, expected: readonly number[]): void {
  expect(got.data).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(got.data[i]).toBeCloseTo(value, 4);
  });
}

test("training images are answered as rendered, with and without a cue", async () => {
  const program = await nativeDevice.compileFunction(trainingAnswers({ hidden: HIDDEN, count: 3 }));
  program.bind({ images: uint8(train.images), patches: uint8(patchTable()) });
  const { logits } = await program.run({ ...parameters, index: int32(5, 59_999, 5), cue: int32(2, 9, NO_CUE) });
  const rows = [rendered(train.images, 5, 2), rendered(train.images, 59_999, 9), rendered(train.images, 5, NO_CUE)];
  expectClose(logits, rows.flatMap(logitsOf));
});

test("the three renderings of held-out images are answered as if each had been rendered whole", async () => {
  const program = await nativeDevice.compileFunction(heldOutAnswers({ hidden: HIDDEN, count: 2 }));
  const edges = takeColumns(held.images, 784, CUE_PIXELS);
  const patches = takeColumns(patchTable(), 784, CUE_PIXELS);
  program.bind({ images: uint8(held.images), edges: uint8(edges, 160), patches: uint8(patches, 160) });
  const W1edge: Tensor = {
    dtype: "float32",
    shape: [160, HIDDEN],
    data: Float32Array.from(
      CUE_PIXELS.flatMap((pixel) => [...parameters.W1.data.subarray(pixel * HIDDEN, (pixel + 1) * HIDDEN)]),
    ),
  };
  // Image 9000 and 247 have ink where cues stand, or the maximum would not be tested.
  const inked = [...Array(10_000).keys()].filter((i) => edges.subarray(i * 160, (i + 1) * 160).some((v) => v > 0));
  const [a, b] = [inked[0], inked[inked.length - 1]];
  const index = int32(a, b);
  const run = await program.run({ ...parameters, W1edge, index, ownCue: int32(0, 4), conflictCue: int32(9, 7) });
  expectClose(run.own, [rendered(held.images, a, 0), rendered(held.images, b, 4)].flatMap(logitsOf));
  expectClose(run.conflict, [rendered(held.images, a, 9), rendered(held.images, b, 7)].flatMap(logitsOf));
  expectClose(run.clean, [rendered(held.images, a, NO_CUE), rendered(held.images, b, NO_CUE)].flatMap(logitsOf));
});

test("the attack moves every pixel by ε in the direction that raises the loss, within [0, 1]", async () => {
  const program = await nativeDevice.compileFunction(attackedFunction({ hidden: HIDDEN, count: 1 }));
  program.bind({ images: uint8(held.images) });
  const label = held.labels[77];
  const { logits } = await program.run({ ...parameters, index: int32(77), label: int32(label) });
  const x = rendered(held.images, 77, NO_CUE);
  const lossAt = (pixels: readonly number[]) => {
    const row = logitsOf(pixels);
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label];
  };
  const moved = x.map((value, i) => {
    const up = x.with(i, value + 1e-5);
    const slope = lossAt(up) - lossAt(x.with(i, value - 1e-5));
    return Math.min(1, Math.max(0, value + FGSM_EPSILON * Math.sign(slope)));
  });
  expectClose(logits, logitsOf(moved));
  expect(lossAt(moved)).toBeGreaterThan(lossAt(x));
});

test("the loss of an update is the weighted mean of smoothed cross-entropies", async () => {
  const loop = await nativeDevice.compileLoop(trainingLoop({ hidden: HIDDEN, batchSize: 2, beta1: 0.9, beta2: 0.999 }));
  loop.bind({ images: uint8(train.images), patches: uint8(patchTable()) });
  const row = (dtype: "int32" | "float32", ...values: number[]): Tensor => ({
    dtype,
    shape: [1, values.length],
    data: dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values),
  });
  const { learningRate, ...optimizer } = factors.optimizer as never as Parameters<
    typeof optimizerColumns
  >[0]["settings"];
  const { outputs } = await loop.run({
    steps: 1,
    state,
    table: {
      index: row("int32", 3, 4),
      cue: row("int32", 6, NO_CUE),
      label: row("int32", 1, 8),
      weight: row("float32", 0.75, 0.25),
      smoothing: { dtype: "float32", shape: [1], data: Float32Array.of(0.2) },
      ...optimizerColumns({ settings: { ...optimizer, learningRate }, firstStep: 0, steps: 1 }),
    },
  });
  const smoothed = (pixels: readonly number[], label: number): number => {
    const logits = Float32Array.from(logitsOf(pixels));
    const { lossesNats } = readLogits(
      Float32Array.from({ length: 100 }, (_, i) => logits[i % 10]),
      [...Array(10).keys()],
      10,
    );
    return lossesNats.reduce((sum, loss, k) => sum + loss * (k === label ? 0.8 + 0.02 : 0.02), 0);
  };
  const expected =
    0.75 * smoothed(rendered(train.images, 3, 6), 1) + 0.25 * smoothed(rendered(train.images, 4, NO_CUE), 8);
  expect(outputs.loss.data[0]).toBeCloseTo(expected, 4);
});
