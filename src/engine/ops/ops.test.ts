import { readFileSync } from "node:fs";
import type { Array as JaxArray } from "@jax-js/jax";
import { grad, nn, numpy as np, vmap } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, int, normal, onEngine, onJax } from "../reference.suite.ts";

beforeAll(() => initEngine());

const slopeOf =
  (fn: (x: JaxArray) => JaxArray) =>
  (x: JaxArray): JaxArray =>
    grad((a: JaxArray) => ops.sum(fn(a)))(x.ref) as JaxArray;

interface EinsumCase {
  readonly notation: string;
  readonly operands: readonly { readonly shape: number[]; readonly data: number[] }[];
  readonly result: { readonly shape: number[]; readonly data: number[] };
}

describe("einsum", () => {
  const text = readFileSync(new URL("./fixtures/einsumNumbers.json", import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as { cases: EinsumCase[] };

  test("gives NumPy's numbers (fixtures/makeEinsumNumbers.py)", async () => {
    for (const { notation, operands, result } of cases) {
      const inputs = Object.fromEntries(operands.map(({ shape, data }, i) => [`x${i}`, float(shape, data)]));
      const run = (args: Record<string, JaxArray>) => ({ out: ops.einsum(notation, ...Object.values(args)) });
      const { out } = await onEngine(run, inputs);
      expect({ notation, shape: out.shape }).toEqual({ notation, shape: result.shape });
      for (const [i, value] of result.data.entries())
        expect(Math.abs(out.data[i] - value), notation).toBeLessThanOrEqual(4e-6 * (1 + Math.abs(value)));
    }
  });

  test("consumes nothing, and has the gradients of its products", async () => {
    const inputs = { x: normal("x", [2, 3, 4]), y: normal("y", [4, 5]) };
    await expectAgreement(({ x, y }) => {
      const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.sin(ops.einsum("bij,jk->bik", a, b)));
      const direct = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.sin(ops.matmul(a, b)));
      const [dx, dy] = grad(loss, { argnums: [0, 1] })(x.ref, y.ref) as [JaxArray, JaxArray];
      const [ex, ey] = grad(direct, { argnums: [0, 1] })(x.ref, y.ref) as [JaxArray, JaxArray];
      return { dx: ops.sub(dx, ex), dy: ops.sub(dy, ey) };
    }, inputs);
  });

  test("a product of two matrices is one product, whatever the order of the letters", () => {
    const operators = (notation: string): string[] => {
      const inputs = {
        x: { dtype: "float32" as const, shape: [3, 4] },
        y: { dtype: "float32" as const, shape: [4, 5] },
      };
      return lowerFunction({ name: "e", inputs, fn: ({ x, y }) => ({ out: ops.einsum(notation, x, y) }) }).nodes.map(
        ({ op }) => op,
      );
    };
    expect(operators("ij,jk->ik")).toEqual(["MatMul"]);
    expect(operators("ij,jk->ki")).toEqual(["MatMul"]);
  });

  test("contracts the cheapest pair first: a vector goes through a chain of matrices", () => {
    const matrix = { dtype: "float32" as const, shape: [8, 8] };
    const graph = lowerFunction({
      name: "chain",
      inputs: { a: matrix, b: matrix, c: { dtype: "float32", shape: [8] } },
      fn: ({ a, b, c }) => ({ out: ops.einsum("ij,jk,k->i", a, b, c) }),
    });
    const sizes = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => shape.reduce((n, e) => n * e, 1)));
    expect(Math.max(...sizes)).toBe(8);
  });

  test.each([
    ["ij->jk", [[2, 3]], 'einsum "ij->jk", result: expected letters of the operands, each once, got "jk"'],
    ["ij,jk->ik", [[2, 3]], 'einsum "ij,jk->ik", operands: expected 2, got 1'],
    ["ij", [[2, 3, 4]], 'einsum "ij", operand 0: expected shape [i, j], got [2, 3, 4]'],
    [
      "ij,jk->ik",
      [
        [2, 3],
        [4, 5],
      ],
      'einsum "ij,jk->ik", operand 1: expected shape with 3 along "j", got [4, 5]',
    ],
    ["i1->i", [[2, 3]], 'einsum, notation: expected letters, ",", "..." and at most one "->", got "i1->i"'],
  ])("refuses %s of %j", (notation, shapes, message) => {
    expect(() => ops.einsum(notation, ...shapes.map((shape) => np.zeros(shape)))).toThrow(message);
  });
});

describe("logSumExp", () => {
  test("agrees with jax-js along any axis, with its gradient", async () => {
    for (const axis of [-1, 0, 1]) {
      const own = (x: JaxArray): JaxArray => ops.logSumExp(x, axis);
      const theirs = (x: JaxArray): JaxArray => nn.logsumexp(x.ref, axis);
      const inputs = { x: normal("lse", [3, 4, 2]) };
      const got = await onEngine(({ x }) => ({ out: own(x), dx: slopeOf(own)(x) }), inputs);
      const expected = onJax(({ x }) => ({ out: theirs(x), dx: slopeOf(theirs)(x) }), inputs);
      for (const name of ["out", "dx"])
        for (const [i, value] of Array.from(expected[name].data).entries())
          expect(got[name].data[i]).toBeCloseTo(value, 5);
    }
  });

  test("all −∞ gives −∞ with gradient 0; one +∞ gives +∞; NaN gives NaN", async () => {
    const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high, NaN: nan } = Number;
    const inputs = { x: float([4, 2], [low, low, low, 1, high, 1, nan, 1]) };
    const { out, dx } = await onEngine(
      ({ x }) => ({ out: ops.logSumExp(x), dx: slopeOf((a) => ops.logSumExp(a))(x) }),
      inputs,
    );
    expect([...out.data]).toEqual([low, 1, high, nan]);
    expect([...dx.data].slice(0, 4)).toEqual([0, 0, 0, 1]);
  });

  test("does not overflow at large values", async () => {
    const { out } = await onEngine(({ x }) => ({ out: ops.logSumExp(x) }), { x: float([2], [1000, 1000]) });
    expect(out.data[0]).toBeCloseTo(1000 + Math.LN2, 3);
  });
});

