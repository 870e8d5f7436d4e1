/**
 * @file Grids: shared steps as they are, others in bins; the target alone.
 */
import { expect, test } from "vitest";
import type { Trajectory } from "../forecaster.ts";
import { curveGrid, onGrid } from "./curveGrid.ts";

const runAt = (steps: readonly number[], f: (step: number) => number = (step) => step): Trajectory => ({
  run: `at ${steps.length}`,
  steps,
  values: { y: steps.map(f) },
});

test("runs that share their steps keep them, from a thousandth of the target on", () => {
  const steps = [0, 1, 5, 16, 128, 1000, 4000, 9000, 10_000];
  const grid = curveGrid([runAt(steps), runAt(steps, (step) => 2 * step)], {
    target: "y",
    targetStep: 10_000,
    cutoff: 1000,
  });
  expect(grid.ends).toEqual([16, 128, 1000, 4000, 9000, 10_000]);
  expect([...grid.values[1]]).toEqual([32, 256, 2000, 8000, 18_000, 20_000]);
  expect([...grid.noiseShape]).toEqual([1, 1, 1, 1, 1, 1]);
});

test("long series are averaged in at most 26 bins; a bin ends at the cutoff, and the target is never averaged", () => {
  const steps = Array.from({ length: 3000 }, (_, i) => i + 1);
  const other = steps.filter((step) => step % 3 === 0);
  const grid = curveGrid([runAt(steps), runAt(other)], { target: "y", targetStep: 3000, cutoff: 700 });
  expect(grid.ends.length).toBeLessThanOrEqual(26);
  expect(grid.ends).toContain(700);
  expect(grid.ends.at(-1)).toBe(3000);
  expect(grid.values.map((row) => row.at(-1))).toEqual([3000, 3000]);
  grid.ends.forEach((end, j) => {
    expect(grid.values[0][j]).toBeLessThanOrEqual(end);
    expect(grid.values[0][j]).toBeGreaterThan(grid.starts[j]);
  });
});

test("a value after a bin's end is not in it, and a non-finite one is not measured", () => {
  const steps = [100, 200, 400, 1000];
  const cohort = [runAt(steps), runAt(steps)];
  const grid = curveGrid(cohort, { target: "y", targetStep: 1000, cutoff: 200 });
  const fresh = runAt(steps, (step) => (step === 200 ? Number.POSITIVE_INFINITY : step));
  expect([...onGrid(grid, { ...fresh, steps: [100, 200], values: { y: fresh.values.y.slice(0, 2) } }, "y")]).toEqual([
    100,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

test("refuses when the runs share fewer than three steps up to the target", () => {
  expect(() => curveGrid([runAt([10, 100]), runAt([10, 100])], { target: "y", targetStep: 100, cutoff: 10 })).toThrow(
    "2 steps of y up to 100 are shared by the cohort; 3 are needed",
  );
});
