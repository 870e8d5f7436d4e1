import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../core/index.ts";
import { NumericsSchema } from "../core/index.ts";
import type { LoopProgram } from "./device.ts";
import { lowerLoop } from "./lowerLoop.ts";
import { mlpData, mlpLoop, mlpLoss, sliceTable } from "./mlp.fixture.ts";
import { compileFunction } from "./native/compileFunction.ts";
import { compileLoop } from "./native/compileLoop.ts";
import { numericsOf } from "./native/numerics.ts";
import { loopModel } from "./onnx/loopModel.ts";
import * as ops from "./ops.ts";
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

  test("any split at all gives the same bits", async () => {
    const whole = await hashOf([7]);
    const splits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(splits, async (parts) => {
        const used = parts.reduce((total, part) => total + part, 0);
        const calls = used < STEPS ? [...parts, STEPS - used] : [2, 2, 3];
        expect(await hashOf(calls)).toBe(whole);
      }),
      { seed: 11, numRuns: 6 },
    );
  });

  test("a program compiled again has the same graph hash and gives the same bits", async () => {
    const again = await compileLoop(SPEC);
    again.bind(DATA.resident);
    expect(again.graphHash).toBe(program.graphHash);
    expect(await hashOf([7], again)).toBe(await hashOf([7]));
    await again.dispose();
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

  test("the state given is left as it was", async () => {
    const before = DATA.state.w1.data.slice();
    await hashOf([7]);
    expect(DATA.state.w1.data).toEqual(before);
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

  test("training lowers the loss of a batch that is repeated", async () => {
    const steps = 250;
    const data = mlpData(SIZES, steps, 3, "uint8");
    for (const name of ["index", "patch"] as const) {
      const column = data.table[name].data;
      for (let i = 0; i < column.length; i++) column[i] = column[i % SIZES.batch];
    }
    const { outputs } = await program.run({ state: data.state, table: data.table, steps });
    expect(outputs.loss.shape).toEqual([steps]);
    expect(outputs.loss.data[steps - 1]).toBeLessThan(outputs.loss.data[0] / 2);
  });
});

describe("refusals", () => {
  test("run before bind", async () => {
    const unbound = await compileLoop(SPEC);
    await expect(unbound.run({ state: DATA.state, table: DATA.table, steps: STEPS })).rejects.toThrow(
      "Program mlp: expected bind() before run()",
    );
    await unbound.dispose();
  });

  test("a state tensor of another shape, a missing table, too few rows, no steps", async () => {
    const run = (change: object) => program.run({ state: DATA.state, table: DATA.table, steps: STEPS, ...change });
    const b1: Tensor = { dtype: "float32", shape: [3], data: new Float32Array(3) };
    await expect(run({ state: { ...DATA.state, b1 } })).rejects.toThrow(
      'Program mlp, state "b1": expected float32 of shape [16], got float32 of shape [3]',
    );
    await expect(run({ table: {} })).rejects.toThrow('Program mlp, table "index": expected a int32 tensor');
    await expect(run({ steps: 8 })).rejects.toThrow(
      'table "index": expected int32 of shape [8, 32], got int32 of shape [7, 32]',
    );
    await expect(run({ steps: 0 })).rejects.toThrow("expected steps to be a positive integer, got 0");
  });

  test("a step that forgets part of the state, or changes its shape", () => {
    const spec = {
      name: "broken",
      resident: {},
      state: { w: { dtype: "float32" as const, shape: [2, 2] }, v: { dtype: "float32" as const, shape: [2] } },
      perStep: {},
      gathers: {},
    };
    expect(() => lowerLoop({ ...spec, step: ({ w }) => ({ state: { w }, outputs: {} }) })).toThrow(
      "Program broken: expected the step to return the state {v, w}, got {w}",
    );
    expect(() => lowerLoop({ ...spec, step: ({ w, v }) => ({ state: { w: ops.sum(w, 0), v }, outputs: {} }) })).toThrow(
      'Program broken, state "w": expected float32 of shape [2, 2] from the step, got float32 of shape [2]',
    );
  });

  test("a gather from nowhere, by nothing, or a name given twice", () => {
    const gather = (change: object) => () =>
      lowerLoop({ ...SPEC, gathers: { image: { from: "pixels", by: "index", ...change } } });
    expect(gather({ from: "nothing" })).toThrow('gather "image": expected "from" to name a resident tensor');
    expect(gather({ by: "weight" })).toThrow('gather "image": expected "by" to name an int32 tensor');
    expect(() => lowerLoop({ ...SPEC, state: { ...SPEC.state, index: SPEC.state.b1 } })).toThrow(
      'Program mlp: expected distinct input names, got "index" twice',
    );
  });
});

test("the numerics key names engine, graph, runtime, threads and processor, in any order of programs", () => {
  const one = numericsOf(program);
  expect(NumericsSchema.parse(one)).toEqual(one);
  expect(one.graph).toBe(program.graphHash);
  expect(one.runtime).toMatch(/^onnxruntime-node@1\.\d+\.\d+ cpu all /);
  const other = { graphHash: "0".repeat(64) };
  expect(numericsOf(program, other)).toEqual(numericsOf(other, program));
  expect(numericsOf(program, other).graph).not.toBe(one.graph);
});
