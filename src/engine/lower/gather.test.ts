import type { Array as JaxArray } from "@jax-js/jax";
import { grad, numpy as np, vmap } from "@jax-js/jax";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, int, normal, onEngine } from "../reference.suite.ts";

beforeAll(() => initEngine());

const indices = (name: string, shape: readonly number[], below: number): Tensor => {
  const rng = Rng.of(name, String(shape));
  return int(
    shape,
    Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () => Math.floor(rng.uniform() * below)),
  );
};

/** Value and gradient of a weighted sum of what `pick` reads. */
const withGradient =
  (pick: (x: JaxArray, i: JaxArray, j: JaxArray) => JaxArray) =>
  ({ x, i, j }: Record<string, JaxArray>) => {
    const loss = (a: JaxArray): JaxArray => ops.sum(ops.sin(pick(a, i, j)));
    return { out: pick(x, i, j), dx: grad(loss)(x.ref) as JaxArray };
  };

const PICKS: Record<string, (x: JaxArray, i: JaxArray, j: JaxArray) => JaxArray> = {
  "rows, with repeats": (x, i) => np.take(x.ref, i.ref, 0),
  columns: (x, i) => np.take(x.ref, i.ref, 1),
  "of the flattened array": (x, i) => np.take(x.ref, i.ref),
  "two axes at once": (x, i, j) => x.ref.slice(i.ref, j.ref),
  "two axes that are not neighbours": (x, i, j) => x.ref.slice(i.ref, [], j.ref),
  "two axes behind a slice": (x, i, j) => x.ref.slice([], i.ref, j.ref),
  "all axes, indices broadcast": (x, i, j) =>
    x.ref.slice(i.ref.reshape([2, 3, 1]), j.ref.reshape([1, 3, 2]), i.ref.reshape([6]).slice(1)),
  "along an axis, one index a row": (x, i) => np.takeAlongAxis(x.ref, i.ref.reshape([3, 2, 1]), 1),
};

describe("reads at indices and their gradients agree with jax-js", () => {
  test.each(Object.entries(PICKS))("%s", async (name, pick) => {
    const inputs = { x: normal(name, [3, 3, 4]), i: indices(name, [2, 3], 3), j: indices(`${name}j`, [2, 3], 3) };
    await expectAgreement(withGradient(pick), inputs);
  });

  test("at random shapes and axes", async () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(3), shapes, async (shape, axis, indexShape) => {
        const at = axis % shape.length;
        const inputs = {
          x: normal("random", shape),
          i: indices("random", indexShape, shape[at]),
          j: indices("unused", [1], 1),
        };
        await expectAgreement(
          withGradient((x, i) => np.take(x.ref, i.ref, at)),
          inputs,
        );
      }),
      { seed: 20260604, numRuns: 6 },
    );
  });

  test("mapped over the array, over the indices, and over both", async () => {
    const inputs = { x: normal("mapped", [3, 4, 2]), i: indices("mapped", [3, 5], 4), j: indices("mapped", [5], 4) };
    const rows = (x: JaxArray, i: JaxArray): JaxArray => ops.sin(np.take(x, i, 0));
    const slope = (x: JaxArray, i: JaxArray): JaxArray =>
      grad((a: JaxArray) => ops.sum(ops.sin(np.take(a, i.ref, 0))))(x) as JaxArray;
    const mapped = (fn: (x: JaxArray, i: JaxArray) => JaxArray, axes: (number | null)[]) => vmap(fn, axes as number[]);
    await expectAgreement(
      ({ x, i, j }) => ({
        array: mapped(rows, [0, null])(x.ref, j.ref),
        index: mapped(rows, [null, 0])(x.ref.slice(0), i.ref),
        both: mapped(rows, [0, 0])(x.ref, i.ref),
        arraySlope: mapped(slope, [0, null])(x.ref, j.ref),
        indexSlope: mapped(slope, [null, 0])(x.ref.slice(0), i.ref),
        bothSlope: mapped(slope, [0, 0])(x, i),
      }),
      inputs,
    );
  });
});

test("negative indices count from the end, in the gradient as well", async () => {
  const inputs = { x: float([3], [1, 2, 3]), i: int([2], [-1, -1]) };
  const { out, dx } = await onEngine(
    ({ x, i }) => ({
      out: np.take(x.ref, i.ref, 0),
      dx: grad((a: JaxArray) => ops.sum(ops.square(np.take(a, i.ref, 0))))(x.ref) as JaxArray,
    }),
    inputs,
  );
  expect([...out.data]).toEqual([3, 3]);
  expect([...dx.data]).toEqual([0, 0, 12]);
});

test("an index out of range stops the run, in a gradient that needs no values as well", async () => {
  const inputs = { x: float([3], [1, 2, 3]), i: int([1], [3]) };
  await expect(onEngine(({ x, i }) => ({ out: np.take(x, i, 0) }), inputs)).rejects.toThrow(/out of/);
  const slope = ({ x, i }: Record<string, JaxArray>) => ({
    dx: grad((a: JaxArray) => ops.sum(np.take(a, i.ref, 0)))(x) as JaxArray,
  });
  await expect(onEngine(slope, inputs)).rejects.toThrow(/indic/);
});

test("a NaN in one row's gradient stays in that row", async () => {
  const inputs = { x: float([3, 1], [1, Number.NaN, 2]), i: int([3], [0, 1, 0]) };
  const { dx } = await onEngine(
    ({ x, i }) => ({ dx: grad((a: JaxArray) => ops.sum(ops.square(np.take(a, i.ref, 0))))(x) as JaxArray }),
    inputs,
  );
  expect([...dx.data]).toEqual([4, Number.NaN, 0]);
});

test("an embedding's gradient is one scatter into zeros", () => {
  const graph = lowerFunction({
    name: "embedding",
    inputs: { x: { dtype: "float32", shape: [5, 2] }, i: { dtype: "int32", shape: [7] } },
    fn: ({ x, i }) => ({ dx: grad((a: JaxArray) => ops.sum(ops.square(np.take(a, i.ref, 0))))(x) as JaxArray }),
  });
  expect(graph.nodes.map(({ op }) => op).filter((op) => op.endsWith("ND"))).toEqual(["ScatterND"]);
});
