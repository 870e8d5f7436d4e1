import { describe, expect, test } from "vitest";
import { type Change, LossNotFiniteError, type Snapshot } from "../../core/index.ts";
import { nativeDevice } from "../../engine/native.ts";
import type { Organism } from "../organism.ts";
import { grokking } from "../organisms/grokking/organism.ts";
import { shortcutDigits } from "../organisms/shortcutDigits/organism.ts";
import { testTrainer } from "../trainer.suite.ts";
import { memberTrainer } from "./memberTrainer.ts";

const ENSEMBLE = { members: 4, exactness: "bit-identical" };
const SMALL = { "data.modulus": 13, "architecture.embedding": 8, "architecture.hidden": 16 };

/** The organism whose every run is trained as one of an ensemble. */
const ensembled = (organism: Organism): Organism => ({
  ...organism,
  open: async ({ device, ...run }) =>
    memberTrainer(await organism.ensembles!.open({ runs: [run], device, ensemble: ENSEMBLE })),
});

testTrainer({
  organism: ensembled(grokking),
  small: SMALL,
  steps: 40,
  effective: { from: 0, set: { "optimizer.weightDecay": 3 } },
  device: nativeDevice,
});

describe("an ensemble of grokking runs", () => {
  const processOf = (settings: Record<string, number> = {}) => ({
    organism: "grokking",
    factors: grokking.parseFactors({ ...SMALL, ...settings }, "test"),
    changes: [],
  });
  const run = (seed: number, settings: Record<string, number> = {}, changes: Change[] = []) => ({
    process: processOf(settings),
    seeds: { data: seed, init: seed },
    changes,
  });
  const open = (runs: ReturnType<typeof run>[]) =>
    grokking.ensembles!.open({ runs, device: nativeDevice, ensemble: ENSEMBLE });
  const alone = async (one: ReturnType<typeof run>, steps: number): Promise<Snapshot> => {
    const trainer = await grokking.open({ ...one, device: nativeDevice });
    await trainer.advance({ steps });
    return trainer.snapshot();
  };
  const mixed = [
    run(1),
    run(2, { "optimizer.learningRate": 0.003, "optimizer.weightDecay": 0.1 }),
    run(1, {}, [{ from: 7, until: 21, set: { "optimizer.learningRate": 0.05 } }]),
  ];

  test("gives every run the bits of its separate run: other seeds, other numbers, changes on the way", async () => {
    const ensemble = await open(mixed);
    await ensemble.advance({ steps: 30 });
    for (const [i, one] of mixed.entries()) expect(ensemble.run(i).snapshot()).toEqual(await alone(one, 30));
  });

  test("says in its numerics how many are trained at once, and has another key than separate runs", async () => {
    const { numerics } = await open(mixed);
    const separate = await grokking.open({ ...mixed[0], device: nativeDevice });
    expect(numerics.ensemble).toEqual(ENSEMBLE);
    expect(numerics.graph).not.toBe(separate.numerics.graph);
    expect(separate.numerics).not.toHaveProperty("ensemble");
  });

  test("a run that breaks leaves at the update before, as it would alone; the others go on", async () => {
    const change = { from: 12, until: 13, set: { "optimizer.learningRate": 10, "optimizer.weightDecay": 100 } };
    const breaking = run(3, {}, [
      change,
      { from: 13, set: { "optimizer.learningRate": 10, "optimizer.weightDecay": 100 } },
    ]);
    const ensemble = await open([run(1), breaking, run(2)]);
    const { failures, batchLossNats } = await ensemble.advance({ steps: 60 });
    expect([...failures.keys()]).toEqual([1]);
    const failure = failures.get(1)!;
    const trainer = await grokking.open({ ...breaking, device: nativeDevice });
    const expected: unknown = await trainer.advance({ steps: 60 }).catch((error: unknown) => error);
    expect(expected).toBeInstanceOf(LossNotFiniteError);
    expect(failure.message).toBe((expected as LossNotFiniteError).message);
    expect(failure.batchLossNats).toEqual((expected as LossNotFiniteError).batchLossNats);
    expect(ensemble.run(1).snapshot()).toEqual(trainer.snapshot());
    for (const [i, seed] of [
      [0, 1],
      [2, 2],
    ]) {
      expect(ensemble.run(i).snapshot()).toEqual(await alone(run(seed), 60));
      expect(batchLossNats[i]).toHaveLength(60);
    }
    expect(batchLossNats[1]).toHaveLength(failure.what.step);
    const again = await ensemble.advance({ steps: 5 });
    expect(again.failures.size).toBe(0);
    expect([0, 1, 2].map((i) => ensemble.run(i).step)).toEqual([65, failure.what.step, 65]);
  });

  test("refuses runs of different shapes, too many of them, and runs out of step", async () => {
    await expect(open([run(1), run(2, { "architecture.hidden": 8 })])).rejects.toThrow("expected runs of one shape");
    await expect(open([1, 2, 3, 4, 5].map((seed) => run(seed)))).rejects.toThrow("expected 1 to 4 runs, got 5");
    const ensemble = await open(mixed);
    const first = ensemble.run(0).snapshot();
    await ensemble.advance({ steps: 2 });
    ensemble.run(0).restore(first);
    await expect(ensemble.advance({ steps: 1 })).rejects.toThrow("expected all runs at one step, got steps 0, 2");
  });

  test("is worth it for tiny runs, by measurement, and bit-identical", async () => {
    const { measured } = await grokking.ensembles!.choose({
      runs: [run(1), run(2)],
      device: nativeDevice,
      candidates: [4],
      nowMs: () => process.cpuUsage().user / 1000,
    });
    expect(measured).toMatchObject([{ members: 4, exactness: "bit-identical" }]);
    expect(measured[0].ratio).toBeLessThan(0.9);
  });
});

test("shortcut-digits: a run's states stay within rounding of its separate run's, whatever is beside it", async () => {
  const factors = shortcutDigits.parseFactors(
    { "data.trainSize": 512, "architecture.hidden": 16, "optimizer.batchSize": 32 },
    "test",
  );
  const run = (seed: number) => ({
    process: { organism: shortcutDigits.name, factors, changes: [] },
    seeds: { data: seed, init: seed, order: seed },
    changes: [],
  });
  const states = async (seeds: number[]) => {
    const ensemble = await shortcutDigits.ensembles!.open({
      runs: seeds.map(run),
      device: nativeDevice,
      ensemble: { members: 3, exactness: "within 1e-6" },
    });
    await ensemble.advance({ steps: 20 });
    return seeds.map((_, i) => ensemble.run(i).snapshot());
  };
  const [first] = await states([1, 2, 3]);
  expect((await states([4, 1]))[1]).toEqual(first);
  const trainer = await shortcutDigits.open({ ...run(1), device: nativeDevice });
  await trainer.advance({ steps: 20 });
  for (const [name, { data }] of Object.entries(trainer.snapshot().tensors)) {
    const largest = Math.max(...Array.from(data, Math.abs));
    const apart = Math.max(...Array.from(data, (value, i) => Math.abs(value - first.tensors[name].data[i])));
    // Sums of up to 784 terms, √784 · 2⁻²⁴ = 2e-6, over twenty steps of AdamW.
    expect(apart / largest, name).toBeLessThan(1e-3);
  }
});
