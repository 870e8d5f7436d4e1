import { grad } from "@jax-js/jax";
import { expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { sumTolerance } from "../device.suite.ts";
import type { Device, FunctionSpec, Tensors } from "../device.ts";
import { jaxDevice } from "../jax/device.ts";
import { nativeDevice } from "../native.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { convNet } from "./convNet.ts";
import type { Layer } from "./layer.ts";
import { initialParameters } from "./layer.ts";
import { transformer } from "./transformer.ts";

const tokens: Tensor = { dtype: "int32", shape: [3, 5], data: Int32Array.from({ length: 15 }, (_, i) => (i * 5) % 7) };
const images: Tensor = {
  dtype: "float32",
  shape: [2, 1, 8, 8],
  data: Float32Array.from({ length: 128 }, (_, i) => ((i * 37) % 64) / 64),
};

const wasm = jaxDevice({ backend: "wasm" });

const MODELS: readonly {
  readonly name: string;
  readonly layer: Layer;
  readonly x: Tensor;
  readonly longestSum: number;
}[] = [
  {
    name: "a transformer with causal attention and rotary positions",
    layer: transformer({
      tokens: 7,
      context: 5,
      blocks: 1,
      width: 8,
      heads: 2,
      hidden: 16,
      positions: "rotary",
      causal: true,
    }),
    x: tokens,
    longestSum: 16 + 15,
  },
  {
    name: "a conv net with max pooling",
    layer: convNet({ side: 8, channels: [1, 3, 4], kernel: 3, padding: 1, dense: [6, 4] }),
    x: images,
    longestSum: 16 + 2 * 64,
  },
];

/** Logits, and the gradient of their mean square by every parameter. */
function specOf({ name, layer, x }: (typeof MODELS)[number], parameters: Tensors): FunctionSpec {
  return {
    name,
    inputs: { x, ...parameters },
    fn: ({ x: input, ...own }) => {
      const loss = (p: JaxArrays) => ops.mean(ops.square(layer.apply(p, input)));
      const refs = Object.fromEntries(Object.entries(own).map(([key, array]) => [key, array.ref]));
      return { logits: layer.apply(own, input), ...(grad(loss)(refs) as JaxArrays) };
    },
  };
}

async function run(device: Device, spec: FunctionSpec, inputs: Tensors): Promise<Tensors> {
  const program = await device.compileFunction(spec);
  const outputs = await program.run(inputs);
  await program.dispose();
  return outputs;
}

test.each(MODELS)("devices agree on the logits and gradients of $name", async (model) => {
  const parameters = initialParameters(model.layer.parameters, 1, "devices");
  const spec = specOf(model, parameters);
  const inputs = { ...parameters, x: model.x };
  const reference = await run(jaxDevice({ backend: "cpu" }), spec, inputs);
  for (const device of [nativeDevice, wasm]) {
    const outputs = await run(device, spec, inputs);
    expect(Object.keys(outputs)).toEqual(Object.keys(reference));
    for (const [name, { data }] of Object.entries(reference)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      // Errors of the sums of each layer add up; eight layers deep at most.
      const allowed = 8 * sumTolerance(model.longestSum, largest) + 1e-7;
      for (let i = 0; i < data.length; i++)
        expect(Math.abs(outputs[name].data[i] - data[i]), `${device.kind} ${name}[${i}]`).toBeLessThanOrEqual(allowed);
    }
  }
});
