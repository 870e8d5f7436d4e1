import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../core/index.ts";
import type { LoopProgram } from "./device.ts";
import { lowerLoop } from "./lowerLoop.ts";
import { mlpData, mlpLoop, mlpLoss, sliceTable } from "./mlp.fixture.ts";
import { compileFunction } from "./native/compileFunction.ts";
import { compileLoop } from "./native/compileLoop.ts";
import { numericsOf } from "./native/numerics.ts";
import { loopModel } from "./onnx/loopModel.ts";
import { initEngine } from "./program.ts";

const SIZES = { inputs: 40, hidden: 16, classes: 10, batch: 32, rows: 100 };
const STEPS = 7;
const SPEC = mlpLoop(SIZES, { pixels: "uint8" });
const DATA = mlpData(SIZES, STEPS, 3, "uint8");

let program: LoopProgram;
beforeAll(async () => {
  await initEngine();
  program = await compileLoop(SPEC);
  program.bind(DATA.resident);
});
afterAll(() => program.dispose());

/** Runs the seven steps in calls of these lengths; the hash of the final state and of every step's loss. */
async function hashOf(calls: readonly number[], loop: LoopProgram = program): Promise<string> {
  const hash = createHash("sha256");
  let state: Record<string, Tensor> = DATA.state;
  let from = 0;
  for (const steps of calls) {
    const result = await loop.run({ state, table: sliceTable(DATA.table, from, steps), steps });
    state = result.state;
    hash.update(bytesOf(result.outputs.loss));
    from += steps;
  }
  for (const name of Object.keys(state).sort()) hash.update(bytesOf(state[name]));
  return hash.digest("hex");
}

const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("exactness", () => {
  test("seven steps give the same bits as 7×1, 3+4 and 1×7 calls, and again", async () => {
    const whole = await hashOf([7]);
    expect(await hashOf([1, 1, 1, 1, 1, 1, 1])).toBe(whole);
    expect(await hashOf([3, 4])).toBe(whole);
    expect(await hashOf([7])).toBe(whole);
  });

  test("another process gives the same bits from the same model", async () => {
    const { step, layout } = lowerLoop(SPEC);
    const folder = mkdtempSync(join(tmpdir(), "ontogeny-engine-"));
    try {
      writeFileSync(join(folder, "model.onnx"), loopModel(step, layout));
      const row = (t: Tensor) => ({ type: t.dtype, shape: t.shape, data: Buffer.from(bytesOf(t)).toString("base64") });
      const rows = (tensors: Record<string, Tensor>) =>
        Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, row(tensor)]));
      const { adamwDecay, adamwStepSize, adamwEpsilon, ...plain } = DATA.table;
      const columns = [adamwDecay, adamwStepSize, adamwEpsilon].map((column) => column.data);
      const packed = Float32Array.from({ length: STEPS * 3 }, (_, i) => columns[i % 3][Math.floor(i / 3)]);
      const feeds = {
        resident: rows(DATA.resident),
        state: rows(DATA.state),
        table: rows({ ...plain, "scalars:float32": { dtype: "float32", shape: [STEPS, 3], data: packed } }),
      };
      writeFileSync(join(folder, "feeds.json"), JSON.stringify(feeds));
      const child = join(dirname(fileURLToPath(import.meta.url)), "fixtures", "runModel.mjs");
      const output = execFileSync(process.execPath, [child, folder, String(STEPS)], { encoding: "utf8" });
      expect(output.trim()).toBe(await hashOf([7]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what the loop computes", () => {
  test("the gradient of the network's loss agrees with finite differences", async () => {
    const { w1, b1, w2, b2 } = DATA.state;
    const params = { w1, b1, w2, b2 };
    const batch = 8;
    const x: Tensor = {
      dtype: "float32",
      shape: [batch, 40],
      data: new Float32Array(batch * 40).map((_, i) => ((i * 37) % 11) / 11),
    };
    const labels: Tensor = {
      dtype: "int32",
      shape: [batch],
      data: Int32Array.from({ length: batch }, (_, i) => i % 10),
    };
    const weights: Tensor = { dtype: "float32", shape: [batch], data: new Float32Array(batch).map((_, i) => 1 + i) };
    const { grad } = await import("@jax-js/jax");
    const inputs = { ...params, x, labels, weights };
    const both = await compileFunction({
      name: "loss and gradient",
      inputs,
      fn: ({ x: images, labels: y, weights: w, ...p }) => {
        const loss = (own: typeof p) => mlpLoss(own as never, images, y, w);
        const refs = Object.fromEntries(Object.entries(p).map(([name, array]) => [name, array.ref]));
        const grads = grad(loss)(refs) as typeof p;
        return { loss: loss(p), ...Object.fromEntries(Object.entries(grads).map(([k, g]) => [`d.${k}`, g])) };
      },
    });
    const outputs = await both.run(inputs);
    const lossWith = async (name: keyof typeof params, index: number, shift: number): Promise<number> => {
      const data = Float32Array.from(params[name].data as Float32Array);
      data[index] += shift;
      return (await both.run({ ...inputs, [name]: { ...params[name], data } })).loss.data[0];
    };
    const h = 2e-3;
    for (const [name, index] of [
      ["w1", 5],
      ["w1", 301],
      ["b1", 3],
      ["w2", 17],
      ["w2", 100],
      ["b2", 4],
    ] as const) {
      const slope = ((await lossWith(name, index, h)) - (await lossWith(name, index, -h))) / (2 * h);
      expect(Math.abs(outputs[`d.${name}`].data[index] - slope), `${name}[${index}]`).toBeLessThan(
        2e-3 * (1 + Math.abs(slope)),
      );
    }
    await both.dispose();
  });
});

test("the numerics key names the runtime, its options and the processor", () => {
  const { runtime, cpu } = numericsOf(program);
  expect(runtime).toMatch(
    /^onnxruntime-node@1\.\d+\.\d+ cpu all sequential spinning=0 deterministic=1 denormals=kept, v8@\d+\.\d+$/,
  );
  expect(cpu).toMatch(new RegExp(`^${process.arch} .+`));
});
