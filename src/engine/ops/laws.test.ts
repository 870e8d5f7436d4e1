import type { Array as JaxArray } from "@jax-js/jax";
import { grad, jvp, numpy as np, vmap } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { geluTanh } from "../layers/activations.ts";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { float, onEngine, onJax } from "../reference.suite.ts";

beforeAll(() => initEngine());

type Unary = (x: JaxArray) => JaxArray;

/** In float64: f and its derivatives of orders 1 to 3 at a number. */
type Derivatives = readonly ((x: number) => number)[];
const s = (x: number): number => 1 / (1 + Math.exp(-x));
const ELEMENTWISE: Readonly<Record<string, { fn: Unary; derivatives: Derivatives }>> = {
  sigmoid: {
    fn: ops.sigmoid,
    derivatives: [
      s,
      (x) => s(x) * s(-x),
      (x) => s(x) * s(-x) * (1 - 2 * s(x)),
      (x) => s(x) * s(-x) * (1 - 6 * s(x) * s(-x)),
    ],
  },
  tanh: {
    fn: ops.tanh,
    derivatives: [
      Math.tanh,
      (x) => 1 - Math.tanh(x) ** 2,
      (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
      (x) => -2 * (1 - Math.tanh(x) ** 2) * (1 - 3 * Math.tanh(x) ** 2),
    ],
  },
  relu: { fn: ops.relu, derivatives: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0), () => 0, () => 0] },
};

const POINTS = [-40, -3, -0.7, 0, 0.2, 1.5, 40];

/** f, f′, f″ and f‴ by forward and reverse mode in turn. */
function towers(fn: Unary): (x: JaxArray) => JaxArrays {
  const along =
    (f: Unary): Unary =>
    (x) =>
      jvp(f, [x.ref], [np.onesLike(x.ref)])[1] as JaxArray;
  const first: Unary = (x) => grad((y: JaxArray) => ops.sum(fn(y)))(x.ref) as JaxArray;
  const second = along(first);
  return (x) => ({ value: fn(x), first: first(x), second: second(x), third: along(second)(x) });
}

describe("derivatives by law are the closed forms, up to the third, on both devices", () => {
  test.each(Object.entries(ELEMENTWISE))("%s", async (_, { fn, derivatives }) => {
    const inputs = { x: float([POINTS.length], POINTS) };
    const run = ({ x }: JaxArrays): JaxArrays => towers(fn)(x);
    // Rounding of the float32 value, to which every derivative is proportional here.
    // Rounding of the float32 value, to which every derivative is proportional here.
    for (const got of [await onEngine(run, inputs), onJax(run, inputs)])
      for (const [order, name] of ["value", "first", "second", "third"].entries())
        for (const [i, x] of POINTS.entries())
          expect(Math.abs(got[name].data[i] - derivatives[order](x)), `${name} at ${x}`).toBeLessThan(4e-6);
  });
});

