import type { Array as JaxArray } from "@jax-js/jax";
import { DType, numpy as np } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import { onesInit } from "../initialisers/initialiser.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { attentionLayer } from "./attention.ts";
import { conv2dLayer } from "./conv2d.ts";
import { convNet } from "./convNet.ts";
import { denseLayer } from "./dense.ts";
import { embeddingLayer, positionLayer } from "./embedding.ts";
import { compose, initialParameters, type Layer, modelPlace, sequence, tensorSpecs } from "./layer.ts";
import { mlp } from "./mlp.ts";
import { layerNormLayer } from "./norms.ts";
import { maxPool2dLayer } from "./pool2d.ts";
import { rotary } from "./rotary.ts";
import { transformer } from "./transformer.ts";

beforeAll(() => initEngine());

/** The layer's own initial parameters as arrays. */
function drawn({ parameters }: Layer): Record<string, JaxArray> {
  const values = initialParameters(parameters, 3, "init");
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [
      name,
      np.array(data as Float32Array<ArrayBuffer>).reshape([...shape]),
    ]),
  );
}

const tokens = (...shape: number[]): JaxArray => np.zeros(shape, { dtype: DType.Int32 });
const SMALL = { tokens: 7, context: 4, blocks: 2, width: 4, heads: 2, hidden: 8 };

test("a model's parameters are one flat record with dotted names", () => {
  const names = Object.keys(mlp({ widths: [3, 4, 2] }).parameters);
  expect(names).toEqual(["dense0.weight", "dense0.bias", "dense1.weight", "dense1.bias"]);
  expect(tensorSpecs(mlp({ widths: [3, 4], bias: false }).parameters)).toEqual({
    "dense0.weight": { dtype: "float32", shape: [3, 4] },
  });
  expect(Object.keys(transformer({ ...SMALL, hidden: 0, norm: "none", positions: "rotary" }).parameters)).toEqual([
    "embedding.weight",
    ...["query", "key", "value", "output"].flatMap((part) => [
      `block0.attention.${part}.weight`,
      `block0.attention.${part}.bias`,
    ]),
    ...["query", "key", "value", "output"].flatMap((part) => [
      `block1.attention.${part}.weight`,
      `block1.attention.${part}.bias`,
    ]),
    "unembedding.weight",
  ]);
});

test("a parameter's initial values depend on the key and its name alone", () => {
  const [small, large] = [mlp({ widths: [3, 4, 2] }), mlp({ widths: [3, 4, 2, 5] })];
  const first = initialParameters(small.parameters, 1, "init");
  const again = initialParameters(large.parameters, 1, "init");
  expect(again["dense1.weight"]).toEqual(first["dense1.weight"]);
  expect(first["dense0.weight"].data).not.toEqual(initialParameters(small.parameters, 2, "init")["dense0.weight"].data);
});

test("a tap sees every inner layer's output by name, and what it returns goes on", () => {
  const model = transformer(SMALL);
  const sites: string[] = [];
  const seen = modelPlace((site, value) => {
    sites.push(site);
    return value;
  });
  model.apply(drawn(model), tokens(2, 4), seen);
  for (const part of ["query", "key", "value", "pattern", "heads", "output"])
    expect(sites).toContain(`block1.attention.${part}`);
  expect(sites).toContain("block0.mlp.activation0");
  expect(sites).toContain("unembedding");
  const silenced = modelPlace((site, value) => (site === "unembedding" ? ops.mul(value, 0) : value));
  const logits = model.apply(drawn(model), tokens(2, 4), silenced);
  expect(ops.max(ops.abs(logits)).item()).toBe(0);
});

test("an attention pattern is causal: rows sum to 1 and nothing lies above the diagonal", () => {
  const layer = attentionLayer({ width: 4, heads: 2 });
  let pattern: JaxArray | undefined;
  const place = modelPlace((site, value) => {
    if (site === "pattern") pattern = value.ref;
    return value;
  });
  const x = np.array([3, -2, 1e4, 0.5, 0, 7, -1e4, 2, 1, 1, 1, 1]).reshape([1, 3, 4]);
  layer.apply(drawn(layer), x, place);
  const rows = pattern!.js() as number[][][][];
  for (const row of rows[0].flatMap((head) => head.map((weights, at) => ({ weights, at })))) {
    expect(row.weights.reduce((total, weight) => total + weight, 0)).toBeCloseTo(1, 6);
    expect(row.weights.slice(row.at + 1).every((weight) => weight === 0)).toBe(true);
  }
});

