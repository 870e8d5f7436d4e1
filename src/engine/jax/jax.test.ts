import { readFileSync } from "node:fs";
import { numpy as np } from "@jax-js/jax";
import { expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { mlpData, mlpLoop } from "../mlp.fixture.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { scoped } from "../trace/scope.ts";
import { JAX_JS_VERSION } from "./backend.ts";
import { jaxDevice } from "./device.ts";
import { countSlots } from "./slots.suite.ts";
import { takeRows } from "./takeRows.ts";

const SIZES = { inputs: 12, hidden: 8, classes: 5, batch: 8, rows: 30 };
const wasm = jaxDevice({ backend: "wasm" });

test("a thousand steps leave no memory behind and compile no kernel after the first step", async () => {
  await initEngine();
  const slots = await countSlots("wasm");
  const program = await wasm.compileLoop(mlpLoop(SIZES, { pixels: "uint8" }));
  expect(slots.alive()).toBe(0);
  const { resident, state, table } = mlpData(SIZES, 1000, 3, "uint8");
  program.bind(resident);
  const one = Object.fromEntries(
    Object.entries(table).map(([name, { dtype, shape, data }]): [string, Tensor] => [
      name,
      { dtype, shape: [1, ...shape.slice(1)], data: data.slice(0, data.length / 1000) },
    ]),
  );
  await program.run({ state, table: one, steps: 1 });
  // The constants of the traced step.
  const bound = slots.alive();
  const { Module } = WebAssembly;
  let compiled = 0;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      compiled++;
    }
  } as typeof Module;
  const before = slots.made();
  try {
    await program.run({ state, table, steps: 1000 });
  } finally {
    WebAssembly.Module = Module;
  }
  expect(slots.made() - before).toBeGreaterThan(1000);
  expect({ alive: slots.alive(), compiled }).toEqual({ alive: bound, compiled: 0 });
  await program.dispose();
  expect(slots.alive()).toBe(0);
});

test("functions, refused runs and new bindings leave no memory behind", async () => {
  const slots = await countSlots("wasm");
  const table: Tensor = { dtype: "float32", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const rows: Tensor = { dtype: "int32", shape: [2], data: Int32Array.of(0, 2) };
  const x: Tensor = { dtype: "float32", shape: [2], data: Float32Array.of(1, 1) };
  const program = await wasm.compileFunction({
    name: "lookup",
    inputs: { rows, x, unused: x },
    resident: { table },
    gathers: { entry: { from: "table", by: "rows" }, ignored: { from: "table", by: "rows" } },
    fn: ({ entry, x: own, table: all }) => ({ y: ops.add(entry, own), own, total: ops.sum(all) }),
  });
  for (let i = 0; i < 20; i++) {
    program.bind({ table: { ...table, data: table.data.slice() } });
    await program.run({ rows, x });
    await expect(program.run({ rows, x: rows })).rejects.toThrow('input "x"');
    await expect(program.run({ rows: { ...rows, data: Int32Array.of(0, 3) }, x })).rejects.toThrow('"rows"');
  }
  expect(slots.alive()).toBe(1);
  await program.dispose();
  expect(slots.alive()).toBe(0);
});

test("a refused loop run leaves no memory behind", async () => {
  const slots = await countSlots("wasm");
  const program = await wasm.compileLoop(mlpLoop(SIZES, { pixels: "uint8" }));
  const { resident, state, table } = mlpData(SIZES, 3, 3, "uint8");
  program.bind(resident);
  const bound = slots.alive();
  await expect(program.run({ state: { ...state, "v.b2": state.w1 }, table, steps: 3 })).rejects.toThrow('"v.b2"');
  await expect(program.run({ state, table: {}, steps: 3 })).rejects.toThrow("table");
  expect(slots.alive()).toBe(bound);
  await program.dispose();
});

test("the event loop turns while a loop runs", async () => {
  const program = await wasm.compileLoop(
    mlpLoop({ ...SIZES, inputs: 784, hidden: 64, batch: 64 }, { pixels: "uint8" }),
  );
  const { resident, state, table } = mlpData({ ...SIZES, inputs: 784, hidden: 64, batch: 64 }, 40, 3, "uint8");
  program.bind(resident);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await program.run({ state, table, steps: 40 });
  clearInterval(timer);
  await program.dispose();
  expect(turns).toBeGreaterThan(5);
});

test("positions in tables, residents and what is gathered from them are checked, also through reshapes and layers", async () => {
  const tokens = (...data: number[]): Tensor => ({ dtype: "int32", shape: [data.length], data: Int32Array.from(data) });
  const table: Tensor = { dtype: "float32", shape: [5, 2], data: new Float32Array(10) };
  const program = await wasm.compileLoop({
    name: "embedding",
    resident: { table, text: { dtype: "int32", shape: [4] }, fixed: { dtype: "int32", shape: [2] } },
    state: {},
    perStep: { row: { dtype: "int32", shape: [2] }, token: { dtype: "int32", shape: [2] } },
    gathers: { taken: { from: "text", by: "row" } },
    step: ({ table: all, taken, token, fixed }) => {
      const look = scoped("look", ({ x, at }) => ({ out: ops.sum(np.take(x.ref, ops.reshape(at, [2, 1]), 0)) }));
      const out = [taken, token, fixed].map((at) => look({ x: all, at }).out);
      return { state: {}, outputs: { sum: ops.add(ops.add(out[0], out[1]), out[2]) } };
    },
  });
  const bind = (change: object) => program.bind({ table, text: tokens(0, 1, 2, 4), fixed: tokens(0, 4), ...change });
  expect(() => bind({ text: tokens(0, 1, 2, 5) })).toThrow(
    'Program embedding, resident "text": expected positions 0…4 along the axis that it indexes, got 5 at element 3',
  );
  expect(() => bind({ fixed: tokens(-1, 0) })).toThrow('resident "fixed": expected positions 0…4');
  bind({});
  const run = (token: Tensor) =>
    program.run({
      state: {},
      steps: 1,
      table: { row: { ...tokens(0, 3), shape: [1, 2] }, token: { ...token, shape: [1, 2] } },
    });
  await expect(run(tokens(2, 5))).rejects.toThrow('Program embedding, table "token": expected positions 0…4');
  expect((await run(tokens(2, 4))).outputs.sum.shape).toEqual([1]);
  await program.dispose();
});

test("the version in the numerics key is the version that is installed", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(dependencies["@jax-js/jax"]).toBe(JAX_JS_VERSION);
});

