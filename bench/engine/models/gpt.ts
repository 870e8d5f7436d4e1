/**
 * @file Two-layer character GPT (minGPT's form): width 128, 4 heads, context 64, batch 32, 65 characters; LayerNorm
 * before each part, learned positions, GELU in its tanh form, biases, untied head. Batches are windows of a resident
 * text, gathered by index.
 */
import { initialParameters, ops, softmaxCrossEntropy, transformer } from "../../../src/engine/index.ts";
import { drawIntegers } from "../draws.ts";
import type { Problem } from "../problem.ts";
import type { Model } from "./model.ts";

const CHARACTERS = 65;
const WIDTH = 128;
const HEADS = 4;
const LAYERS = 2;
const TIME = 64;
const BATCH = 32;
const TEXT = 100_000;
const STEPS = 50;

const LAYER = transformer({
  tokens: CHARACTERS,
  context: TIME,
  blocks: LAYERS,
  width: WIDTH,
  heads: HEADS,
  hidden: 4 * WIDTH,
  activation: "geluTanh",
});

function problem(): Problem {
  const text = drawIntegers("text", [TEXT + 1], CHARACTERS).data as Int32Array;
  const starts = drawIntegers("starts", [STEPS * BATCH], TEXT - TIME).data;
  const index = new Int32Array(STEPS * BATCH * TIME).map((_, i) => starts[Math.floor(i / TIME)] + (i % TIME));
  return {
    model: "gpt",
    sizes: { heads: HEADS, layers: LAYERS },
    learningRate: 1e-3,
    weightDecay: 0.1,
    parameters: initialParameters(LAYER.parameters, "bench gpt"),
    resident: {
      text: { dtype: "int32", shape: [TEXT], data: text.slice(0, TEXT) },
      nextText: { dtype: "int32", shape: [TEXT], data: text.slice(1) },
    },
    perStep: { index: { dtype: "int32", shape: [STEPS, BATCH, TIME], data: index } },
  };
}

export const gpt: Model = {
  problem,
  gathers: { input: { from: "text", by: "index" }, target: { from: "nextText", by: "index" } },
  loss: (parameters, { input, target }) => {
    const logits = LAYER.apply(parameters, input);
    const rows = BATCH * TIME;
    return softmaxCrossEntropy(ops.reshape(logits, [rows, CHARACTERS]), ops.reshape(target, [rows]));
  },
};
