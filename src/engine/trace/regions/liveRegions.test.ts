import type { Array as JaxArray } from "@jax-js/jax";
import { grad, jvp, numpy as np } from "@jax-js/jax";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { printType } from "../../ir/print.ts";
import { lowerFunction } from "../../lowerFunction.ts";
import * as ops from "../../ops.ts";
import type { JaxArrays } from "../../program.ts";
import { initEngine } from "../../program.ts";
import { expectAgreement, normal } from "../../reference.suite.ts";

beforeAll(() => initEngine());

const f32 = (...shape: number[]) => ({ dtype: "float32" as const, shape });
/** Types of the products in a lowered function. */
function products(inputs: Record<string, ReturnType<typeof f32>>, fn: (args: JaxArrays) => JaxArrays): string[] {
  const { nodes } = lowerFunction({ name: "f", inputs, fn });
  return nodes.filter(({ op }) => op === "MatMul").map(({ outputs }) => printType(outputs[0]));
}

/** Two layers over [batch, position, width], read at the last position. */
function lastPosition(x: JaxArray, w: JaxArray, u: JaxArray): JaxArray {
  const hidden = ops.relu(ops.matmul(x, w));
  const out = ops.matmul(hidden, u);
  return ops.slice(out, [], [out.shape[1] - 1, out.shape[1]], []);
}

describe("what a loss does not read is not computed", () => {
  const inputs = { x: f32(8, 5, 3), w: f32(3, 16), u: f32(16, 2) };

  test("forward: products have one position instead of five", () => {
    expect(products(inputs, ({ x, w, u }) => ({ y: lastPosition(x, w, u) }))).toEqual([
      "float32[8,16]",
      "float32[8,2]",
    ]);
  });

  test("backward: gradients of weights sum over one position, those of inputs are padded once", () => {
    const loss = (x: JaxArray, w: JaxArray, u: JaxArray): JaxArray => ops.sum(ops.square(lastPosition(x, w, u)));
    const graph = lowerFunction({
      name: "f",
      inputs,
      fn: ({ x, w, u }) => {
        const [dx, dw, du] = grad(loss, { argnums: [0, 1, 2] })(x, w, u) as JaxArray[];
        return { dx, dw, du };
      },
    });
    const shapes = graph.nodes.filter(({ op }) => op === "MatMul").map(({ outputs }) => printType(outputs[0]));
    expect(shapes.every((type) => !type.includes("40") && !type.includes("5"))).toBe(true);
    expect(graph.nodes.filter(({ op }) => op === "Pad")).toHaveLength(1);
  });

  test("a program that reads everything is left as it is", () => {
    const whole = products(inputs, ({ x, w, u }) => ({ y: ops.matmul(ops.relu(ops.matmul(x, w)), u) }));
    expect(whole).toEqual(["float32[40,16]", "float32[40,2]"]);
  });
});

describe("values are those of the whole computation", () => {
  const window = (extent: number) =>
    fc
      .tuple(fc.nat(extent - 1), fc.nat(extent - 1))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b) + 1]);
  const cases = fc.record({
    batch: window(3),
    position: window(4),
    feature: window(5),
    before: fc.nat(2),
    after: fc.nat(2),
  });

  test("of windows and paddings between products, sums, maxima, reshapes and transposes, with their gradients", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ batch, position, feature, before, after }) => {
        const fn = (x: JaxArray, w: JaxArray): JaxArray => {
          const hidden = ops.matmul(ops.sin(x), w);
          const cut = ops.slice(hidden, batch, position, feature);
          const padded = np.pad(ops.mul(cut, 2), [
            [0, 0],
            [before, after],
            [1, 0],
          ]);
          const turned = ops.transpose(padded, [1, 0, 2]);
          const flat = ops.reshape(turned, [turned.shape[0], -1]);
          const added = ops.add(flat, ops.mul(ops.max(flat, 1).reshape([-1, 1]), ops.exp(flat)));
          return np.concatenate([added.ref, ops.mul(ops.sum(added, 1).reshape([-1, 1]), added)], 1);
        };
        const inputs = {
          x: normal("regions x", [3, 4, 6]),
          w: normal("regions w", [6, 5]),
          c: normal("regions c", [1]),
        };
        await expectAgreement(
          ({ x, w }) => {
            const loss = (a: JaxArray, b: JaxArray): JaxArray => ops.sum(ops.tanh(fn(a, b)));
            const [dx, dw] = grad(loss, { argnums: [0, 1] })(x.ref, w.ref) as JaxArray[];
            return { y: fn(x, w), dx, dw };
          },
          inputs,
          1e-4,
        );
      }),
      { seed: 5, numRuns: 12 },
    );
  });

  test("of a Hessian–vector product of a loss at one position", async () => {
    const inputs = {
      x: normal("regions hx", [2, 3, 4]),
      w: normal("regions hw", [4, 4]),
      u: normal("regions hu", [4, 2]),
      v: normal("regions hv", [4, 4]),
    };
    await expectAgreement(
      ({ x, w, u, v }) => {
        const loss = (b: JaxArray): JaxArray => {
          const mixed = ops.tanh(ops.matmul(ops.matmul(x, b), ops.transpose(x, [0, 2, 1])));
          return ops.sum(ops.square(lastPosition(ops.matmul(mixed, x), b, u)));
        };
        const [, hv] = jvp(grad(loss) as (b: JaxArray) => JaxArray, [w.ref], [v.ref]) as [JaxArray, JaxArray];
        return { hv };
      },
      inputs,
      1e-4,
    );
  });

  test("where everything that is asked for is zero", async () => {
    await expectAgreement(
      ({ x }) => {
        const padded = np.pad(ops.exp(x), [
          [2, 0],
          [0, 0],
        ]);
        return { y: ops.add(ops.slice(padded, [0, 2], []), 0) };
      },
      { x: normal("regions zero", [3, 2]) },
    );
  });
});