test("layers in a record run in its order", () => {
  const twice: Layer = { parameters: {}, apply: (_, x) => ops.mul(x, 2) };
  const plusOne: Layer = { parameters: {}, apply: (_, x) => ops.add(x, 1) };
  expect(
    sequence({ twice, plusOne })
      .apply({}, np.array([3]))
      .js(),
  ).toEqual([7]);
  expect(
    sequence({ plusOne, twice })
      .apply({}, np.array([3]))
      .js(),
  ).toEqual([8]);
});

test("a shape that does not fit names the layer, what was expected and what came", () => {
  const block = transformer(SMALL);
  const { "block0.mlp.dense1.weight": _, ...rest } = drawn(block);
  const wrong = { ...rest, "block0.mlp.dense1.weight": np.zeros([8, 5]) };
  expect(() => block.apply(wrong, tokens(2, 4))).toThrow("Layer block0.mlp.dense1, bias: expected shape [5], got [4]");
  expect(() => block.apply(rest, tokens(2, 4))).toThrow(
    'Layer block0.mlp.dense1: expected a parameter "weight", got {bias}',
  );
  expect(() => block.apply(drawn(block), tokens(2, 5))).toThrow(
    "Layer positions, inputs: expected shape [..., at most 4 positions, 4], got [2, 5, 4]",
  );
  const { apply } = denseLayer({ inputs: 3, outputs: 2 });
  expect(() => apply({}, np.zeros([2, 4]))).toThrow("Layer dense, inputs: expected shape [..., 3], got [2, 4]");
});

test("each layer names itself when its input does not fit", () => {
  const attention = attentionLayer({ width: 4, heads: 2 });
  expect(() => attention.apply(drawn(attention), np.zeros([3, 4]))).toThrow(
    "Layer attention, inputs: expected shape [batch, sequence, 4], got [3, 4]",
  );
  const norm = layerNormLayer({ width: 4 });
  expect(() => norm.apply(drawn(norm), np.zeros([4, 3]))).toThrow("Layer layerNorm, inputs: expected shape [..., 4]");
  const conv = conv2dLayer({ inputs: 1, outputs: 2, kernel: 3 });
  expect(() => conv.apply(drawn(conv), np.zeros([1, 2, 5, 5]))).toThrow(
    "Layer conv2d, inputs: expected shape [batch, 1, height, width], got [1, 2, 5, 5]",
  );
  expect(() => conv.apply(drawn(conv), np.zeros([1, 1, 2, 5]))).toThrow("at least 3 pixels a side");
  expect(() => maxPool2dLayer(3).apply({}, np.zeros([1, 2, 5]))).toThrow("Layer maxPool2d, inputs: expected shape");
  expect(() => rotary(np.zeros([2, 3]))).toThrow("Layer rotary, inputs: expected shape [..., sequence, an even width]");
  const net = convNet({ side: 8, channels: [1, 2], kernel: 3, dense: [3] });
  expect(() => net.apply(drawn(net), np.zeros([2, 1, 8, 7]))).toThrow(
    "Layer convNet, images: expected shape [batch, 1, 8, 8], got [2, 1, 8, 7]",
  );
  const positions = positionLayer({ count: 4, width: 3 });
  expect(() => positions.apply(drawn(positions), np.zeros([3]))).toThrow("Layer positions, inputs: expected shape");
});

test("tokens that are not integers are refused by type", () => {
  const layer = compose({ words: embeddingLayer({ count: 5, width: 3 }) }, (call, x) => call.words(x));
  expect(() => layer.apply(drawn(layer), np.zeros([2]))).toThrow("Layer words, tokens: expected int32, got float32");
});

test("impossible sizes are refused when the layer is made", () => {
  expect(() => attentionLayer({ width: 4, heads: 3 })).toThrow("expected a divisor of the width 4, got 3");
  expect(() => mlp({ widths: [3] })).toThrow("mlp, widths: expected at least two widths");
});

test("the last part of an incomplete pooling window is dropped", () => {
  const x = np.array([1, 2, 9, 3, 4, 9]).reshape([2, 3]);
  expect(maxPool2dLayer(2).apply({}, x).js()).toEqual([[4]]);
});

test("norm weights start at 1, biases at 0", () => {
  const { weight, bias } = initialParameters(layerNormLayer({ width: 3 }).parameters, 1);
  expect([...weight.data, ...bias.data]).toEqual([1, 1, 1, 0, 0, 0]);
  expect(layerNormLayer({ width: 3 }).parameters.weight.init).toBe(onesInit);
});
