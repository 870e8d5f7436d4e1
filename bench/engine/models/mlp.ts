/**
 * @file MLP 784–128–10, batches of 128 gathered from 10,000 resident uint8 images.
 */
import { initialParameters, mlp as mlpLayer, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { drawBytes, drawIntegers } from "../draws.ts";
import type { Model } from "./model.ts";

const IMAGES = 10_000;
const BATCH = 128;
const STEPS = 500;
const LAYER = mlpLayer({ widths: [784, 128, 10] });

export const mlp: Model = {
  problem: () => ({
    model: "mlp",
    sizes: {},
    learningRate: 6e-4,
    weightDecay: 0.01,
    parameters: initialParameters(LAYER.parameters, "bench mlp"),
    resident: { images: drawBytes("images", [IMAGES, 784]), labels: drawIntegers("labels", [IMAGES], 10) },
    perStep: { index: drawIntegers("index", [STEPS, BATCH], IMAGES) },
  }),
  gathers: { image: { from: "images", by: "index", scale: 1 / 255 }, label: { from: "labels", by: "index" } },
  loss: (parameters, { image, label }) => softmaxCrossEntropy(LAYER.apply(parameters, image), label),
};
