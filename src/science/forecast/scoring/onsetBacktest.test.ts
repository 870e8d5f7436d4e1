import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import type { Trajectory } from "../forecaster.ts";
import { onsetForecasters } from "../methods.ts";
import { onsetRecords } from "./onsetBacktest.ts";

const STEPS = Array.from({ length: 40 }, (_, i) => 50 * (i + 1));
const TASK = {
  onset: { measure: "acc", threshold: 0.9, direction: "above" as const, hold: 2 },
  cutoff: 200,
  horizon: 2000,
};
const OPTIONS = { forecasters: onsetForecasters, by: 1000 };

/** The early signal tells the onset but for noise; a run without one is censored at its end. */
function cohort(signals: readonly number[]): Trajectory[] {
  const rng = Rng.of(5, "onset record");
  return signals.map((signal, i) => {
    const at = Math.exp(6.5 + 0.5 * signal + 0.03 * rng.normal());
    return {
      run: `run-${i}`,
      steps: STEPS,
      values: { acc: STEPS.map((step) => (step >= at ? 1 : 0.1)), norm: STEPS.map(() => signal) },
    };
  });
}

const signals = Array.from({ length: 16 }, (_, i) => (i - 7.5) / 5);

test("a method that reads an early signal has the smaller distance and the smaller Brier score", () => {
  const [base, early] = onsetRecords(cohort(signals), TASK, OPTIONS);
  expect([base.method, early.method]).toEqual(["cohort", "early measures"]);
  expect(early.medianOff!.value).toBeLessThan(0.5 * base.medianOff!.value);
  expect(early.brier!.value).toBeLessThan(base.brier!.value);
  expect(early.brier!.low).toBeGreaterThanOrEqual(0);
  expect(early.in90!.n).toBe(16);
});

test("runs that had the onset by the cutoff are not judged; censored ones only where their state is known", () => {
  const [base] = onsetRecords([...cohort(signals), ...cohort([-5, 5])], TASK, OPTIONS);
  expect(base.runs).toBe(17);
  expect(base.in90!.n).toBe(16);
  expect(base.brier!.n).toBe(17);
  const short = cohort([5]).map((run) => ({ ...run, run: "short", steps: STEPS.slice(0, 10), values: cut(run) }));
  expect(onsetRecords([...cohort(signals), ...short], TASK, OPTIONS)[0].brier!.n).toBe(16);
  function cut({ values }: Trajectory) {
    return Object.fromEntries(Object.entries(values).map(([name, column]) => [name, column.slice(0, 10)]));
  }
});

test("a cohort in which it never happened leaves no record", () => {
  expect(onsetRecords(cohort([5, 5.1, 5.2, 5.3]), TASK, OPTIONS)).toEqual([]);
});
