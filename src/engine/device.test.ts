import { describe, expect, test } from "vitest";
import { expectAgreeingLosses, nudged } from "./agreement.suite.ts";
import { sumTolerance, testDevice } from "./device.suite.ts";
import type { Device, LoopResult, Tensors } from "./device.ts";
import { jaxDevice } from "./jax/device.ts";
import { mlpData, mlpLoop } from "./mlp.fixture.ts";
import { nativeDevice } from "./native.ts";

const wasm = jaxDevice({ backend: "wasm" });

testDevice("native", () => nativeDevice, { elementwiseUnits: 8, logError: 4e-7 });
testDevice("jax wasm", () => wasm, { elementwiseUnits: 24, logError: 1.5e-5 });
testDevice("jax cpu", () => jaxDevice({ backend: "cpu" }), { elementwiseUnits: 2, logError: 1e-7 });

describe("native and jax wasm agree", () => {
  const sizes = { inputs: 784, hidden: 32, classes: 10, batch: 64, rows: 500 };
  const train = async (device: Device, steps: number, nudge?: number): Promise<LoopResult> => {
    const program = await device.compileLoop(mlpLoop(sizes, { pixels: "uint8" }));
    const { resident, state, table } = mlpData(sizes, steps, 3, "uint8");
    program.bind(resident);
    const start: Tensors = nudge === undefined ? state : nudged(state, nudge);
    const result = await program.run({ state: start, table, steps });
    await program.dispose();
    return result;
  };

  test("after one step: the loss and every parameter, within the bound for sums of that length", async () => {
    const [native, jax] = [await train(nativeDevice, 1), await train(wasm, 1)];
    const loss = native.outputs.loss.data[0];
    expect(Math.abs(jax.outputs.loss.data[0] - loss)).toBeLessThanOrEqual(sumTolerance(784 + 32 + 64, loss) + 1.5e-5);
    for (const [name, { data }] of Object.entries(native.state)) {
      // The first moments are the gradients: sums over the batch of products of sums over the layers.
      if (!name.startsWith("m.")) continue;
      const largest = Math.max(...Array.from(data, Math.abs));
      for (let i = 0; i < data.length; i++)
        expect(Math.abs(jax.state[name].data[i] - data[i]), `${name}[${i}]`).toBeLessThanOrEqual(
          sumTolerance(784 + 32 + 64, largest),
        );
    }
  });

  test("over 60 steps: the losses, within what nudges make of them", async () => {
    const steps = 60;
    const losses = async (device: Device, nudge?: number): Promise<Float32Array> =>
      (await train(device, steps, nudge)).outputs.loss.data as Float32Array;
    const native = await losses(nativeDevice);
    const moved = [await losses(nativeDevice, 1), await losses(nativeDevice, 2), await losses(nativeDevice, 3)];
    expectAgreeingLosses(await losses(wasm), native, moved);
    // The tolerance can fail: a learning rate that is .1% higher is seen.
    const { resident, state, table } = mlpData(sizes, steps, 3, "uint8");
    const program = await wasm.compileLoop(mlpLoop(sizes, { pixels: "uint8" }));
    program.bind(resident);
    const { shape, data } = table.adamwStepSize;
    const faster = { dtype: "float32" as const, shape, data: Float32Array.from(data, (rate) => rate * 1.001) };
    const { outputs } = await program.run({ state, table: { ...table, adamwStepSize: faster }, steps });
    expect(() => expectAgreeingLosses(outputs.loss.data, native, moved)).toThrow(/loss of step/);
    await program.dispose();
  });
});
