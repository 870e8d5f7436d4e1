import type { Array as JaxArray } from "@jax-js/jax";
import { DType, grad, numpy as np, vmap } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import { lowerFunction } from "../../lowerFunction.ts";
import * as ops from "../../ops.ts";
import type { JaxArrays } from "../../program.ts";
import { initEngine } from "../../program.ts";
import { bool, expectAgreement, float, int, normal, onEngine } from "../../reference.suite.ts";

beforeAll(() => initEngine());

const operators = (shape: number[], fn: (args: JaxArrays) => JaxArrays): string[] =>
  lowerFunction({ name: "pattern", inputs: { x: { dtype: "float32", shape } }, fn }).nodes.map(({ op }) => op);

const slopeOf =
  (fn: (x: JaxArray) => JaxArray) =>
  (x: JaxArray): JaxArray =>
    grad((a: JaxArray) => ops.sum(ops.sin(fn(a))))(x.ref) as JaxArray;

describe("cumulative sums", () => {
  const along = (axis: number) => (x: JaxArray) => np.cumsum(x.ref, axis);

  test.each([
    ["the last axis", [3, 7], 1],
    ["the first axis", [6, 2, 3], 0],
    ["an axis between", [2, 5, 3], 1],
    ["an axis of one element", [4, 1], 1],
    ["an axis longer than jax-js's blocks", [2, 530], 1],
  ])("along %s agree with jax-js, with their gradients", async (name, shape, axis) => {
    const fn = along(axis);
    // Sums of up to 530 numbers of size 1 are of size 30, off by as many roundings of 2e-6; the gradient sums their cosines.
    const tolerance = shape[axis] > 100 ? 2e-3 : 2e-5;
    await expectAgreement(({ x }) => ({ out: fn(x), dx: slopeOf(fn)(x) }), { x: normal(name, shape) }, tolerance);
  });

  test("mapped over other axes they are the same", async () => {
    const fn = along(0);
    await expectAgreement(
      ({ x }) => ({ rows: vmap(fn)(x.ref), columns: vmap(fn, [1])(x.ref), slopes: vmap(slopeOf(fn), [1])(x.ref) }),
      { x: normal("mapped", [3, 4, 5]) },
      1e-5,
    );
  });

  test("of integers and booleans", async () => {
    const inputs = { i: int([5], [3, -1, 2_000_000_000, 2_000_000_000, 7]), b: bool([4], [1, 0, 1, 1]) };
    await expectAgreement(
      ({ i, b }) => ({
        wraps: np.cumsum(i.ref),
        unsigned: np.cumsum(i.ref.astype(DType.Uint32)),
        counted: np.cumsum(b.ref.astype(DType.Int32)),
      }),
      inputs,
    );
  });

  test("are one operator, forward and in the gradient; nothing of size n² is left", () => {
    expect(operators([3, 7], ({ x }) => ({ out: np.cumsum(x, 1) }))).toEqual(["CumSum"]);
    const slope = operators([3, 7], ({ x }) => ({ dx: slopeOf(along(1))(x) }));
    expect(slope.filter((op) => op === "CumSum")).toHaveLength(2);
    expect(slope).not.toContain("Where");
  });

  test("a NaN reaches the sums after it and none before", async () => {
    const { out } = await onEngine(({ x }) => ({ out: np.cumsum(x) }), { x: float([4], [1, 2, Number.NaN, 4]) });
    expect([...out.data]).toEqual([1, 3, Number.NaN, Number.NaN]);
  });

  test("a choice by another matrix is not one", async () => {
    const matrix = np.array([
      [true, false],
      [true, false],
    ]);
    const fn = ({ x }: JaxArrays): JaxArrays => ({
      out: np.sum(np.where(matrix.ref, np.broadcastTo(x.ref.reshape([1, 2]), [2, 2]), 0), 1),
    });
    expect(operators([2], fn)).not.toContain("CumSum");
    await expectAgreement(fn, { x: float([2], [3, 5]) });
  });

  test("cumulative products are left as jax-js writes them, and agree", async () => {
    await expectAgreement(({ x }) => ({ out: np.cumprod(x.ref, 1) }), { x: normal("products", [2, 6]) });
  });
});

describe("pooling by reshape", () => {
  const pooled =
    (reduce: (x: JaxArray, axis: number[]) => JaxArray, height: number, width: number) =>
    (x: JaxArray): JaxArray => {
      const [rows, columns] = x.shape.slice(-2);
      return reduce(ops.reshape(x, [...x.shape.slice(0, -2), rows / height, height, columns / width, width]), [-3, -1]);
    };

  test.each([
    ["max", ops.max, 2, 2],
    ["max", ops.max, 3, 2],
    ["mean", ops.mean, 2, 2],
  ] as const)("%s agrees with jax-js, with its gradient", async (name, reduce, height, width) => {
    const fn = pooled(reduce as (x: JaxArray, axis: number[]) => JaxArray, height, width);
    const inputs = { x: normal(name, [2, 3, 2 * height, 3 * width]) };
    await expectAgreement(({ x }) => ({ out: fn(x), dx: slopeOf(fn)(x) }), inputs);
  });

  test("mapped over examples it is the same", async () => {
    const fn = pooled(ops.max as (x: JaxArray, axis: number[]) => JaxArray, 2, 2);
    const inputs = { x: normal("mapped", [3, 2, 4, 4]) };
    await expectAgreement(({ x }) => ({ out: vmap(fn)(x.ref), dx: vmap(slopeOf(fn))(x.ref) }), inputs);
  });

  test("lays windows out once, and the gradient back once", () => {
    const fn = pooled(ops.max as (x: JaxArray, axis: number[]) => JaxArray, 2, 2);
    const moves = operators([2, 3, 4, 6], ({ x }) => ({ dx: slopeOf(fn)(x) })).filter((op) =>
      /Transpose|Depth|Repeat|Expand|Gather/.test(op),
    );
    expect(moves).toEqual(["SpaceToDepth", "DepthToSpace"]);
  });

  test("a reshape into patches that are not reduced stays a view", () => {
    const patches = ({ x }: JaxArrays): JaxArrays => ({ out: ops.exp(ops.reshape(x, [2, 3, 2, 2, 3, 2])) });
    expect(operators([2, 3, 4, 6], patches)).not.toContain("SpaceToDepth");
  });
});
