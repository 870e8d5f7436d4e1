import { expect, test } from "vitest";
import { jaxDevice } from "../../../engine/index.ts";
import { nativeDevice } from "../../../engine/native.ts";
import { testTrainer } from "../../trainer.suite.ts";
import { grokking } from "./organism.ts";

for (const device of [nativeDevice, jaxDevice({ backend: "wasm" })])
  testTrainer({
    organism: grokking,
    small: { "data.modulus": 13, "architecture.embedding": 8, "architecture.hidden": 16 },
    steps: 60,
    effective: { from: 0, set: { "optimizer.weightDecay": 3 } },
    device,
  });

async function firstSteps(seed: number, settings: Record<string, number>, steps: number) {
  const factors = grokking.parseFactors(settings, "test");
  const process = { organism: "grokking", factors, changes: [] };
  const trainer = await grokking.open({
    process,
    seeds: { data: seed, init: seed },
    changes: [],
    device: nativeDevice,
  });
  const first: { train?: number; test?: number } = {};
  while (trainer.step < steps && first.test === undefined) {
    await trainer.advance({ steps: 20 });
    const [train, held] = await trainer.measure({ only: ["train.accuracy", "test.accuracy"] });
    if (train.value >= 0.99) first.train ??= trainer.step;
    if (held.value >= 0.95) first.test ??= trainer.step;
  }
  return first;
}

test.each([0, 1, 2])("memorises by step 60–80 and understands at 300–500, seed %i", async (seed) => {
  const { train, test: held } = await firstSteps(seed, {}, 520);
  expect(train).toBeGreaterThanOrEqual(40);
  expect(train).toBeLessThanOrEqual(80);
  expect(held).toBeGreaterThanOrEqual(280);
  expect(held).toBeLessThanOrEqual(520);
});

test("without weight decay it memorises and does not understand in the same time", async () => {
  const { train, test: held } = await firstSteps(0, { "optimizer.weightDecay": 0 }, 520);
  expect(train).toBeLessThanOrEqual(80);
  expect(held).toBeUndefined();
});
