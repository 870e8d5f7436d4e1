/**
 * Reference: PyTorch 2.13, `python fixtures/makeLossNumbers.py > fixtures/lossNumbers.json`, in float64.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, grad, numpy as np } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, int, onEngine, onJax } from "../reference.suite.ts";
import { rightSideCount, topLabelCount } from "./accuracy.ts";
import reference from "./fixtures/lossNumbers.json" with { type: "json" };
import type { LossOptions } from "./losses.ts";
import * as losses from "./losses.ts";

beforeAll(() => initEngine());

/** Rounding of a float32 loss of up to 100 that is a difference of numbers of that size. */
const TOLERANCE = 2e-6;

interface LossCase {
  readonly perExample?: (x: JaxArray, target: JaxArray) => JaxArray;
  readonly mean: (x: JaxArray, target: JaxArray, options: LossOptions) => JaxArray;
}

const crossEntropy = { perExample: losses.crossEntropyPerExample, mean: losses.softmaxCrossEntropy };
const SMOOTHED = { smoothing: 0.1 };
const CASES: Record<keyof typeof reference.cases, LossCase> = {
  crossEntropy,
  crossEntropySequences: crossEntropy,
  crossEntropySmoothed: {
    perExample: (x, target) => losses.crossEntropyPerExample(x, target, SMOOTHED),
    mean: (x, target, options) => losses.softmaxCrossEntropy(x, target, { ...options, ...SMOOTHED }),
  },
  binaryCrossEntropy: { perExample: losses.binaryCrossEntropyPerExample, mean: losses.binaryCrossEntropy },
  hinge: { perExample: losses.hingePerExample, mean: losses.hingeLoss },
  squaredError: { mean: losses.meanSquaredError },
};

describe.each(Object.entries(CASES))("%s", (name, { perExample, mean }) => {
  const { x, target, weights, ...expected } = reference.cases[name as keyof typeof CASES];
  const inputs = {
    x: float(x.shape, x.data),
    target: name.startsWith("crossEntropy") ? int(target.shape, target.data) : float(target.shape, target.data),
    weights: float(weights.shape, weights.data),
  };
  const fn = (args: JaxArrays): JaxArrays => {
    const loss = (y: JaxArray): JaxArray => mean(y, args.target, { weights: args.weights });
    return {
      mean: loss(args.x),
      gradient: grad(loss)(args.x.ref) as unknown as JaxArray,
      ...(perExample === undefined ? {} : { perExample: perExample(args.x, args.target) }),
    };
  };

  test.each(Object.entries({ native: onEngine, jax: onJax }))("agrees with PyTorch on %s", async (_, run) => {
    const got = await run(fn, inputs);
    const targets = { mean: [expected.mean], gradient: expected.gradient.data, perExample: expected.perExample.data };
    for (const [key, { data }] of Object.entries(got))
      for (const [i, value] of targets[key as keyof typeof targets].entries())
        expect(Math.abs(data[i] - value) / (1 + Math.abs(value)), `${key}[${i}]`).toBeLessThan(TOLERANCE);
  });
});

test("smoothing may be a traced scalar, and 0 of it changes nothing", async () => {
  const { x, target } = reference.cases.crossEntropySmoothed;
  const inputs = { x: float(x.shape, x.data), target: int(target.shape, target.data), none: float([], [0]) };
  const { plain, smoothed } = await onEngine(
    (args) => ({
      plain: losses.softmaxCrossEntropy(args.x, args.target),
      smoothed: losses.softmaxCrossEntropy(args.x, args.target, { smoothing: args.none }),
    }),
    inputs,
  );
  expect(smoothed.data[0]).toBeCloseTo(plain.data[0], 6);
});

test("log-softmax normalises every row", async () => {
  const { x } = reference.cases.crossEntropySequences;
  await expectAgreement((args) => ({ out: ops.logSoftmax(args.x) }), { x: float(x.shape, x.data) });
});

test("counts are exact numbers of right answers", async () => {
  const inputs = {
    logits: float([4, 2], [1, 0, 0, 1, 2, 2, Number.NaN, 1]),
    labels: int([4], [0, 0, 1, 1]),
    scores: float([6], [2, -1, 0, 3, Number.NaN, Number.NaN]),
    shares: float([6], [1, 0, 0, 0, 1, 0]),
    signs: float([6], [1, -1, 1, -1, 1, -1]),
  };
  const counts = await onEngine(
    ({ logits, labels, scores, shares, signs }) => ({
      top: topLabelCount(logits, labels),
      ofShares: rightSideCount(scores, shares),
      ofSigns: rightSideCount(scores, signs),
    }),
    inputs,
  );
  expect([counts.top.data[0], counts.ofShares.data[0], counts.ofSigns.data[0]]).toEqual([2, 3, 2]);
});

test("shapes and types that do not belong together are refused by name", () => {
  const [logits, labels] = [np.zeros([4, 3]), np.zeros([5], { dtype: DType.Int32 })];
  expect(() => losses.softmaxCrossEntropy(logits, labels)).toThrow("crossEntropy, labels: expected shape [4], got [5]");
  expect(() => losses.softmaxCrossEntropy(logits, np.zeros([4]))).toThrow(
    "Layer crossEntropy, labels: expected int32, got float32",
  );
  expect(() => losses.binaryCrossEntropy(np.zeros([4]), np.zeros([4, 1]))).toThrow("expected shape [4], got [4, 1]");
  expect(() => losses.hingeLoss(np.zeros([4]), np.zeros([4]), { weights: np.zeros([3]) })).toThrow(
    "loss, weights: expected shape [4], got [3]",
  );
});
