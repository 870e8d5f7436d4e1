import type { Array as JaxArray } from "@jax-js/jax";
import { DType, grad, numpy as np } from "@jax-js/jax";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import * as ops from "../ops.ts";
import { expectAgreement, float, int } from "../reference.suite.ts";

type Draw = (rng: Rng) => number;
const anyReal: Draw = (rng) => rng.normal();
const positive: Draw = (rng) => 0.2 + 2 * rng.uniform();
const inUnit: Draw = (rng) => 1.8 * rng.uniform() - 0.9;
const awayFromZero: Draw = (rng) => (rng.uniform() < 0.5 ? -1 : 1) * (0.3 + rng.uniform());

interface Case {
  readonly fn: (x: JaxArray, y: JaxArray) => JaxArray;
  readonly x?: Draw;
  readonly y?: Draw;
  /** Is a gradient defined and worth comparing? */
  readonly smooth?: boolean;
}

const unary = (fn: (x: JaxArray) => JaxArray, x: Draw = anyReal, smooth = true): Case => ({ fn, x, smooth });

const ELEMENTWISE: Readonly<Record<string, Case>> = {
  neg: unary(ops.neg),
  reciprocal: unary((x) => np.reciprocal(x.ref), awayFromZero),
  exp: unary(ops.exp),
  log: unary(ops.log, positive),
  sqrt: unary(ops.sqrt, positive),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  asin: unary((x) => np.asin(x.ref), inUnit),
  atan: unary((x) => np.atan(x.ref)),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  relu: unary(ops.relu, awayFromZero),
  abs: unary(ops.abs, awayFromZero),
  floor: unary((x) => np.floor(x.ref), anyReal, false),
  ceil: unary((x) => np.ceil(x.ref), anyReal, false),
  trunc: unary((x) => np.trunc(x.ref), awayFromZero, false),
  power: unary((x) => np.power(x.ref, 3), positive),
  "stop_gradient inside a product": unary((x) => ops.mul(x, ops.stopGradient(x))),
  add: { fn: ops.add, smooth: true },
  sub: { fn: ops.sub, smooth: true },
  mul: { fn: ops.mul, smooth: true },
  div: { fn: ops.div, y: awayFromZero, smooth: true },
  max: { fn: ops.maximum, smooth: true },
  min: { fn: ops.minimum, smooth: true },
  mod: { fn: (x, y) => x.ref.mod(y.ref), y: positive },
  less: { fn: ops.less },
  lessEqual: { fn: ops.lessEqual },
  equal: { fn: (x, y) => ops.equal(x, ops.maximum(x, y)) },
  notEqual: { fn: (x, y) => x.ref.notEqual(ops.maximum(x, y)) },
  where: { fn: (x, y) => ops.where(ops.less(x, y), ops.mul(x, 2), ops.neg(y)), smooth: true },
  "logical and, or": {
    fn: (x, y) => ops.less(x, 0).mul(ops.less(y, 0)).add(ops.greater(x, 1)),
  },
  cast: { fn: (x, y) => ops.add(ops.toInt(ops.mul(x, 10)), ops.toInt(ops.mul(y, 10))) },
  "integer arithmetic": {
    fn: (x, y) => ops.div(ops.mul(ops.toInt(ops.mul(x, 9)), 7), ops.add(ops.square(ops.toInt(ops.mul(y, 3))), 2)),
  },
};

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 });
/** Two shapes that broadcast: the second has some axes dropped from the left or set to 1. */
const shapePairs = fc.tuple(shapes, fc.nat(3), fc.nat(7)).map(([shape, drop, ones]) => {
  const other = shape.slice(Math.min(drop, shape.length)).map((extent, axis) => ((ones >> axis) & 1 ? 1 : extent));
  return [shape, other] as const;
});

function tensorOf(rng: Rng, shape: readonly number[], draw: Draw): Tensor {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return float(
    shape,
    Array.from({ length: size }, () => draw(rng)),
  );
}

