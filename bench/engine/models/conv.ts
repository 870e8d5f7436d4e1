/**
 * @file Convolutional net on images of MNIST's shape, like LeNet: 5 × 5 convolutions without padding, 1 → 16 and 16 → 32
 * channels, ReLU and 2 × 2 maxima after each, then dense 512 → 128 → 10; batches of 128 gathered from resident uint8
 * images.
 */
import { convNet, initialParameters, ops, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { drawBytes, drawIntegers } from "../draws.ts";
import type { Model } from "./model.ts";

const SIDE = 28;
const IMAGES = 10_000;
const BATCH = 128;
const STEPS = 200;
const LAYER = convNet({ side: SIDE, channels: [1, 16, 32], kernel: 5, dense: [128, 10] });

export const conv: Model = {
  problem: () => ({
    model: "conv",
    sizes: { side: SIDE },
    learningRate: 6e-4,
    weightDecay: 0.01,
    parameters: initialParameters(LAYER.parameters, "bench conv"),
    resident: { images: drawBytes("images", [IMAGES, SIDE * SIDE]), labels: drawIntegers("labels", [IMAGES], 10) },
    perStep: { index: drawIntegers("index", [STEPS, BATCH], IMAGES) },
  }),
  gathers: { image: { from: "images", by: "index", scale: 1 / 255 }, label: { from: "labels", by: "index" } },
  loss: (parameters, { image, label }) =>
    softmaxCrossEntropy(LAYER.apply(parameters, ops.reshape(image, [BATCH, 1, SIDE, SIDE])), label),
};
