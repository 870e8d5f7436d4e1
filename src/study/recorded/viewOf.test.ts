import fc from "fast-check";
import { expect, test } from "vitest";
import { viewOf } from "./viewOf.ts";

const raw = (rows: readonly (readonly [step: number, value: number, segment: number])[]) => ({
  measure: "loss",
  steps: rows.map(([step]) => step),
  values: rows.map(([, value]) => value),
  segments: rows.map(([, , segment]) => segment),
});

test("a restart withdraws what came after the step that it went back to", () => {
  const { series, leftOut } = viewOf(
    raw([
      [1, 10, 0],
      [2, 20, 0],
      [3, 30, 0],
      [4, 40, 0],
      [3, 31, 1],
    ]),
  );
  expect([series.steps, series.values, leftOut]).toEqual([[1, 2, 3], [10, 20, 31], 2]);
});

test("a checkpoint that was evaluated again takes its own place only", () => {
  const rows = raw([
    [1, 10, 0],
    [2, 20, 0],
    [3, 30, 0],
    [2, 21, 1],
  ]);
  const { series, leftOut } = viewOf(rows, "repetitions");
  expect([series.steps, series.values, leftOut]).toEqual([[1, 2, 3], [10, 21, 30], 1]);
});

test("the last value of a step counts, and what cannot be placed is left out", () => {
  const { series, leftOut } = viewOf(
    raw([
      [1, 10, 0],
      [1, 11, 0],
      [Number.NaN, 99, 0],
      [2, Number.NaN, 0],
    ]),
  );
  expect([series.steps, series.values, leftOut]).toEqual([[1, 2], [11, Number.NaN], 2]);
});

test("columns keep to their points when a file is not in the order of its steps", () => {
  const rows = {
    ...raw([
      [3, 30, 0],
      [1, 10, 0],
      [2, 20, 0],
    ]),
    ses: [0.3, 0.1, 0.2],
    contexts: [2, 0, 1],
  };
  expect(viewOf(rows).series).toMatchObject({ steps: [1, 2, 3], ses: [0.1, 0.2, 0.3], contexts: [0, 1, 2] });
});

test("steps ascend strictly, and every value is one of the file's at that step", () => {
  const row = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer(), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const sorted = [...rows].sort((a, b) => a[2] - b[2]);
      const { series } = viewOf(raw(sorted));
      series.steps.forEach((step, i) => {
        if (i > 0) expect(step).toBeGreaterThan(series.steps[i - 1]);
        expect(sorted.some(([at, value]) => at === step && value === series.values[i])).toBe(true);
      });
      const last = sorted.at(-1);
      if (last !== undefined) expect(series.steps).toContain(last[0]);
    }),
    { seed: 7 },
  );
});
