/**
 * @file The network of `shortcut-digits` as programs: one update, the answers to rendered images, and answers under
 * attack.
 *
 * A multilayer perceptron 784–hidden–10 with ReLU. Images are gathered inside the graph from MNIST's bytes, scaled to
 * [0, 1]; the cue is a gathered patch, joined by the maximum.
 */
import { grad } from "@jax-js/jax";
import {
  crossEntropyPerExample,
  dense,
  type FunctionSpec,
  type JaxArrays,
  type LoopSpec,
  ops,
  type Specs,
  scoped,
} from "../../../engine/index.ts";
import { adamwLoop } from "../../adamwTraining.ts";
import { CLASSES, PIXELS, TEST_IMAGES, TRAIN_IMAGES } from "../../data/mnist.ts";
import { CUE_PIXELS } from "./cues.ts";
import { FGSM_EPSILON } from "./measures.ts";

const BYTE = 1 / 255;
const PATCHES = { dtype: "uint8", shape: [CLASSES + 1, PIXELS] } as const;

type JaxArray = JaxArrays[string];

export function parameterSpecs(hidden: number): Specs {
  return {
    W1: { dtype: "float32", shape: [PIXELS, hidden] },
    b1: { dtype: "float32", shape: [hidden] },
    W2: { dtype: "float32", shape: [hidden, CLASSES] },
    b2: { dtype: "float32", shape: [CLASSES] },
  };
}

const hide = scoped("hidden", ({ x, W1, b1 }) => ({ y: ops.relu(dense(x, W1, b1, "hidden")) }));
const answer = scoped("answer", ({ x, W2, b2 }) => ({ y: dense(x, W2, b2, "answer") }));

/** Logits [n, 10] of inputs [n, 784]. */
function logitsOf({ W1, b1, W2, b2 }: JaxArrays, x: JaxArray): JaxArray {
  return answer({ x: hide({ x, W1, b1 }).y, W2, b2 }).y;
}

/** Σ weightᵢ·CEᵢ over the batch, with labels smoothed; the weights sum to 1. */
export function trainingLoop(options: {
  readonly hidden: number;
  readonly batchSize: number;
  readonly beta1: number;
  readonly beta2: number;
}): LoopSpec {
  const { hidden, batchSize: n, beta1, beta2 } = options;
  return adamwLoop({
    name: `shortcut-digits 784-${hidden}-10, batch ${n}`,
    parameters: parameterSpecs(hidden),
    resident: {
      images: { dtype: "uint8", shape: [TRAIN_IMAGES, PIXELS] },
      patches: PATCHES,
    },
    perStep: {
      index: { dtype: "int32", shape: [n] },
      cue: { dtype: "int32", shape: [n] },
      label: { dtype: "int32", shape: [n] },
      weight: { dtype: "float32", shape: [n] },
      smoothing: { dtype: "float32", shape: [] },
    },
    gathers: {
      image: { from: "images", by: "index", scale: BYTE },
      patch: { from: "patches", by: "cue", scale: BYTE },
    },
    loss: (parameters, { image, patch, label, weight, smoothing }) => {
      const logits = logitsOf(parameters, ops.maximum(image, patch));
      return ops.sum(ops.mul(crossEntropyPerExample(logits, label, { smoothing }), weight));
    },
    betas: { beta1, beta2 },
  });
}

/** Logits of `count` training images, each with its cue. */
export function trainingAnswers({ hidden, count }: { readonly hidden: number; readonly count: number }): FunctionSpec {
  return {
    name: `shortcut-digits 784-${hidden}-10, answers to ${count} training images`,
    inputs: {
      ...parameterSpecs(hidden),
      index: { dtype: "int32", shape: [count] },
      cue: { dtype: "int32", shape: [count] },
    },
    resident: { images: { dtype: "uint8", shape: [TRAIN_IMAGES, PIXELS] }, patches: PATCHES },
    gathers: {
      image: { from: "images", by: "index", scale: BYTE },
      patch: { from: "patches", by: "cue", scale: BYTE },
    },
    fn: ({ image, patch, ...parameters }) => ({ logits: logitsOf(parameters, ops.maximum(image, patch)) }),
  };
}

/**
 * Logits of `count` test images in three renderings: without a cue, with cue `own`, with cue `conflict`.
 *
 * The renderings of an image differ only in the 160 pixels that cues can cover, so the hidden layer is computed once and
 * corrected by (rendered − image) on those pixels: `edges` holds them for every image, `W1edge` their rows of W1.
 */
export function heldOutAnswers({ hidden, count }: { readonly hidden: number; readonly count: number }): FunctionSpec {
  const edge = CUE_PIXELS.length;
  return {
    name: `shortcut-digits 784-${hidden}-10, answers to ${count} test images`,
    inputs: {
      ...parameterSpecs(hidden),
      W1edge: { dtype: "float32", shape: [edge, hidden] },
      index: { dtype: "int32", shape: [count] },
      ownCue: { dtype: "int32", shape: [count] },
      conflictCue: { dtype: "int32", shape: [count] },
    },
    resident: {
      images: { dtype: "uint8", shape: [TEST_IMAGES, PIXELS] },
      edges: { dtype: "uint8", shape: [TEST_IMAGES, edge] },
      patches: { dtype: "uint8", shape: [CLASSES + 1, edge] },
    },
    gathers: {
      image: { from: "images", by: "index", scale: BYTE },
      edgeOfImage: { from: "edges", by: "index", scale: BYTE },
      ownPatch: { from: "patches", by: "ownCue", scale: BYTE },
      conflictPatch: { from: "patches", by: "conflictCue", scale: BYTE },
    },
    fn: ({ image, edgeOfImage, ownPatch, conflictPatch, W1edge, W1, b1, W2, b2 }) => {
      const clean = dense(image, W1, b1, "hidden");
      const logits = (hiddenIn: JaxArray): JaxArray => answer({ x: ops.relu(hiddenIn), W2, b2 }).y;
      const withCue = (patch: JaxArray): JaxArray =>
        logits(ops.add(clean, ops.matmul(ops.sub(ops.maximum(edgeOfImage, patch), edgeOfImage), W1edge)));
      return { clean: logits(clean), own: withCue(ownPatch), conflict: withCue(conflictPatch) };
    },
  };
}

/**
 * Logits of `count` test images without a cue, each moved by ε·sign(∂CE/∂pixel) and kept in [0, 1].
 * Source: Goodfellow, Shlens, Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015, §4.
 */
export function attackedFunction({ hidden, count }: { readonly hidden: number; readonly count: number }): FunctionSpec {
  return {
    name: `shortcut-digits 784-${hidden}-10, attack on ${count} test images`,
    inputs: {
      ...parameterSpecs(hidden),
      index: { dtype: "int32", shape: [count] },
      label: { dtype: "int32", shape: [count] },
    },
    resident: { images: { dtype: "uint8", shape: [TEST_IMAGES, PIXELS] } },
    gathers: { image: { from: "images", by: "index", scale: BYTE } },
    fn: ({ image, label, ...parameters }) => {
      const slope = grad((x: JaxArray) => ops.sum(crossEntropyPerExample(logitsOf(parameters, x), label)))(image.ref);
      const moved = ops.add(image, ops.mul(ops.sign(slope), FGSM_EPSILON));
      return { logits: logitsOf(parameters, ops.minimum(ops.maximum(moved, 0), 1)) };
    },
  };
}