describe("power", () => {
  const values = [-2, -0.5, 0, 0.5, 3];
  const at = async (exponent: number, x = values) => {
    const fn = (a: JaxArray): JaxArray => ops.power(a, exponent);
    return onEngine(({ x }) => ({ out: fn(x), dx: slopeOf(fn)(x) }), { x: float([x.length], x) });
  };

  test.each([0, 1, 2, 3, 5, 8])(
    "whole exponent %d: value and gradient by the closed form, at 0 too",
    async (exponent) => {
      const { out, dx } = await at(exponent);
      for (const [i, x] of values.entries()) {
        expect(out.data[i]).toBeCloseTo(x ** exponent, 3);
        expect(dx.data[i]).toBeCloseTo(exponent === 0 ? 0 : exponent * x ** (exponent - 1), 3);
      }
    },
  );

  test("negative exponents are reciprocals", async () => {
    const { out, dx } = await at(-2, [-2, 0.5]);
    expect([...out.data]).toEqual([0.25, 4]);
    expect([...dx.data]).toEqual([0.25, -16]);
  });

  test("fractions: the gradient at 0 is 0, negative bases are NaN", async () => {
    const { out, dx } = await at(1.5, [0, 4, -1]);
    expect([...out.data].map((value) => Math.round(value))).toEqual([0, 8, Number.NaN]);
    expect([...dx.data].map((value) => Math.round(value))).toEqual([0, 3, Number.NaN]);
  });

  test("an exponent that is not finite is refused", () => {
    expect(() => ops.power(np.ones([1]), Number.NaN)).toThrow("power, exponent: expected a finite number, got NaN");
  });
});

describe("maxPool and averagePool", () => {
  const windows = [
    { window: [2, 2] },
    { window: [3, 2], strides: [1, 1] },
    { window: [2, 3], strides: [2, 1] },
    { window: [1, 2], strides: [2, 3] },
    { window: [3] },
  ];

  test.each(windows)(
    "%j: by the definition, on both devices, with gradients that are the same mapped",
    async (options) => {
      const inputs = { x: normal("pool", [2, 5, 6]) };
      const [max, average] = [ops.maxPool, ops.averagePool].map((fn) => (x: JaxArray) => fn(x, options));
      await expectAgreement(
        ({ x }) => ({
          max: max(x),
          average: average(x),
          dMax: slopeOf(max)(x),
          dAverage: slopeOf(average)(x),
          mapped: vmap(max)(x.ref),
          mappedSlope: vmap(slopeOf(max))(x.ref),
        }),
        inputs,
      );
      const { max: got } = await onEngine(({ x }) => ({ max: max(x) }), inputs);
      expect(got.data[0]).toBe(Math.max(...firstWindow(inputs.x, options.window)));
    },
  );

  test("equal maxima share the gradient", async () => {
    const { dx } = await onEngine(
      ({ x }) => ({ dx: slopeOf((a) => ops.maxPool(a, { window: [2], strides: [1] }))(x) }),
      { x: float([3], [1, 1, 0]) },
    );
    expect([...dx.data]).toEqual([0.5, 1.5, 0]);
  });

  test("windows that do not fit are refused", () => {
    expect(() => ops.maxPool(np.ones([2, 2]), { window: [3] })).toThrow(
      "maxPool: expected shape [..., at least 3], got [2, 2]",
    );
    expect(() => ops.averagePool(np.ones([4]), { window: [2], strides: [0] })).toThrow(
      "averagePool, window and strides: expected equally many integers ≥ 1",
    );
  });
});

/** The first window of the first of the axes before it. */
function firstWindow({ data, shape }: Tensor, window: readonly number[]): number[] {
  const lead = shape.length - window.length;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, extent) => n * extent, 1));
  return window
    .reduce<number[]>(
      (starts, size, i) =>
        starts.flatMap((start) => Array.from({ length: size }, (_, at) => start + at * strides[lead + i])),
      [0],
    )
    .map((at) => data[at]);
}

test("takeAlong picks one element a row, and cumsum sums along the last axis", async () => {
  const inputs = { x: normal("rows", [3, 4]), i: int([3, 1], [2, 0, 3]) };
  const { picked, sums } = await onEngine(({ x, i }) => ({ picked: ops.takeAlong(x, i), sums: ops.cumsum(x) }), inputs);
  expect([...picked.data]).toEqual([inputs.x.data[2], inputs.x.data[4], inputs.x.data[11]]);
  expect(sums.data[3]).toBeCloseTo(
    Array.from(inputs.x.data.slice(0, 4) as Float32Array).reduce((a, b) => a + b, 0),
    5,
  );
});