/** Fixed, so that a failure repeats. */
const RUNS = { seed: 20260601, numRuns: 5 } as const;

describe("elementwise primitives agree with jax-js at random broadcast shapes", () => {
  test.each(Object.entries(ELEMENTWISE))("%s", async (name, { fn, x = anyReal, y = anyReal }) => {
    await fc.assert(
      fc.asyncProperty(shapePairs, fc.boolean(), async ([left, right], swap) => {
        const rng = Rng.of(name, String(left), String(right));
        const inputs = { x: tensorOf(rng, swap ? right : left, x), y: tensorOf(rng, swap ? left : right, y) };
        await expectAgreement((args) => ({ out: fn(args.x, args.y) }), inputs);
      }),
      RUNS,
    );
  });
});

describe("their gradients agree with jax-js", () => {
  const smooth = Object.entries(ELEMENTWISE).filter(([, { smooth }]) => smooth);
  test.each(smooth)("%s", async (name, { fn, x = anyReal, y = anyReal }) => {
    const rng = Rng.of(name, "gradient");
    const inputs = { x: tensorOf(rng, [3, 1, 4], x), y: tensorOf(rng, [2, 4], y), c: tensorOf(rng, [4], anyReal) };
    await expectAgreement(
      (args) => {
        const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.mul(fn(a, b), args.c));
        const [dx, dy] = grad(loss, { argnums: [0, 1] })(args.x, args.y) as [JaxArray, JaxArray];
        return { dx, dy };
      },
      inputs,
      1e-5,
    );
  });
});

describe("reductions agree with jax-js over any axes, transposed and repeated", () => {
  const reductions: Record<string, (x: JaxArray, axis: number[]) => JaxArray> = {
    sum: (x, axis) => np.sum(x.ref, axis),
    mean: (x, axis) => np.mean(x.ref, axis),
    max: (x, axis) => np.max(x.ref, axis),
    min: (x, axis) => np.min(x.ref, axis),
    prod: (x, axis) => np.prod(x.ref, axis),
    any: (x, axis) => np.any(ops.greater(x, 1), axis),
    all: (x, axis) => np.all(ops.greater(x, -1), axis),
  };
  test.each(Object.entries(reductions))("%s", async (name, reduce) => {
    const axes = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 });
    const perms = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    await fc.assert(
      fc.asyncProperty(axes, perms, async (axis, perm) => {
        const inputs = { x: tensorOf(Rng.of(name), [2, 3, 4], awayFromZero) };
        const repeated = (x: JaxArray): JaxArray =>
          ops.transpose(np.broadcastTo(x.ref.reshape([2, 3, 1, 4]), [2, 3, 2, 4]), perm);
        await expectAgreement(({ x }) => ({ out: reduce(repeated(x), axis) }), inputs, 1e-5);
        if (name === "any" || name === "all") return;
        const loss = (x: JaxArray): JaxArray => ops.sum(ops.sin(reduce(repeated(x), axis)));
        await expectAgreement(({ x }) => ({ dx: grad(loss)(x) as JaxArray }), inputs, 1e-4);
      }),
      RUNS,
    );
  });
});

