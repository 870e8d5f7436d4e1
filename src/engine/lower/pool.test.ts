import type { Array as JaxArray } from "@jax-js/jax";
import { grad, lax, numpy as np } from "@jax-js/jax";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, int, normal } from "../reference.suite.ts";

beforeAll(() => initEngine());

type Reduce = (window: JaxArray) => JaxArray;
const REDUCTIONS: Record<string, Reduce> = { max: (x) => np.max(x), sum: (x) => np.sum(x) };
const windows =
  (reduce: Reduce, size: number[], strides: number[]) =>
  (x: JaxArray): JaxArray =>
    lax.reduceWindow(x.ref, reduce as never, size, strides);

/** Forward, gradient, and the gradient's gradient, which reads windows of a sum over windows. */
const everything =
  (fn: (x: JaxArray) => JaxArray) =>
  ({ x }: Record<string, JaxArray>) => {
    const slope = grad((a: JaxArray) => ops.sum(ops.sin(fn(a))));
    const second = grad((a: JaxArray) => ops.sum(ops.square(slope(a) as JaxArray)));
    return { out: fn(x), dx: slope(x.ref) as JaxArray, ddx: second(x.ref) as JaxArray };
  };

const CASES: Record<string, { x: number[]; size: number[]; strides: number[] }> = {
  "side by side": { x: [2, 3, 4, 6], size: [2, 2], strides: [2, 2] },
  "side by side, not square": { x: [2, 3, 4, 6], size: [2, 3], strides: [2, 3] },
  "with a rest": { x: [2, 3, 5, 7], size: [2, 2], strides: [2, 2] },
  "with gaps": { x: [2, 2, 6, 8], size: [2, 1], strides: [3, 2] },
  "with gaps that reach over the end": { x: [1, 2, 4, 5], size: [1, 2], strides: [3, 3] },
  overlapping: { x: [2, 2, 5, 5], size: [3, 3], strides: [1, 1] },
  "overlapping with strides": { x: [2, 2, 7, 8], size: [3, 3], strides: [2, 2] },
  "overlapping along one axis": { x: [1, 2, 7, 8], size: [3, 2], strides: [2, 3] },
  "the whole axis": { x: [2, 3, 4, 5], size: [4, 5], strides: [1, 1] },
  "one axis": { x: [3, 8], size: [2], strides: [2] },
  "no axis before": { x: [6, 6], size: [2, 2], strides: [2, 2] },
  "three axes": { x: [2, 4, 4, 6], size: [2, 2, 3], strides: [2, 2, 3] },
};

describe("windows, their gradients and their gradients' gradients agree with jax-js", () => {
  for (const [kind, reduce] of Object.entries(REDUCTIONS))
    test.each(Object.entries(CASES))(`${kind} %s`, async (name, { x, size, strides }) => {
      await expectAgreement(everything(windows(reduce, size, strides)), { x: normal(name, x) }, 2e-5);
    });

  test("at random extents", async () => {
    const axis = fc.record({
      extent: fc.integer({ min: 4, max: 9 }),
      size: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(axis, axis, async (a, b) => {
        const fn = windows(REDUCTIONS.max, [a.size, b.size], [a.stride, b.stride]);
        await expectAgreement(everything(fn), { x: normal("random", [2, 2, a.extent, b.extent]) }, 2e-5);
      }),
      { seed: 20260606, numRuns: 12 },
    );
  });

  test("equal maxima share the gradient", async () => {
    const inputs = { x: float([1, 1, 2, 4], [1, 1, 3, 0, 1, 0, 3, 3]) };
    await expectAgreement(everything(windows(REDUCTIONS.max, [2, 2], [2, 2])), inputs);
  });

  test("of integers", async () => {
    const fn = windows(REDUCTIONS.max, [2, 2], [2, 2]);
    await expectAgreement(({ x }) => ({ out: fn(x) }), {
      x: int(
        [1, 1, 4, 4],
        Array.from({ length: 16 }, (_, i) => (i * 7) % 16),
      ),
    });
  });
});

test("the mean over windows and its gradient need no transpose: one repetition of what each window gets", () => {
  const mean = (x: JaxArray): JaxArray => ops.mul(windows(REDUCTIONS.sum, [2, 2], [2, 2])(x), 0.25);
  const graph = lowerFunction({
    name: "pool",
    inputs: { x: { dtype: "float32", shape: [2, 3, 4, 4] } },
    fn: ({ x }) => ({ dx: grad((a: JaxArray) => ops.sum(ops.square(mean(a))))(x) as JaxArray }),
  });
  const moves = graph.nodes.map(({ op }) => op).filter((op) => /Transpose|Depth|Space|Repeat|Expand|Gather/.test(op));
  expect(moves).toEqual(["SpaceToDepth", "Repeat"]);
});
