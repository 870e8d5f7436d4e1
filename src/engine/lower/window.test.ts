import { numpy as np } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import { lowerFunction } from "../lowerFunction.ts";
import { initEngine } from "../program.ts";
import { float, onEngine } from "../reference.suite.ts";

beforeAll(() => initEngine());

/** jax-js traces negative widths and its own devices refuse them, so the expected values are written out. */
test("a negative padding width cuts, beside positive ones", async () => {
  const inputs = { x: float([2, 3], [1, 2, 3, 4, 5, 6]) };
  const { out } = await onEngine(
    ({ x }) => ({
      out: np.pad(x, [
        [0, 1],
        [-1, 2],
      ]),
    }),
    inputs,
  );
  expect(out.shape).toEqual([3, 4]);
  expect([...out.data]).toEqual([2, 3, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0]);
});

test("padding by nothing is nothing", () => {
  const spec = { name: "pad", inputs: { x: { dtype: "float32" as const, shape: [2, 2] } } };
  const graph = lowerFunction({ ...spec, fn: ({ x }) => ({ out: np.pad(x, [[0, 0]]).mul(2) }) });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Constant", "Mul"]);
});