test("numerics keys tell backends, and how WebAssembly multiplies and adds", () => {
  const program = { graphHash: "0".repeat(64) };
  const one = wasm.numericsOf(program);
  expect(one.runtime).toBe(`@jax-js/jax@${JAX_JS_VERSION} wasm`);
  expect(one.cpu).toMatch(/^wasm32 simd128, multiply-add (fused|unfused)$/);
  expect(jaxDevice({ backend: "cpu" }).numericsOf(program).runtime).toBe(`@jax-js/jax@${JAX_JS_VERSION} cpu`);
});

test("a backend that the machine lacks is refused at compilation", async () => {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: unknown };
  expect(gpu, "Node has no WebGPU").toBeUndefined();
  const spec = { name: "f", inputs: { x: { dtype: "float32" as const, shape: [2] } }, fn: ops.neg as never };
  await expect(jaxDevice({ backend: "webgpu" }).compileFunction(spec)).rejects.toThrow(
    'Device jax: expected a machine with webgpu, got one without; use the backend "wasm"',
  );
});

test("rows from the host: conversion truncates, scales in float32, keeps any rank", () => {
  const source: Tensor = { dtype: "float32", shape: [2, 1, 2], data: Float32Array.of(1.75, -1.75, 3, 4) };
  const rows = Int32Array.of(1, 0, 0, 1);
  const target = { dtype: "int32", shape: [2, 2, 1, 2] } as const;
  expect(takeRows({ from: "a", by: "b" }, source, rows, target)).toEqual({
    ...target,
    data: Int32Array.of(3, 4, 1, -1, 1, -1, 3, 4),
  });
  const scaled = takeRows({ from: "a", by: "b", scale: 0.1 }, source, Int32Array.of(1), {
    dtype: "float32",
    shape: [1, 1, 2],
  });
  expect([...scaled.data]).toEqual([Math.fround(3 * Math.fround(0.1)), Math.fround(4 * Math.fround(0.1))]);
});
