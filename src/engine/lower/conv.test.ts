import type { Array as JaxArray } from "@jax-js/jax";
import { grad, lax, vmap } from "@jax-js/jax";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float } from "../reference.suite.ts";

beforeAll(() => initEngine());

const normal = (name: string, shape: readonly number[]): Tensor => {
  const rng = Rng.of(name, String(shape));
  return float(
    shape,
    Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () => rng.normal() / 2),
  );
};

interface Window {
  readonly strides: number[];
  readonly padding: [number, number][];
  readonly lhsDilation?: number[];
  readonly rhsDilation?: number[];
  readonly featureGroupCount?: number;
}
const conv =
  ({ strides, padding, ...more }: Window) =>
  (x: JaxArray, w: JaxArray): JaxArray =>
    lax.convGeneralDilated(x.ref, w.ref, strides, padding, more);

/** Forward, the gradients of both operands, and the gradients' own gradients (which transpose the transposes). */
const everything =
  (fn: (x: JaxArray, w: JaxArray) => JaxArray) =>
  ({ x, w }: Record<string, JaxArray>) => {
    const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.sin(fn(a, b)));
    const slopes = grad(loss, { argnums: [0, 1] });
    const [dx, dw] = slopes(x.ref, w.ref) as [JaxArray, JaxArray];
    const second = grad(
      (a: JaxArray, b: JaxArray): JaxArray => {
        const [da, db] = slopes(a, b) as [JaxArray, JaxArray];
        return ops.add(ops.sum(ops.square(da)), ops.sum(ops.square(db)));
      },
      { argnums: [0, 1] },
    );
    const [ddx, ddw] = second(x.ref, w.ref) as [JaxArray, JaxArray];
    return { out: fn(x, w), dx, dw, ddx, ddw };
  };

const CASES: Record<string, { x: number[]; w: number[]; window: Window }> = {
  "two axes": {
    x: [2, 3, 6, 7],
    w: [4, 3, 3, 2],
    window: {
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    },
  },
  padding: {
    x: [2, 3, 6, 7],
    w: [4, 3, 3, 3],
    window: {
      strides: [1, 1],
      padding: [
        [1, 1],
        [2, 0],
      ],
    },
  },
  "negative padding": {
    x: [2, 3, 7, 7],
    w: [4, 3, 2, 2],
    window: {
      strides: [1, 1],
      padding: [
        [-1, 1],
        [0, -2],
      ],
    },
  },
  "padding wider than the kernel": {
    x: [1, 2, 4, 4],
    w: [3, 2, 2, 2],
    window: {
      strides: [1, 1],
      padding: [
        [3, 2],
        [2, 3],
      ],
    },
  },
  strides: {
    x: [2, 3, 8, 9],
    w: [4, 3, 3, 3],
    window: {
      strides: [2, 3],
      padding: [
        [1, 0],
        [0, 1],
      ],
    },
  },
  "strides that leave a rest": {
    x: [1, 2, 8, 8],
    w: [3, 2, 3, 3],
    window: {
      strides: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
    },
  },
  "a dilated kernel": {
    x: [2, 2, 8, 8],
    w: [3, 2, 2, 3],
    window: {
      strides: [1, 1],
      padding: [
        [1, 0],
        [0, 0],
      ],
      rhsDilation: [3, 2],
    },
  },
  "a dilated input": {
    x: [2, 2, 4, 5],
    w: [3, 2, 3, 2],
    window: {
      strides: [1, 1],
      padding: [
        [1, 2],
        [0, 1],
      ],
      lhsDilation: [2, 3],
    },
  },
  "everything dilated and strided": {
    x: [2, 2, 5, 6],
    w: [3, 2, 2, 2],
    window: {
      strides: [2, 1],
      padding: [
        [2, 1],
        [1, -1],
      ],
      lhsDilation: [2, 2],
      rhsDilation: [1, 2],
    },
  },
  groups: {
    x: [2, 4, 5, 5],
    w: [6, 2, 3, 3],
    window: {
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      featureGroupCount: 2,
    },
  },
  "one channel a group": {
    x: [2, 3, 6, 6],
    w: [3, 1, 3, 3],
    window: {
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
      featureGroupCount: 3,
    },
  },
  "one axis": { x: [2, 3, 9], w: [4, 3, 4], window: { strides: [2], padding: [[1, 2]] } },
  "three axes": {
    x: [1, 2, 4, 4, 5],
    w: [2, 2, 2, 2, 3],
    window: {
      strides: [1, 2, 1],
      padding: [
        [0, 0],
        [1, 1],
        [0, 0],
      ],
    },
  },
  "no axis": { x: [5, 3], w: [4, 3], window: { strides: [], padding: [] } },
  "a kernel as large as the input": {
    x: [3, 2, 4, 4],
    w: [5, 2, 4, 4],
    window: {
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    },
  },
};

