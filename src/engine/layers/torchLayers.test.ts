/**
 * Reference: PyTorch 2.13, `python fixtures/makeLayerNumbers.py > fixtures/layerNumbers.json`, in float64.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { grad } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import { ops } from "../index.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { float, int, onEngine, onJax, type Tensors } from "../reference.suite.ts";
import { activationLayer } from "./activations.ts";
import { attentionLayer } from "./attention.ts";
import { conv2dLayer } from "./conv2d.ts";
import { convNet } from "./convNet.ts";
import { denseLayer } from "./dense.ts";
import { embeddingLayer, positionLayer } from "./embedding.ts";
import reference from "./fixtures/layerNumbers.json" with { type: "json" };
import type { Layer } from "./layer.ts";
import { fixed } from "./layer.ts";
import { layerNormLayer, rmsNormLayer } from "./norms.ts";
import { averagePool2dLayer, maxPool2dLayer } from "./pool2d.ts";
import { rotary } from "./rotary.ts";
import { transformer, transformerBlock } from "./transformer.ts";

beforeAll(() => initEngine());

/** Float32 against float64: rounding of sums over at most 100 terms of order 1, a few ulp each. */
const TOLERANCE = 1e-5;

interface Recorded {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly parameters: Readonly<Record<string, Recorded>>;
  readonly x: Recorded;
  readonly y: Recorded;
  readonly probe: Recorded;
  readonly gradients: Readonly<Record<string, Recorded>>;
}

const LAYERS: Record<keyof typeof reference.cases, Layer> = {
  dense: denseLayer({ inputs: 3, outputs: 4 }),
  denseWithoutBias: denseLayer({ inputs: 3, outputs: 2, bias: false }),
  layerNorm: layerNormLayer({ width: 5 }),
  rmsNorm: rmsNormLayer({ width: 5 }),
  geluErf: activationLayer("geluErf"),
  geluTanh: activationLayer("geluTanh"),
  silu: activationLayer("silu"),
  tanh: activationLayer("tanh"),
  sigmoid: activationLayer("sigmoid"),
  embedding: embeddingLayer({ count: 5, width: 3 }),
  positions: positionLayer({ count: 4, width: 3 }),
  rotaryHalves: fixed((x) => rotary(x)),
  rotaryInterleaved: fixed((x) => rotary(x, { pairs: "interleaved" })),
  attention: attentionLayer({ width: 6, heads: 3 }),
  attentionOverAll: attentionLayer({ width: 4, heads: 2, headWidth: 3, bias: false, causal: false }),
  attentionRotary: attentionLayer({ width: 4, heads: 2, headWidth: 4, bias: false, rotary: {} }),
  block: transformerBlock({ width: 4, heads: 2, hidden: 8 }),
  blockWithoutNorm: transformerBlock({ width: 4, heads: 2, hidden: 6, norm: "none", bias: false, activation: "relu" }),
  transformer: transformer({ tokens: 5, context: 4, blocks: 2, width: 4, heads: 2, hidden: 8, tied: true }),
  conv2d: conv2dLayer({ inputs: 2, outputs: 3, kernel: 3, stride: 2, padding: 1 }),
  maxPool2d: maxPool2dLayer(2),
  averagePool2d: averagePool2dLayer(2),
  convNet: convNet({ side: 5, channels: [1, 2, 3], kernel: 3, padding: 1, dense: [4, 2] }),
};

describe.each(Object.entries(LAYERS))("%s", (name, layer) => {
  const { parameters, x, y, probe, gradients } = reference.cases[name as keyof typeof LAYERS] as Case;
  const isReal = "x" in gradients;
  const inputs: Tensors = {
    ...Object.fromEntries(Object.entries(parameters).map(([key, { shape, data }]) => [key, float(shape, data)])),
    "in:x": isReal ? float(x.shape, x.data) : int(x.shape, x.data),
    "in:probe": float(probe.shape, probe.data),
  };
  const own = (args: JaxArrays): JaxArrays =>
    Object.fromEntries(Object.keys(layer.parameters).map((key) => [key, args[key]]));
  const forward = (args: JaxArrays): JaxArrays => ({ y: layer.apply(own(args), args["in:x"]) });
  const backward = (args: JaxArrays): JaxArrays => {
    const loss = (all: JaxArrays): JaxArray =>
      ops.sum(ops.mul(args["in:probe"], layer.apply(own(all), all["in:x"] ?? args["in:x"])));
    const at = { ...own(args), ...(isReal ? { "in:x": args["in:x"] } : {}) };
    const held = Object.fromEntries(Object.entries(at).map(([key, array]) => [key, array.ref]));
    return grad(loss)(held) as unknown as JaxArrays;
  };

  test("has the parameters of its reference", () => {
    const shapes = Object.entries(layer.parameters).map(([key, spec]) => [key, spec.shape]);
    expect(Object.fromEntries(shapes)).toEqual(
      Object.fromEntries(Object.entries(parameters).map(([key, { shape }]) => [key, shape])),
    );
  });

  test.each(Object.entries({ native: onEngine, jax: onJax }))(
    "agrees with PyTorch, forward and backward, on %s",
    async (_, run) => {
      expectClose("y", (await run(forward, inputs)).y, y);
      const got = Object.keys(gradients).length === 0 ? {} : await run(backward, inputs);
      for (const [key, expected] of Object.entries(gradients))
        expectClose(key, got[key === "x" ? "in:x" : key], expected);
    },
  );
});

function expectClose(what: string, got: { shape: readonly number[]; data: ArrayLike<number> }, expected: Recorded) {
  expect({ what, shape: got.shape }).toEqual({ what, shape: expected.shape });
  for (const [i, target] of expected.data.entries()) {
    const error = Math.abs(got.data[i] - target);
    if (!(error <= TOLERANCE * (1 + Math.abs(target))))
      expect.fail(`${what}[${i}]: expected ${target}, got ${got.data[i]}`);
  }
}
