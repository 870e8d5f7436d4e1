import { expect, test } from "vitest";
import type { MeasuredValue, Point, Tensor, Trainer } from "../../core/index.ts";
import { compareMeasures } from "./compareMeasures.ts";
import { isWithin, stateDifferences } from "./compareStates.ts";

const f32 = (...values: number[]): Tensor => ({
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});

test("equal states have no differences, NaN and −0 included", () => {
  const state = { a: f32(1, Number.NaN, -0), b: f32(3) };
  expect(stateDifferences(state, structuredClone(state))).toEqual([]);
});

test("the tensors that differ are named, with the largest difference and what it is to be seen against", () => {
  const differences = stateDifferences(
    { a: f32(1, -8), b: f32(2), c: f32(5) },
    { a: f32(1.5, -8.25), b: f32(2), c: f32(4) },
  );
  expect(differences).toEqual([
    { tensor: "a", maxAbsDifference: 0.5, maxAbsStored: 8 },
    { tensor: "c", maxAbsDifference: 1, maxAbsStored: 5 },
  ]);
  expect(isWithin(differences, 0.2)).toBe(true);
  expect(isWithin(differences, 0.19)).toBe(false);
});

test("a sign of zero is a difference in bits, of size 0; NaN against a number is within no tolerance", () => {
  expect(stateDifferences({ a: f32(0) }, { a: f32(-0) })).toEqual([
    { tensor: "a", maxAbsDifference: 0, maxAbsStored: 0 },
  ]);
  const broken = stateDifferences({ a: f32(1) }, { a: f32(Number.NaN) });
  expect(broken[0].maxAbsDifference).toBe(Number.NaN);
  expect(isWithin(broken, 1e9)).toBe(false);
});

test("tensors that are missing or of another shape are said to be so", () => {
  const differences = stateDifferences({ a: f32(1), b: f32(1, 2) }, { b: f32(1), c: f32(1) });
  expect(differences).toEqual([
    { tensor: "a", mismatch: "is stored only" },
    { tensor: "b", mismatch: "is float32 [2] as stored, float32 [1] as replayed" },
    { tensor: "c", mismatch: "is not stored" },
  ]);
  expect(isWithin(differences, 1)).toBe(false);
});

/** Measures m on 10 items or, in full, on 100. */
function trainerMeasuring(quick: readonly MeasuredValue[], full: readonly MeasuredValue[]): Trainer {
  return {
    numerics: { engine: "e", graph: "g", runtime: "r", threads: 1, cpu: "c" },
    step: 5,
    advance: async () => ({ batchLossNats: new Float32Array() }),
    snapshot: () => ({ step: 5, tensors: {}, cursor: {} }),
    restore: () => {},
    apply: () => {},
    measure: async ({ detail } = {}) => (detail === "full" ? full : quick),
    close: async () => {},
  };
}

const trainer = trainerMeasuring(
  [
    { measure: "m", value: 0.5, se: 0.1, n: 10 },
    { measure: "k", value: Number.NaN },
  ],
  [
    { measure: "m", value: 0.52, se: 0.01, n: 100 },
    { measure: "k", value: Number.NaN },
  ],
);
const point = (measure: string, value: number, more: Partial<Point> = {}): Point => ({
  step: 5,
  wallMs: 1,
  measure,
  value,
  ...more,
});

test("measures are the same on as many items as they were taken on, quick or full; NaN is NaN", async () => {
  const quick = [point("m", 0.5, { se: 0.1, n: 10 }), point("k", Number.NaN)];
  expect(await compareMeasures(trainer, quick, 0)).toEqual({ compared: 2, differences: [], unknown: [] });
  const full = [point("m", 0.52, { se: 0.01, n: 100 }), point("k", Number.NaN)];
  expect(await compareMeasures(trainer, full, 0)).toEqual({ compared: 2, differences: [], unknown: [] });
});

test("another value, standard error or count is a difference; an unknown measure is not compared", async () => {
  for (const stored of [
    point("m", 0.5000000001, { se: 0.1, n: 10 }),
    point("m", 0.5, { se: 0.11, n: 10 }),
    point("m", 0.5, { se: 0.1, n: 11 }),
  ]) {
    const { differences } = await compareMeasures(trainer, [stored], 0);
    expect(differences.map(({ measure }) => measure)).toEqual(["m"]);
  }
  const { compared, unknown } = await compareMeasures(trainer, [point("old", 1)], 0);
  expect({ compared, unknown }).toEqual({ compared: 0, unknown: ["old"] });
});

test("within a tolerance a value may move by that share of itself, or of 1", async () => {
  const at = (value: number) => compareMeasures(trainer, [point("m", value, { se: 0.2, n: 10 })], 1e-3);
  expect((await at(0.5009)).differences).toEqual([]);
  expect((await at(0.5011)).differences).toHaveLength(1);
});