describe("convolution, its gradients and their gradients agree with jax-js", () => {
  test.each(Object.entries(CASES))("%s", async (name, { x, w, window }) => {
    await expectAgreement(everything(conv(window)), { x: normal(name, x), w: normal(`${name}w`, w) }, 1e-4);
  });

  test("at random extents and parameters", async () => {
    const small = (min: number, max: number) => fc.integer({ min, max });
    const axis = fc.record({
      extent: small(3, 7),
      kernel: small(1, 3),
      stride: small(1, 3),
      before: small(-1, 3),
      after: small(-1, 3),
      dilation: small(1, 2),
      spread: small(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(axis, axis, small(1, 3), small(1, 3), async (a, b, channels, outputs) => {
        const all = [a, b];
        const fits = all.every(
          (own) => (own.extent - 1) * own.spread + 1 + own.before + own.after > (own.kernel - 1) * own.dilation,
        );
        fc.pre(fits);
        const window: Window = {
          strides: all.map(({ stride }) => stride),
          padding: all.map(({ before, after }): [number, number] => [before, after]),
          lhsDilation: all.map(({ spread }) => spread),
          rhsDilation: all.map(({ dilation }) => dilation),
        };
        const inputs = {
          x: normal("random", [2, channels, a.extent, b.extent]),
          w: normal("random w", [outputs, channels, a.kernel, b.kernel]),
        };
        await expectAgreement(everything(conv(window)), inputs, 1e-4);
      }),
      { seed: 20260605, numRuns: 12 },
    );
  });

  test("mapped over examples, over kernels, and over both at once", async () => {
    const fn = conv({
      strides: [1, 1],
      padding: [
        [1, 0],
        [0, 0],
      ],
    });
    const slope = (x: JaxArray, w: JaxArray): JaxArray =>
      grad((b: JaxArray) => ops.sum(ops.sin(fn(x, b))))(w.ref) as JaxArray;
    const mapped = (f: (x: JaxArray, w: JaxArray) => JaxArray, axes: (number | null)[]) => vmap(f, axes as number[]);
    const inputs = { x: normal("mapped", [3, 2, 2, 5, 5]), w: normal("mapped w", [3, 4, 2, 2, 3]) };
    await expectAgreement(
      ({ x, w }) => ({
        examples: mapped(fn, [0, null])(x.ref, w.ref.slice(0)),
        kernels: mapped(fn, [null, 0])(x.ref.slice(1), w.ref),
        both: mapped(fn, [0, 0])(x.ref, w.ref),
        twice: mapped(mapped(fn, [0, null]), [null, 0])(x.ref, w.ref),
        exampleSlopes: mapped(slope, [0, null])(x.ref, w.ref.slice(2)),
        kernelSlopes: mapped(slope, [null, 0])(x.ref.slice(0), w.ref),
        bothSlopes: mapped(slope, [0, 0])(x, w),
      }),
      inputs,
      1e-4,
    );
  });
});

describe("how a training step's convolutions are computed", () => {
  const operators = (fn: (x: JaxArray, w: JaxArray) => JaxArray, x: number[], w: number[]): string[] => {
    const graph = lowerFunction({
      name: "conv",
      inputs: { x: { dtype: "float32", shape: x }, w: { dtype: "float32", shape: w } },
      fn: (args) => {
        const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.square(fn(a, b)));
        const [dx, dw] = grad(loss, { argnums: [0, 1] })(args.x, args.w) as [JaxArray, JaxArray];
        return { dx, dw };
      },
    });
    return graph.nodes.map(({ op }) => op).filter((op) => /Conv|MatMul|Reverse|Transpose$/.test(op));
  };
  test("forward by Conv, the input's gradient by ConvTranspose, the kernel's by products; nothing is transposed", () => {
    const fn = conv({
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
    expect(operators(fn, [8, 3, 10, 10], [4, 3, 3, 3])).toEqual(["Conv", "ConvTranspose", "MatMul"]);
  });

  test("the same with strides", () => {
    const fn = conv({
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
    expect(operators(fn, [8, 3, 11, 11], [4, 3, 3, 3])).toEqual(["Conv", "ConvTranspose", "MatMul"]);
  });
});

test("a bias for each channel is the convolution's own, and the values are the same", async () => {
  const fn = conv({
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
  });
  const biased = ({ x, w, b }: Record<string, JaxArray>) => ({ out: ops.add(fn(x, w), b.ref.reshape([3, 1, 1])) });
  const inputs = { x: normal("x", [2, 2, 4, 4]), w: normal("w", [3, 2, 2, 2]), b: normal("b", [3]) };
  expect(lowerFunction({ name: "conv", inputs, fn: biased }).nodes.map(({ op }) => op)).toEqual(["Conv"]);
  await expectAgreement(biased, inputs);
});

test("a convolution of integers is refused by name", () => {
  const x = { dtype: "int32" as const, shape: [1, 1, 4, 4] };
  const fn = conv({
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
  });
  expect(() => lowerFunction({ name: "model", inputs: { x, w: x }, fn: ({ x, w }) => ({ out: fn(x, w) }) })).toThrow(
    'Program model: expected primitives that can be lowered, got "conv": its operands are int32',
  );
});