describe("functions of rows", () => {
  const plain: Record<string, Unary> = {
    softmax: (x) => {
      const e = ops.exp(x);
      return ops.div(e, ops.sum(e, -1).reshape([3, 1]));
    },
    logSoftmax: (x) => ops.sub(x, ops.log(ops.sum(ops.exp(x), -1)).reshape([3, 1])),
    standardise: (x) => {
      const centred = ops.sub(x, ops.mean(x, -1).reshape([3, 1]));
      return ops.div(centred, ops.sqrt(ops.add(ops.mean(ops.square(centred), -1), 1e-5)).reshape([3, 1]));
    },
    toUnitRms: (x) => ops.div(x, ops.sqrt(ops.add(ops.mean(ops.square(x), -1), 1e-5)).reshape([3, 1])),
    geluTanh: (x) =>
      ops.mul(
        ops.mul(x, 0.5),
        ops.add(np.tanh(ops.mul(ops.add(x, ops.mul(ops.mul(ops.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI))), 1),
      ),
  };
  const byLaw: Record<string, Unary> = {
    softmax: ops.softmax,
    logSoftmax: ops.logSoftmax,
    standardise: (x) => ops.standardise(x, 1e-5),
    toUnitRms: (x) => ops.toUnitRms(x, 1e-5),
    geluTanh,
  };
  const rng = Rng.of("laws");
  const inputs = Object.fromEntries(
    ["x", "c", "v"].map((name) => [
      name,
      float(
        [3, 5],
        Array.from({ length: 15 }, () => rng.normal()),
      ),
    ]),
  );

  test.each(Object.keys(plain))("%s: gradient and Hessian–vector product are those of the plain form", async (name) => {
    const all =
      (fn: Unary) =>
      ({ x, c, v }: JaxArrays): JaxArrays => {
        const loss = (y: JaxArray): JaxArray => ops.sum(ops.mul(c, ops.square(fn(y))));
        const gradient = grad(loss) as Unary;
        return { y: fn(x), dx: gradient(x.ref), hv: jvp(gradient, [x.ref], [v.ref])[1] as JaxArray };
      };
    const expected = onJax(all(plain[name]), inputs);
    for (const got of [await onEngine(all(byLaw[name]), inputs), onJax(all(byLaw[name]), inputs)])
      for (const [key, { data }] of Object.entries(expected))
        for (let i = 0; i < data.length; i++)
          expect(Math.abs(got[key].data[i] - data[i]), `${key}[${i}]`).toBeLessThan(2e-5 * (1 + Math.abs(data[i])));
  });

  test("per-example gradients of them are those of one example at a time", async () => {
    const run = ({ x, c }: JaxArrays): JaxArrays => {
      const one = (row: JaxArray, weight: JaxArray): JaxArray =>
        ops.sum(ops.mul(weight, ops.softmax(ops.tanh(row.ref.reshape([1, 5])))));
      const each = vmap(grad(one) as (row: JaxArray, weight: JaxArray) => JaxArray, [0, 0]);
      return {
        each: each(x.ref, c.ref) as JaxArray,
        whole: grad((y: JaxArray) => ops.sum(ops.mul(c, ops.softmax(ops.tanh(y)))))(x.ref) as JaxArray,
      };
    };
    const { each, whole } = await onEngine(run, inputs);
    for (let i = 0; i < 15; i++) expect(each.data[i]).toBeCloseTo(whole.data[i], 6);
  });
});

test("a masked score has probability 0 and spreads nothing, natively even at −∞", async () => {
  const run = ({ x }: JaxArrays): JaxArrays => ({
    p: ops.softmax(x),
    dx: grad((y: JaxArray) => ops.sum(ops.square(ops.softmax(y))))(x.ref) as JaxArray,
  });
  const finite = { x: float([1, 3], [0.5, -1e30, 1]) };
  for (const { p, dx } of [await onEngine(run, finite), onJax(run, finite)]) {
    expect([p.data[1], dx.data[1]]).toEqual([0, 0]);
    expect([...dx.data].every(Number.isFinite)).toBe(true);
  }
  const { p, dx } = await onEngine(run, { x: float([1, 3], [0.5, -Infinity, 1]) });
  expect([p.data[1], dx.data[1]]).toEqual([0, 0]);
});

describe("what a gradient costs when lowered", () => {
  const opsOf = (fn: Unary): string[] =>
    lowerFunction({
      name: "f",
      inputs: { x: { dtype: "float32", shape: [4, 3] }, w: { dtype: "float32", shape: [4, 3] } },
      fn: ({ x, w }) => ({ y: fn(x), dx: grad((a: JaxArray) => ops.sum(ops.mul(fn(a), w)))(x) as JaxArray }),
    })
      .nodes.map(({ op }) => op)
      .filter((op) => op !== "Constant")
      .sort();

  test("tanh: its value and w·(1 − t²)", () => expect(opsOf(ops.tanh)).toEqual(["Mul", "Mul", "Sub", "Tanh"]));
  test("sigmoid: its value and w·s·(1 − s)", () =>
    expect(opsOf(ops.sigmoid)).toEqual(["Mul", "Mul", "Sigmoid", "Sub"]));
  test("relu: its value and w on the positive side", () =>
    expect(opsOf(ops.relu)).toEqual(["Cast", "Less", "Mul", "Relu"]));
  test("softmax: its value and p·w − p·Σ p·w", () =>
    expect(opsOf(ops.softmax)).toEqual(["Mul", "Mul", "ReduceSum", "Reshape", "Softmax", "Sub"]));
});
