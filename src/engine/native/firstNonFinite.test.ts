import { valueAndGrad } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import type { LoopSpec, Tensors } from "../device.ts";
import { inPortions } from "../diagnose/probeGraph.ts";
import { mlpData, mlpLoop, sliceTable } from "../mlp.fixture.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { scoped } from "../trace/scope.ts";
import { firstNonFinite } from "./firstNonFinite.ts";

const SIZES = { inputs: 12, hidden: 6, classes: 4, batch: 5, rows: 20 };
const SPEC = mlpLoop(SIZES, { pixels: "uint8" });
const DATA = mlpData(SIZES, 1, 3, "uint8");
const RUN = { resident: DATA.resident as Tensors, state: DATA.state, table: sliceTable(DATA.table, 0, 1) };

beforeAll(() => initEngine());

const f32 = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values[i % values.length]),
});

/** One parameter w [4] through three layers; the second overflows for w ≥ 89. */
const layered: LoopSpec = {
  name: "layered",
  resident: { mask: { dtype: "float32", shape: [4] } },
  state: { w: { dtype: "float32", shape: [4] } },
  perStep: { scale: { dtype: "float32", shape: [] } },
  gathers: {},
  step: ({ w, mask, scale }) => {
    const twice = scoped("double", ({ x }) => ({ out: ops.mul(x, 2) }))({ x: w }).out;
    const grown = scoped("grow", ({ x }) => ({ out: ops.exp(x) }))({ x: twice }).out;
    const shifted = scoped("shift", ({ x }) => ({ out: ops.sub(x, x) }))({ x: grown }).out;
    return { state: { w: ops.add(w, ops.mul(shifted, scale)) }, outputs: { loss: ops.sum(ops.mul(shifted, mask)) } };
  },
};
const layeredRun = (w: number, { mask = 1, scale = 1 } = {}) => ({
  state: { w: f32([4], 1, w) },
  resident: { mask: f32([4], mask) },
  table: { scale: f32([1], scale) },
});

describe("the first value that is not finite", () => {
  test("is named by operator and layer, with shape and count", async () => {
    expect(await firstNonFinite(layered, layeredRun(60))).toEqual({
      where: "Exp in layered/grow",
      text: "Exp in layered/grow, float32 [4]: 2 infinite of 4 values, from operands up to 120",
    });
  });

  test("is nowhere when all is finite", async () => {
    expect(await firstNonFinite(layered, layeredRun(30))).toBeUndefined();
    expect(await firstNonFinite(SPEC, RUN)).toBeUndefined();
  });

  test("may stand in what the step was given: a resident tensor, a row of the table, the state", async () => {
    const { where } = (await firstNonFinite(layered, layeredRun(1, { mask: Number.NaN })))!;
    expect(where).toBe("resident:mask");
    const row = (await firstNonFinite(layered, layeredRun(1, { scale: Number.POSITIVE_INFINITY })))!;
    expect(row.text).toBe("row:scalars:float32, float32 [1]: 1 infinite of 1 values");
    expect((await firstNonFinite(layered, layeredRun(Number.NaN)))!.where).toBe("state:w");
  });

  test("is found in a real training step: weights that overflow in the first layer", async () => {
    const w1 = { ...DATA.state.w1, data: DATA.state.w1.data.map((value) => value * 1e38) };
    const origin = await firstNonFinite(SPEC, { ...RUN, state: { ...DATA.state, w1 } });
    expect(origin?.text).toMatch(
      /^MatMul in mlp, float32 \[5, 6\]: \d+ infinite of 30 values, from operands up to \d\.\d+e\+37$/,
    );
  });

  test("a product that is laid out only where it is used keeps the name of its layer", async () => {
    const spec: LoopSpec = {
      ...layered,
      step: ({ w, mask, scale }) => {
        const x = ops.reshape(w, [2, 2]);
        const square = scoped("square", ({ y }) => ({ out: ops.matmul(y, y) }))({ y: x }).out;
        const { out } = scoped("later", ({ y }) => ({ out: ops.neg(y) }))({ y: square });
        return { state: { w: ops.mul(w, scale) }, outputs: { loss: ops.sum(ops.mul(ops.reshape(out, [4]), mask)) } };
      },
    };
    expect((await firstNonFinite(spec, layeredRun(1e30)))?.where).toBe("MatMul in layered/square");
  });

  test("inside a gradient the layer keeps its plain name, forward and backward", async () => {
    const gradientOf = (layer: (x: JaxArrays[string]) => JaxArrays[string]): LoopSpec => ({
      ...layered,
      step: ({ w, mask, scale }) => {
        const hidden = scoped("hidden", ({ x }) => ({ out: layer(x) }));
        const [loss, slope] = valueAndGrad((x: typeof w) => ops.sum(ops.mul(hidden({ x }).out, mask)))(w.ref);
        return { state: { w: ops.sub(w, ops.mul(slope, scale)) }, outputs: { loss } };
      },
    });
    const forward = await firstNonFinite(gradientOf(ops.exp), layeredRun(100));
    expect(forward?.where).toBe("Exp in layered/hidden");
    const backward = await firstNonFinite(
      gradientOf((x) => ops.sqrt(ops.abs(x))),
      layeredRun(0),
    );
    expect(backward?.where).toMatch(/^\w+ in layered\/hidden, backward$/);
  });

  test("an infinite constant that a mask puts in is meant, and is not blamed", async () => {
    const masked: LoopSpec = {
      ...layered,
      step: ({ w, mask, scale }) => {
        const hidden = ops.where(ops.greater(mask, 0), w, Number.NEGATIVE_INFINITY);
        const weights = ops.exp(ops.sub(hidden, ops.max(hidden)));
        return { state: { w: ops.mul(w, scale) }, outputs: { loss: ops.log(ops.sub(ops.sum(weights), 1)) } };
      },
    };
    const one = { ...layeredRun(1), resident: { mask: f32([4], 1, 0, 0, 0) } };
    // One weight is left, so that the logarithm is of 0: that is where the loss breaks, not at the mask.
    expect((await firstNonFinite(masked, one))?.where).toBe("Log in layered");
  });
});

test("values are handed out in portions of bounded size, in order", () => {
  const value = (id: number, size: number) => ({ id, type: "float32" as const, shape: [size], producer: undefined });
  const values = [value(0, 10), value(1, 20), value(2, 500), value(3, 5)];
  const portions = inPortions(values, 200).map((portion) => portion.map(({ id }) => id));
  expect(portions).toEqual([[0, 1], [2], [3]]);
  expect(inPortions([], 200)).toEqual([]);
});
