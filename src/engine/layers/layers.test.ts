import { numpy as np } from "@jax-js/jax";
import { expect, test } from "vitest";
import { compileFunction } from "../native/compileFunction.ts";
import * as ops from "../ops.ts";
import { float, int } from "../reference.suite.ts";
import { dense } from "./dense.ts";
import { meanSquaredError, softmaxCrossEntropy } from "./losses.ts";

const LOGITS = float([2, 3], [1, 2, 3, 0, 0, 0]);
const LABELS = int([2], [2, 0]);

async function lossOf(weights?: number[]): Promise<number> {
  const inputs = { logits: LOGITS, labels: LABELS, weights: float([2], weights ?? [1, 1]) };
  const program = await compileFunction({
    name: "loss",
    inputs,
    fn: ({ logits, labels, weights: w }) => ({
      loss: softmaxCrossEntropy(logits, labels, weights === undefined ? {} : { weights: w }),
    }),
  });
  const { loss } = await program.run(inputs);
  await program.dispose();
  return loss.data[0];
}

const FIRST = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3;
const SECOND = Math.log(3);

test("cross-entropy is the mean of −ln p(label)", async () => {
  expect(await lossOf()).toBeCloseTo((FIRST + SECOND) / 2, 6);
});

test("a weight multiplies its own example and not the divisor", async () => {
  expect(await lossOf([5, 0])).toBeCloseTo((5 * FIRST) / 2, 6);
});

test("cross-entropy stays finite for logits of ±1000", async () => {
  const inputs = { logits: float([1, 2], [1000, -1000]), labels: int([1], [1]) };
  const program = await compileFunction({
    name: "extreme",
    inputs,
    fn: ({ logits, labels }) => ({ loss: softmaxCrossEntropy(logits, labels) }),
  });
  expect((await program.run(inputs)).loss.data[0]).toBe(2000);
  await program.dispose();
});

test("mean squared error with and without weights", async () => {
  const inputs = { a: float([2, 2], [1, 2, 3, 4]), b: float([2, 2], [0, 0, 3, 2]), w: float([2], [3, 1]) };
  const program = await compileFunction({
    name: "mse",
    inputs,
    fn: ({ a, b, w }) => ({ plain: meanSquaredError(a, b), weighted: meanSquaredError(a, b, { weights: w }) }),
  });
  const { plain, weighted } = await program.run(inputs);
  expect(plain.data[0]).toBeCloseTo(9 / 4, 6);
  expect(weighted.data[0]).toBeCloseTo((3 * 2.5 + 2) / 2, 6);
  await program.dispose();
});

test("a row with NaN is never at its top label", async () => {
  const inputs = { logits: float([3, 2], [1, 0, Number.NaN, 1, 1, Number.NaN]), labels: int([3], [0, 1, 0]) };
  const program = await compileFunction({
    name: "top",
    inputs,
    fn: ({ logits, labels }) => ({ top: ops.toInt(ops.isTopLabel(logits, labels)) }),
  });
  expect(Array.from((await program.run(inputs)).top.data)).toEqual([1, 0, 0]);
  await program.dispose();
});

test("a dense layer names itself when its weights do not fit", () => {
  const [x, w, b] = [np.zeros([2, 3]), np.zeros([4, 5]), np.zeros([3])];
  expect(() => dense(x, w, undefined, "readout")).toThrow(
    "Layer readout, weights: expected shape [3, out] for inputs [2, 3], got [4, 5]",
  );
  expect(() => dense(x, np.zeros([3, 5]), b, "readout")).toThrow("Layer readout, bias: expected shape [5], got [3]");
});
