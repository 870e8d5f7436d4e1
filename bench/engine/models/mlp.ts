/**
 * @file MLP 784–128–10, batches of 128 gathered from 10,000 resident uint8 images.
 */
import { dense, ops, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { blank, drawBytes, drawIntegers, drawNormal } from "../draws.ts";
import type { Model } from "./model.ts";

const IMAGES = 10_000;
const BATCH = 128;
const STEPS = 500;

export const mlp: Model = {
  problem: () => ({
    model: "mlp",
    sizes: {},
    learningRate: 6e-4,
    weightDecay: 0.01,
    parameters: {
      w1: drawNormal("w1", [784, 128], Math.sqrt(2 / 784)),
      b1: blank([128]),
      w2: drawNormal("w2", [128, 10], Math.sqrt(2 / 128)),
      b2: blank([10]),
    },
    resident: {
      images: drawBytes("images", [IMAGES, 784]),
      labels: drawIntegers("labels", [IMAGES], 10),
    },
    perStep: { index: drawIntegers("index", [STEPS, BATCH], IMAGES) },
  }),
  gathers: {
    image: { from: "images", by: "index", scale: 1 / 255 },
    label: { from: "labels", by: "index" },
  },
  loss: ({ w1, b1, w2, b2 }, { image, label }) =>
    softmaxCrossEntropy(dense(ops.relu(dense(image, w1, b1)), w2, b2), label),
};
