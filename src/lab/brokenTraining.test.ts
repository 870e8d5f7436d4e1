import { describe, expect, test } from "vitest";
import { type Factors, LossNotFiniteError, type Trainer } from "../core/index.ts";
import { nativeDevice } from "../engine/native.ts";
import { isAllFinite, maybeBrokenTensor } from "./brokenTraining.ts";
import { type NativeModel, NativeTrainer, type State } from "./nativeTrainer.ts";
import { grokking } from "./organisms/grokking/organism.ts";

/** Every update multiplies the weights by 1 − 1 · 10 = −9, until the squares of their gradients leave float32. */
const DIVERGING = { "data.modulus": 13, "optimizer.learningRate": 1, "optimizer.weightDecay": 10 };

function openDiverging(): Promise<Trainer> {
  const factors = grokking.parseFactors(DIVERGING, "test");
  const process = { organism: "grokking", factors, changes: [] };
  return grokking.open({ process, seeds: { data: 1, init: 1 }, changes: [], device: nativeDevice });
}

async function breakOf(trainer: Trainer, steps: number): Promise<LossNotFiniteError> {
  const error = await trainer.advance({ steps }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LossNotFiniteError);
  return error as LossNotFiniteError;
}

describe("training that diverges", () => {
  test("ends before the update that broke, with the step, the tensor and where it came from", async () => {
    const trainer = await openDiverging();
    const error = await breakOf(trainer, 1000);
    const { what, batchLossNats, code, message } = error;
    expect(code).toBe("LOSS_NOT_FINITE");
    expect(trainer.step).toBe(what.step);
    expect(what.step).toBeGreaterThan(2);
    expect(what.tensor).toMatch(/^v\.(E|W1|W2)$/);
    expect(message).toMatch(
      new RegExp(
        `^Training from step ${what.step} to ${what.step + 1}: expected a finite loss and state, got a loss of`,
      ),
    );
    expect(what.origin).toMatch(
      /^\w+ in grokking mod 13, 68 pairs.*, float32 \[\d+, \d+\]: \d+ infinite of \d+ values/,
    );
    expect(batchLossNats).toHaveLength(what.step);
    expect(isAllFinite(batchLossNats)).toBe(true);
    expect(maybeBrokenTensor(trainer.snapshot().tensors)).toBeUndefined();
  });

  test("says the same however the steps are cut up, and when it is tried again from where it stands", async () => {
    const whole = await openDiverging();
    const first = await breakOf(whole, 1000);
    const again = await breakOf(whole, 1);
    const stepwise = await openDiverging();
    while (stepwise.step < first.what.step) await stepwise.advance({ steps: 1 });
    const last = await breakOf(stepwise, 1);
    expect([again.what, last.what]).toEqual([first.what, first.what]);
    expect(again.batchLossNats).toHaveLength(0);
    expect(stepwise.snapshot()).toEqual(whole.snapshot());
  });
});

const REGIME = { factors: { data: {}, objective: {}, architecture: {}, optimizer: {} } satisfies Factors, seeds: {} };
const scalar = (value: number): State => ({ w: { dtype: "float32", shape: [1], data: Float32Array.of(value) } });

/** Counts its steps in w; loss and next state as told. */
function countingModel(rules: {
  readonly loss?: (step: number) => number;
  readonly next?: (step: number) => number;
  readonly initial?: number;
}): NativeModel {
  const { loss = () => 1, next = (step) => step + 1, initial = 0 } = rules;
  return {
    numerics: { engine: "e", graph: "g", runtime: "r", threads: 1, cpu: "c" },
    initialState: () => scalar(initial),
    async update({ step, steps }) {
      const all = Array.from({ length: steps }, (_, i) => step + i);
      return { state: scalar(next(all.at(-1)!)), batchLossNats: Float32Array.from(all, loss) };
    },
    firstNonFinite: async () => undefined,
    measure: async () => [],
    close: async () => {},
  };
}

function trainerOf(model: NativeModel): NativeTrainer {
  const { factors, seeds } = REGIME;
  return new NativeTrainer({ model, factors, seeds, changes: [], measureNames: [], validateChange: () => {} });
}

describe("a loss that is not finite", () => {
  test("over a state that stays finite is reported without a tensor", async () => {
    const trainer = trainerOf(countingModel({ loss: (step) => (step === 37 ? Number.NaN : step) }));
    const { what, message } = await breakOf(trainer, 100);
    expect(what).toEqual({ step: 37, lossNats: Number.NaN, tensor: undefined, origin: undefined, beganFinite: true });
    expect(message).toBe(
      "Training from step 37 to 38: expected a finite loss and state, got a loss of NaN nats; lower the learning rate, or branch off before this step with other settings",
    );
    expect(trainer.step).toBe(37);
    expect(trainer.snapshot().tensors).toEqual(scalar(37));
  });

  test("a state that breaks while the loss stays finite ends it too", async () => {
    const trainer = trainerOf(countingModel({ next: (step) => (step >= 20 ? Number.POSITIVE_INFINITY : step + 1) }));
    const { what } = await breakOf(trainer, 100);
    expect(what).toMatchObject({ step: 20, lossNats: 1, tensor: "w", beganFinite: true });
  });

  test("that began with a state that was not finite says so", async () => {
    const broken = Number.NEGATIVE_INFINITY;
    const trainer = trainerOf(countingModel({ initial: broken, next: () => broken }));
    const { what, message } = await breakOf(trainer, 5);
    expect(what).toMatchObject({ step: 0, tensor: "w", beganFinite: false });
    expect(message).toContain("began with was not finite already");
  });

  test("that does not come again when it is replayed is a machine that cannot be trusted", async () => {
    let calls = 0;
    const model = countingModel({ loss: () => (calls++ === 4 ? Number.NaN : 1) });
    await expect(trainerOf(model).advance({ steps: 100 })).rejects.toMatchObject({ code: "REPLAY_INEXACT" });
  });
});

test("finds NaN and both infinities at any place, and nothing in what is finite", () => {
  const largest = 3.4028234663852886e38;
  const values = Float32Array.of(0, -0, 1e-45, largest, -largest, 1);
  expect(isAllFinite(values)).toBe(true);
  expect(isAllFinite(new Float32Array())).toBe(true);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (let i = 0; i < values.length; i++) {
      const broken = values.slice();
      broken[i] = bad;
      expect(isAllFinite(broken)).toBe(false);
    }
});
