import { expect, test } from "vitest";
import { Rng, type Trainer } from "../core/index.ts";
import { nativeDevice } from "../engine/native.ts";
import { NativeTrainer } from "./nativeTrainer.ts";
import { openGrokkingModel } from "./organisms/grokking/model.ts";
import { grokking } from "./organisms/grokking/organism.ts";
import { shortcutDigits } from "./organisms/shortcutDigits/organism.ts";

function openFlagship(): Promise<Trainer> {
  const factors = shortcutDigits.parseFactors({}, "test");
  const process = { organism: shortcutDigits.name, factors, changes: [] };
  return shortcutDigits.open({ process, seeds: { data: 1, init: 1, order: 1 }, changes: [], device: nativeDevice });
}

// A stop is seen between calls. The machine may hold the whole process up for longer: hence the second and third try.
test("a stop of the flagship's training takes effect within 200 ms and one step", { retry: 2 }, async () => {
  const trainer = await openFlagship();
  await trainer.advance({ steps: 50 });
  const beganMs = performance.now();
  await trainer.advance({ steps: 50 });
  const oneStepMs = (performance.now() - beganMs) / 50;
  for (const afterMs of [330, 470, 610]) {
    const controller = new AbortController();
    const dueMs = performance.now() + afterMs;
    setTimeout(() => controller.abort(), afterMs);
    const { batchLossNats } = await trainer.advance({ steps: 1e6, signal: controller.signal });
    expect(performance.now() - dueMs).toBeLessThan(200 + oneStepMs);
    expect(batchLossNats.length).toBeGreaterThan(20); // it did train meanwhile
  }
});

test("progress is told between calls, ascending, and ends at the step reached", async () => {
  const trainer = await openFlagship();
  const told: number[] = [];
  await trainer.advance({ steps: 400, onProgress: (step) => told.push(step) });
  expect(told.length).toBeGreaterThan(3);
  expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(400);
});

test("however the clock runs, and so however the steps are cut into calls, the bits are the same", async () => {
  const factors = grokking.parseFactors({ "data.modulus": 13, "architecture.hidden": 16 }, "test");
  const seeds = { data: 1, init: 1 };
  const trained = async (nowMs: () => number) => {
    const model = await openGrokkingModel({ factors, seeds, device: nativeDevice });
    const calls: number[] = [];
    const counted = {
      ...model,
      numerics: model.numerics,
      initialState: () => model.initialState(),
      update: (options: Parameters<typeof model.update>[0]) => {
        calls.push(options.steps);
        return model.update(options);
      },
    };
    const trainer = new NativeTrainer({
      model: counted,
      factors,
      seeds,
      changes: [],
      measureNames: [],
      validateChange: () => {},
      nowMs,
    });
    await trainer.advance({ steps: 90 });
    return { snapshot: trainer.snapshot(), calls };
  };
  const still = await trained(() => 0);
  const rng = Rng.of(3, "wild clock");
  let now = 0;
  const wild = await trained(() => {
    now += 400 * rng.uniform() ** 4;
    return now;
  });
  let slow = 0;
  const slowest = await trained(() => {
    slow += 1000;
    return slow;
  });
  expect(still.calls).toEqual([1, 4, 16, 64, 5]);
  expect(new Set(wild.calls).size).toBeGreaterThan(3);
  expect(slowest.calls).toEqual(Array.from({ length: 90 }, () => 1));
  expect(wild.snapshot).toEqual(still.snapshot);
  expect(slowest.snapshot).toEqual(still.snapshot);
});
