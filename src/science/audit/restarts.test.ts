import { expect, test } from "vitest";
import type { RawSeries } from "../../core/index.ts";
import { restarts } from "./restarts.ts";
import { runOf } from "./run.fixture.ts";

function rawRun(steps: number[], values: number[], segments: number[]) {
  const raw: RawSeries = { measure: "loss", steps, values, segments };
  return runOf(
    { loss: { steps: [...new Set(steps)].sort((a, b) => a - b), values } },
    { raw: new Map([["loss", raw]]) },
  );
}

test("a restart whose repeated steps agree is a note that spoils nothing", () => {
  expect(restarts(rawRun([1, 2, 3, 2, 3, 4], [5, 4, 3, 4, 3, 2], [0, 0, 0, 1, 1, 1]))).toMatchObject([
    {
      code: "restarted",
      severity: "note",
      evidence: { restarts: 1, stepsLoggedTwice: 2, stepsThatDiffer: 0 },
      spoils: [],
    },
  ]);
});

test("a restart whose repeated steps differ by far more than the run moves is a warning", () => {
  expect(restarts(rawRun([1, 2, 3, 2, 3, 4, 5], [5, 4.9, 4.8, 9, 8.9, 8.8, 8.7], [0, 0, 0, 1, 1, 1, 1]))).toMatchObject(
    [{ code: "restarted", severity: "warning", evidence: { stepsThatDiffer: 2 } }],
  );
});

test("several values at a step without a restart: a warning where they differ, a note where not", () => {
  expect(restarts(rawRun([1, 2, 2, 3], [5, 4, 4.5, 3], [0, 0, 0, 0]))).toMatchObject([
    { code: "steps-repeated", severity: "warning", where: { steps: [[2, 2]] } },
  ]);
  expect(restarts(rawRun([1, 2, 2, 3], [5, 4, 4, 3], [0, 0, 0, 0]))).toMatchObject([
    { code: "steps-repeated", severity: "note" },
  ]);
});

test("steps that go back without a restart are a warning", () => {
  expect(restarts(rawRun([1, 3, 2, 4], [5, 4, 3, 2], [0, 0, 0, 0]))).toMatchObject([
    { code: "steps-backwards", severity: "warning", where: { steps: [[2, 2]] } },
  ]);
});

test("a plain run has nothing to tell", () => {
  expect(restarts(runOf({ loss: { steps: [1, 2], values: [2, 1] } }))).toEqual([]);
});
