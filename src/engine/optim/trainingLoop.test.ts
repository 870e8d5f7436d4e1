/**
 * Reference: PyTorch 2.13, `python fixtures/makeTrainingNumbers.py > fixtures/trainingNumbers.json`, in float64.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import type { Device } from "../device.ts";
import { jaxDevice } from "../jax/device.ts";
import { tensorSpecs } from "../layers/layer.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { mlp } from "../layers/mlp.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { nativeDevice } from "../native.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, int } from "../reference.suite.ts";
import { scheduleAt } from "../schedule/schedule.ts";
import { clipByGlobalNorm, clipNorm, globalNorm } from "./clipping.ts";
import reference from "./fixtures/trainingNumbers.json" with { type: "json" };
import { sgd } from "./sgd.ts";
import type { TrainingOptions } from "./trainingLoop.ts";
import { initialTrainingState, trainingColumns, trainingLoop } from "./trainingLoop.ts";

beforeAll(() => initEngine());

const { settings } = reference;
const MODEL = mlp({ widths: [3, 4, 3], activation: "tanh" });
const STEPS = reference.losses.length;
const PARTS = { optimizer: sgd({ momentum: settings.momentum }), clipped: true, averaged: true };

const options: TrainingOptions = {
  ...PARTS,
  name: "perceptron",
  parameters: tensorSpecs(MODEL.parameters),
  resident: { inputs: { dtype: "float32", shape: [9, 3] }, labels: { dtype: "int32", shape: [9] } },
  perStep: { index: { dtype: "int32", shape: [4] } },
  gathers: { x: { from: "inputs", by: "index" }, label: { from: "labels", by: "index" } },
  loss: (parameters, { x, label }) => softmaxCrossEntropy(MODEL.apply(parameters, x), label),
};

const columns = (firstStep: number, steps: number): Record<string, Tensor> => ({
  index: int([steps, 4], reference.index.slice(firstStep, firstStep + steps).flat()),
  ...trainingColumns({
    parts: PARTS,
    firstStep,
    steps,
    settingsAt: (step) => ({
      learningRate: scheduleAt({ kind: "cosine", peak: settings.peak, totalSteps: STEPS }, step),
      weightDecay: settings.weightDecay,
      clipNorm: settings.clipNorm,
      emaDecay: settings.emaDecay,
    }),
  }),
});

const tensors = (recorded: Readonly<Record<string, { shape: number[]; data: number[] }>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(recorded).map(([name, { shape, data }]) => [name, float(shape, data)]));

const DEVICES: Record<string, Device> = { native: nativeDevice, jax: jaxDevice({ backend: "cpu" }) };

describe.each(Object.entries(DEVICES))("on %s", (_, device) => {
  test("ten steps with clipping, schedule, decay and average follow PyTorch", async () => {
    const program = await device.compileLoop(trainingLoop(options));
    program.bind({ inputs: float([9, 3], reference.x), labels: int([9], reference.labels) });
    const start = initialTrainingState(tensors(reference.start), PARTS);
    const first = await program.run({ state: start, table: columns(0, 4), steps: 4 });
    const rest = await program.run({ state: first.state, table: columns(4, STEPS - 4), steps: STEPS - 4 });
    await program.dispose();
    const both = (name: string): number[] => [...first.outputs[name].data, ...rest.outputs[name].data];
    // Float32 against float64 over ten steps of numbers around 1.
    expectClose("loss", both("loss"), reference.losses);
    expectClose("gradientNorm", both("gradientNorm"), reference.gradientNorms);
    for (const [name, { data }] of Object.entries(reference.end)) expectClose(name, rest.state[name].data, data);
    for (const [name, { data }] of Object.entries(reference.average))
      expectClose(`ema.${name}`, rest.state[`ema.${name}`].data, data);
  });
});

test("the reference clips at some steps and not at others", () => {
  const clipped = reference.gradientNorms.filter((norm) => norm > settings.clipNorm).length;
  expect(clipped).toBeGreaterThan(2);
  expect(clipped).toBeLessThan(STEPS - 2);
});

test("what `observe` shares with the loss is computed once", () => {
  const products = (spec: TrainingOptions): number =>
    lowerLoop(trainingLoop(spec)).step.nodes.filter(({ op }) => op === "MatMul").length;
  const observe: TrainingOptions["observe"] = (parameters, { x }) => ({ logits: MODEL.apply(parameters, x) });
  expect(products({ ...options, observe })).toBe(products(options));
});

test("a loop without clipping and average carries and reads nothing for them", () => {
  const plain = trainingLoop({ ...options, clipped: false, averaged: false });
  expect(Object.keys(plain.perStep)).toEqual(["index", "sgdLearningRate", "sgdWeightDecay"]);
  expect(Object.keys(plain.state).filter((name) => name.startsWith("ema."))).toEqual([]);
  const parts = { optimizer: sgd() };
  const table = trainingColumns({ parts, firstStep: 0, steps: 2, settingsAt: () => ({ learningRate: 1 }) });
  expect(Object.keys(table)).toEqual(["sgdDecay", "sgdLearningRate"]);
});

test("gradients are scaled to the largest norm together, and left alone below it or under +∞", async () => {
  const inputs = { a: float([2], [3, 0]), b: float([2, 1], [0, 4]), none: float([], [clipNorm()]) };
  await expectAgreement(({ a, b, none }) => {
    const [cut, open, infinite] = [2.5, 5.5, none].map((most) => clipByGlobalNorm({ a, b }, most).grads);
    return { cut: cut.a, left: open.b, unclipped: infinite.b, norm: globalNorm({ a, b }) };
  }, inputs);
});

test("a NaN gradient is not hidden by clipping", async () => {
  await expectAgreement(({ a, b }) => clipByGlobalNorm({ a, b }, 1).grads, {
    a: float([1], [Number.NaN]),
    b: float([1], [2]),
  });
});

test("impossible settings are refused", () => {
  const at = (extra: object) => () =>
    trainingColumns({ parts: PARTS, firstStep: 0, steps: 1, settingsAt: () => ({ learningRate: 1, ...extra }) });
  expect(at({ clipNorm: 0 })).toThrow("clipNorm: expected a number above 0, got 0");
  expect(at({ emaDecay: 1 })).toThrow("ema, decay: expected a number in [0, 1), got 1");
});

function expectClose(what: string, got: ArrayLike<number>, expected: readonly number[]): void {
  for (const [i, target] of expected.entries())
    expect(Math.abs(got[i] - target), `${what}[${i}]`).toBeLessThan(3e-6 * (1 + Math.abs(target)));
}
