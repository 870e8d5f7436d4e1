/**
 * @file Two-layer character GPT (minGPT's form): width 128, 4 heads, context 64, batch 32, 65 characters; LayerNorm
 * before each part, learned positions, GELU in its tanh form, biases, untied head. Batches are windows of a resident
 * text, gathered by index.
 */

import type { Tensor } from "../../../src/core/index.ts";
import { dense, geluTanh, ops, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { blank, drawIntegers, drawNormal, ones } from "../draws.ts";
import type { Problem } from "../problem.ts";
import { attention, embed } from "./attention.ts";
import type { JaxArray, Model } from "./model.ts";

const CHARACTERS = 65;
const WIDTH = 128;
const HEADS = 4;
const LAYERS = 2;
const TIME = 64;
const BATCH = 32;
const TEXT = 100_000;
const STEPS = 50;

function problem(): Problem {
  const matrix = (name: string, rows: number, columns: number) => drawNormal(name, [rows, columns], 0.02);
  const parameters: Record<string, Tensor> = {
    tokens: matrix("tokens", CHARACTERS, WIDTH),
    positions: matrix("positions", TIME, WIDTH),
  };
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = (name: string) => `${layer}.${name}`;
    parameters[at("norm1")] = ones([WIDTH]);
    parameters[at("norm1Bias")] = blank([WIDTH]);
    parameters[at("qkv")] = matrix(at("qkv"), WIDTH, 3 * WIDTH);
    parameters[at("qkvBias")] = blank([3 * WIDTH]);
    parameters[at("merge")] = matrix(at("merge"), WIDTH, WIDTH);
    parameters[at("mergeBias")] = blank([WIDTH]);
    parameters[at("norm2")] = ones([WIDTH]);
    parameters[at("norm2Bias")] = blank([WIDTH]);
    parameters[at("up")] = matrix(at("up"), WIDTH, 4 * WIDTH);
    parameters[at("upBias")] = blank([4 * WIDTH]);
    parameters[at("down")] = matrix(at("down"), 4 * WIDTH, WIDTH);
    parameters[at("downBias")] = blank([WIDTH]);
  }
  parameters.norm = ones([WIDTH]);
  parameters.normBias = blank([WIDTH]);
  parameters.head = matrix("head", WIDTH, CHARACTERS);
  const text = drawIntegers("text", [TEXT + 1], CHARACTERS).data as Int32Array;
  const starts = drawIntegers("starts", [STEPS * BATCH], TEXT - TIME).data;
  const index = new Int32Array(STEPS * BATCH * TIME).map((_, i) => starts[Math.floor(i / TIME)] + (i % TIME));
  return {
    model: "gpt",
    sizes: { heads: HEADS, layers: LAYERS },
    learningRate: 1e-3,
    weightDecay: 0.1,
    parameters,
    resident: {
      text: { dtype: "int32", shape: [TEXT], data: text.slice(0, TEXT) },
      nextText: { dtype: "int32", shape: [TEXT], data: text.slice(1) },
    },
    perStep: { index: { dtype: "int32", shape: [STEPS, BATCH, TIME], data: index } },
  };
}

function layerNorm(x: JaxArray, scale: JaxArray, shift: JaxArray): JaxArray {
  return ops.add(ops.mul(ops.standardise(x, 1e-5), scale), shift);
}

function block(x: JaxArray, p: Record<string, JaxArray>, layer: number): JaxArray {
  const get = (name: string): JaxArray => p[`${layer}.${name}`];
  const qkv = dense(layerNorm(x, get("norm1"), get("norm1Bias")), get("qkv"), get("qkvBias"));
  const part = (i: number): JaxArray => qkv.ref.slice([], [], [i * WIDTH, (i + 1) * WIDTH]);
  const mixed = attention(part(0), part(1), part(2), HEADS);
  const attended = ops.add(x, dense(mixed, get("merge"), get("mergeBias")));
  const normed = layerNorm(attended, get("norm2"), get("norm2Bias"));
  return ops.add(attended, dense(geluTanh(dense(normed, get("up"), get("upBias"))), get("down"), get("downBias")));
}

export const gpt: Model = {
  problem,
  gathers: { input: { from: "text", by: "index" }, target: { from: "nextText", by: "index" } },
  loss: (p, { input, target }) => {
    let x = ops.add(embed(p.tokens, input), p.positions);
    for (let layer = 0; layer < LAYERS; layer++) x = block(x, p, layer);
    const logits = ops.matmul(layerNorm(x, p.norm, p.normBias), p.head);
    const rows = BATCH * TIME;
    return softmaxCrossEntropy(ops.reshape(logits, [rows, CHARACTERS]), ops.reshape(target, [rows]));
  },
};
