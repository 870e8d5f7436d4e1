import { DType, grad, jit, lax } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { scoped } from "./scope.ts";

beforeAll(() => initEngine());

const lower = (fn: (args: JaxArrays) => JaxArrays) =>
  lowerFunction({ name: "model", inputs: { x: { dtype: "float32", shape: [4, 4] } }, fn });

test("a primitive without a lowering is refused by name, with the layers around it", () => {
  const readout = jit(function readout(x: JaxArrays[string]) {
    return lax.linalg.cholesky(x);
  });
  expect(() => lower(({ x }) => ({ out: readout(x) }))).toThrow(
    /Program model\/readout.*got "cholesky": it runs on jax-js's own device between graphs/s,
  );
});

test("the same holds inside a gradient", () => {
  const loss = (x: JaxArrays[string]) => ops.sum(lax.linalg.cholesky(x.ref));
  expect(() => lower(({ x }) => ({ out: grad(loss)(x) as JaxArrays[string] }))).toThrow(
    /Program model.*got "cholesky"/s,
  );
});

test("a named scope appears in messages, and changes nothing else", () => {
  const attention = scoped("attention", ({ x }) => ({ out: lax.linalg.cholesky(x.ref) }));
  const loss = (x: JaxArrays[string]) => ops.sum(attention({ x }).out);
  expect(() => lower(({ x }) => ({ out: attention({ x }).out }))).toThrow(/Program model\/attention: .*got "cholesky"/);
  expect(() => lower(({ x }) => ({ out: grad(loss)(x) as JaxArrays[string] }))).toThrow(/Program model\/attention_jvp/);
  const square = scoped("square", ({ x }) => ({ out: ops.square(x) }));
  const graph = lower(({ x }) => ({ out: grad((y: typeof x) => ops.sum(square({ x: y }).out))(x) as typeof x }));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Constant", "Mul"]);
});

test("use after free names the remedy", () => {
  expect(() => lower(({ x }) => ({ out: x.add(1).add(x) }))).toThrow(/Program model.*use `\.ref`/s);
});

test("types that the engine does not carry are refused", () => {
  expect(() => lower(({ x }) => ({ out: x.astype(DType.Float16).add(1) }))).toThrow(
    "Program model: expected float32, int32, uint32 or bool, got float16",
  );
  const bytes = { x: { dtype: "uint8" as const, shape: [2] } };
  expect(() => lowerFunction({ name: "bytes", inputs: bytes, fn: ({ x }) => ({ out: x }) })).toThrow(
    'Program bytes, input "x": expected float32, int32, uint32 or bool, got uint8',
  );
});

test("dead code is not lowered, so it cannot be refused either", () => {
  const graph = lower(({ x }) => {
    lax.linalg.cholesky(x.ref);
    return { out: ops.exp(x) };
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Exp"]);
});

test("jit calls are inlined, and nothing of them is left", () => {
  const twice = jit((x: JaxArrays[string]) => x.mul(2));
  expect(lower(({ x }) => ({ out: ops.exp(twice(x)) })).nodes.map(({ op }) => op)).toEqual(["Constant", "Mul", "Exp"]);
});
