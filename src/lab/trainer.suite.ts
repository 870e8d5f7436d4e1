/**
 * @file What every organism's trainer must do: the suite that all of them run, on a small and quick setting.
 */
import { describe, expect, test } from "vitest";
import type { Change, MeasuredValue, Snapshot, Trainer } from "../core/index.ts";
import type { Device } from "../engine/index.ts";
import { exactPlacebo } from "./interventions/nulls.ts";
import type { Organism } from "./organism.ts";

export interface TrainerSuite {
  readonly organism: Organism;
  /** Dotted settings that make a run small. */
  readonly small: Readonly<Record<string, number | string>>;
  readonly steps: number;
  /** A change in mid-run that must make a difference at once. */
  readonly effective: Change;
  readonly device: Device;
}

export function testTrainer({ organism, small, steps, effective, device }: TrainerSuite): void {
  const factors = organism.parseFactors(small, "suite");
  const seedsOf = (seed: number) => Object.fromEntries(organism.seedNames.map((name) => [name, seed]));
  const open = (changes: readonly Change[] = [], seeds = seedsOf(3)): Promise<Trainer> =>
    organism.open({ process: { organism: organism.name, factors, changes: [] }, seeds, changes, device });
  const trained = async (changes: readonly Change[] = [], seeds = seedsOf(3)): Promise<Snapshot> => {
    const trainer = await open(changes, seeds);
    await trainer.advance({ steps });
    return trainer.snapshot();
  };
  const half = Math.floor(steps / 2);
  let reference: Promise<Snapshot> | undefined;
  const parent = (): Promise<Snapshot> => {
    reference ??= trained();
    return reference;
  };

  describe(`trainer of ${organism.name}, device ${device.kind}`, () => {
    test("learns: the training loss falls", async () => {
      const trainer = await open();
      const lossNow = async () => measured(await trainer.measure({ only: ["train.loss"] }), "train.loss");
      const before = await lossNow();
      const { batchLossNats } = await trainer.advance({ steps });
      expect(batchLossNats).toHaveLength(steps);
      expect(await lossNow()).toBeLessThan(before);
    });

    test("gives the same bits however the steps are cut up, with and without measuring", async () => {
      const trainer = await open();
      let cut = 1;
      while (trainer.step < steps) {
        await trainer.advance({ steps: Math.min(cut, steps - trainer.step) });
        await trainer.measure();
        cut = cut * 2 + 1;
      }
      expect(trainer.snapshot()).toEqual(await parent());
    });

    test("gives the same losses however the steps are cut up", async () => {
      const whole = await (await open()).advance({ steps });
      const trainer = await open();
      const first = await trainer.advance({ steps: 1 });
      const rest = await trainer.advance({ steps: steps - 1 });
      expect([...first.batchLossNats, ...rest.batchLossNats]).toEqual([...whole.batchLossNats]);
    });

    test("resumes a snapshot in another trainer bit for bit, and leaves the snapshot alone", async () => {
      const first = await open();
      await first.advance({ steps: half });
      const snapshot = first.snapshot();
      const copy = structuredClone(snapshot);
      const second = await open([], seedsOf(3));
      second.restore(snapshot);
      expect(second.step).toBe(half);
      await second.advance({ steps: steps - half });
      expect(second.snapshot()).toEqual(await parent());
      expect(snapshot).toEqual(copy);
    });

    test("replays an earlier snapshot in the same trainer", async () => {
      const trainer = await open();
      await trainer.advance({ steps: half });
      const snapshot = trainer.snapshot();
      await trainer.advance({ steps: steps - half });
      trainer.restore(snapshot);
      await trainer.advance({ steps: steps - half });
      expect(trainer.snapshot()).toEqual(await parent());
    });

    test("every seed component makes a difference", async () => {
      for (const name of organism.seedNames)
        expect(await trained([], { ...seedsOf(3), [name]: 4 }), name).not.toEqual(await parent());
    });

    test("an exact placebo is bit-identical to its parent, for every parameter", async () => {
      const placebos = Object.keys(organism.parameters).map((path) => exactPlacebo({ factors, path, from: half }));
      expect(await trained(placebos)).toEqual(await parent());
    });

    test("a change acts from its step on and not before, given at the start or applied on the way", async () => {
      const change = { ...effective, from: half };
      const treated = await open([change]);
      await treated.advance({ steps: half });
      const control = await open();
      await control.advance({ steps: half });
      expect(treated.snapshot()).toEqual(control.snapshot());
      control.apply(change);
      await treated.advance({ steps: steps - half });
      await control.advance({ steps: steps - half });
      expect(treated.snapshot()).toEqual(control.snapshot());
      expect(treated.snapshot()).not.toEqual(await parent());
    });

    test("a window that has not opened, or that is over before it begins to count, changes nothing", async () => {
      expect(await trained([{ ...effective, from: steps }])).toEqual(await parent());
      const late = await open();
      await late.advance({ steps: half });
      expect(() => late.apply({ ...effective, from: half - 1 })).toThrow(
        `expected a change from step ${half} or later`,
      );
    });

    test("measures every listed measure, finite, with n and se on every share; only what is asked", async () => {
      const trainer = await open();
      await trainer.advance({ steps });
      const values = await trainer.measure({ detail: "full" });
      expect(values.map(({ measure }) => measure).sort()).toEqual(organism.measures.map(({ name }) => name).sort());
      for (const { measure, value, se, n } of values) {
        expect(Number.isFinite(value), measure).toBe(true);
        const spec = organism.measures.find(({ name }) => name === measure)!;
        if (spec.range[0] !== null) expect(value).toBeGreaterThanOrEqual(spec.range[0]);
        if (spec.range[1] !== null) expect(value).toBeLessThanOrEqual(spec.range[1]);
        if (spec.unit !== "share") continue;
        expect(se, measure).toBeGreaterThan(0);
        expect(n, measure).toBeGreaterThan(0);
      }
      for (const { name } of organism.measures)
        expect((await trainer.measure({ only: [name], detail: "full" })).map(({ value }) => value)).toEqual([
          measured(values, name),
        ]);
      await expect(trainer.measure({ only: ["test.acuracy"] })).rejects.toThrow('got "test.acuracy"');
    });

    test("stops between calls when aborted, and goes on later as if nothing had been", async () => {
      const trainer = await open();
      const controller = new AbortController();
      controller.abort();
      const { batchLossNats } = await trainer.advance({ steps, signal: controller.signal });
      expect([batchLossNats.length, trainer.step]).toEqual([0, 0]);
      const later = new AbortController();
      setImmediate(() => later.abort());
      const { batchLossNats: some } = await trainer.advance({ steps: 1e6, signal: later.signal });
      expect(some.length).toBe(trainer.step);
      expect(trainer.step).toBeLessThan(1e6);
      if (trainer.step > steps) return;
      await trainer.advance({ steps: steps - trainer.step });
      expect(trainer.snapshot()).toEqual(await parent());
    });

    test("refuses what it cannot follow", async () => {
      const [path, spec] = Object.entries(organism.parameters).find(
        ([, { fixed, kind }]) => fixed && kind === "integer",
      )!;
      const change = { from: 1, set: { [path]: spec.kind === "integer" ? spec.high : 0 } };
      await expect(open([change])).rejects.toThrow(`Change of ${path}: expected its value to stay`);
      expect(() => organism.validateChange(change, factors)).toThrow("make it part of the process instead");
      await expect(open([], { data: 1 })).rejects.toThrow("expected components");
      await expect(open([], { ...seedsOf(1), data: -1 })).rejects.toThrow("Seed data: expected an integer ≥ 0, got -1");
      const process = { organism: "another", factors, changes: [] };
      await expect(organism.open({ process, seeds: seedsOf(1), changes: [], device })).rejects.toThrow(
        'one of "another"',
      );
      const trainer = await open();
      const { tensors, ...rest } = trainer.snapshot();
      const [name] = Object.keys(tensors);
      const { [name]: _, ...others } = tensors;
      expect(() => trainer.restore({ ...rest, tensors: others })).toThrow("restore: expected tensors");
      const short = { ...tensors[name], data: new Float32Array(1) };
      expect(() => trainer.restore({ ...rest, tensors: { ...tensors, [name]: short } })).toThrow(
        "has 1 items for shape",
      );
      await expect(trainer.advance({ steps: -1 })).rejects.toThrow("expected steps to be an integer ≥ 0, got -1");
      const running = trainer.advance({ steps: 1 });
      expect(() => trainer.snapshot()).toThrow(
        "snapshot: expected the trainer to be ready, got a trainer that is advancing",
      );
      await running;
      await trainer.close();
      expect(() => trainer.snapshot()).toThrow("got a trainer that is closed");
    });

    test("says what its numbers depend on", async () => {
      const { numerics } = await open();
      expect(numerics.threads).toBe(1);
      expect(numerics.graph).toMatch(/^[0-9a-f]{64}$/);
      expect((await open()).numerics).toEqual(numerics);
    });
  });
}

function measured(values: readonly MeasuredValue[], name: string): number {
  return values.find(({ measure }) => measure === name)!.value;
}