describe("contractions agree with jax-js", () => {
  const cases: readonly [string, readonly number[], readonly number[]][] = [
    ["matrix · matrix", [3, 4], [4, 5]],
    ["vector · matrix", [4], [4, 5]],
    ["matrix · vector", [3, 4], [4]],
    ["vector · vector", [4], [4]],
    ["batch · batch", [2, 3, 4], [2, 4, 5]],
    ["batch · matrix", [2, 3, 4], [4, 5]],
    ["two batch axes, one repeated", [2, 1, 3, 4], [2, 6, 4, 5]],
  ];
  test.each(cases)("%s, forward and both gradients", async (name, left, right) => {
    const rng = Rng.of(name);
    const inputs = { x: tensorOf(rng, left, anyReal), y: tensorOf(rng, right, anyReal) };
    const product = (x: JaxArray, y: JaxArray): JaxArray => ops.matmul(x, y);
    await expectAgreement(({ x, y }) => {
      const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.sin(product(a, b)));
      const [dx, dy] = grad(loss, { argnums: [0, 1] })(x.ref, y.ref) as [JaxArray, JaxArray];
      return { out: product(x, y), dx, dy };
    }, inputs);
  });

  test("transposed operands in every combination", async () => {
    const rng = Rng.of("transposed");
    for (const [left, right] of [
      [
        [4, 3],
        [4, 5],
      ],
      [
        [3, 4],
        [5, 4],
      ],
      [
        [4, 3],
        [5, 4],
      ],
    ]) {
      const inputs = { x: tensorOf(rng, left, anyReal), y: tensorOf(rng, right, anyReal) };
      await expectAgreement(
        ({ x, y }) => ({
          out: ops.matmul(left[0] === 4 ? ops.transpose(x) : x, right[0] === 5 ? ops.transpose(y) : y),
        }),
        inputs,
      );
    }
  });

  test("attention heads: reshapes and transposes between products", async () => {
    const rng = Rng.of("heads");
    const inputs = {
      x: tensorOf(rng, [2, 3, 8], anyReal),
      q: tensorOf(rng, [8, 8], anyReal),
      k: tensorOf(rng, [8, 8], anyReal),
    };
    await expectAgreement(
      ({ x, q, k }) => {
        const loss = (a: JaxArray, b: JaxArray): JaxArray => {
          const heads = (w: JaxArray): JaxArray => ops.transpose(ops.matmul(x, w).reshape([2, 3, 4, 2]), [0, 2, 1, 3]);
          const scores = ops.matmul(heads(a), ops.transpose(heads(b), [0, 1, 3, 2]));
          // Scaled, so that tanh is not saturated: its slope would be rounding noise of large sums.
          return ops.sum(ops.tanh(ops.mul(ops.matmul(scores, heads(a)), 0.05)));
        };
        const [dq, dk] = grad(loss, { argnums: [0, 1] })(q.ref, k.ref) as [JaxArray, JaxArray];
        return { loss: loss(q, k), dq, dk };
      },
      inputs,
      1e-5,
    );
  });
});

describe("movement agrees with jax-js", () => {
  const x = tensorOf(Rng.of("movement"), [2, 3, 4], anyReal);
  const moves: Record<string, (x: JaxArray) => JaxArray> = {
    "reshape that splits and joins axes": (x) => ops.reshape(x, [3, 2, 2, 2]),
    "reshape after transpose": (x) => ops.reshape(ops.transpose(x, [2, 0, 1]), [8, 3]),
    "reshape of a repeated array": (x) => np.broadcastTo(x.ref.reshape([2, 3, 1, 4]), [2, 3, 5, 4]).reshape([30, 4]),
    "sum of a transpose and its source": (x) => ops.add(ops.transpose(x, [0, 2, 1]).reshape([2, 3, 4]), x),
    slice: (x) => x.ref.slice([], [1, 3], 2),
    split: (x) => np.split(x.ref, 2, 2)[1],
    pad: (x) =>
      np.pad(x.ref, [
        [0, 0],
        [1, 2],
        [0, 1],
      ]),
    flip: (x) => np.flip(x.ref, 1),
    concatenate: (x) => np.concatenate([x.ref, ops.mul(x, 2)], 1),
    gather: (x) => np.take(x.ref, np.array([2, 0, 0], { dtype: DType.Int32 }), 1),
  };
  test.each(Object.entries(moves))("%s", async (_, move) => {
    await expectAgreement(({ x }) => ({ out: move(x) }), { x });
  });

  test("one-hot rows and their use", async () => {
    const labels = int([4], [2, 0, 1, 2]);
    await expectAgreement(({ labels }) => ({ out: ops.oneHot(labels, 3) }), { labels });
  });
});
