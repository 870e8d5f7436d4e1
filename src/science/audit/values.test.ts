import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { runOf } from "./run.fixture.ts";
import { notFinite, outOfRange, standingStill } from "./values.ts";

const steps = Array.from({ length: 40 }, (_, i) => i);
const rng = Rng.of(2, "values");
const loss = steps.map((step) => 3 * (step + 1) ** -0.3 + 0.01 * rng.normal());

describe("notFinite", () => {
  test("measures that break at the same steps are one finding; whether they stay broken is told", () => {
    const broken = loss.map((value, i) => (i >= 30 ? Number.NaN : value));
    const run = runOf({
      a: { steps, values: broken },
      b: { steps, values: broken },
      c: { steps, values: loss.with(4, Number.POSITIVE_INFINITY) },
    });
    expect(notFinite(run)).toMatchObject([
      { where: { measures: ["a", "b"], steps: [[30, 39]] }, evidence: { toTheEnd: true } },
      { where: { measures: ["c"], steps: [[4, 4]] }, evidence: { toTheEnd: false } },
    ]);
    expect(notFinite(runOf({ a: { steps, values: loss } }))).toEqual([]);
  });
});

describe("standingStill", () => {
  test("a measure that never moves is a note, a schedule may stand still", () => {
    const still = steps.map(() => 0.5);
    expect(standingStill(runOf({ "a/acc": { steps, values: still }, lr: { steps, values: still } }))).toMatchObject([
      { code: "constant", severity: "note", where: { measures: ["a/acc"] } },
    ]);
  });

  test("a continuous measure that repeats one value in the middle is stuck", () => {
    const stuck = loss.map((value, i) => (i >= 20 && i < 25 ? loss[20] : value));
    expect(standingStill(runOf({ loss: { steps, values: stuck } }))).toMatchObject([
      { code: "stuck", severity: "warning", where: { steps: [[20, 24]] } },
    ]);
    expect(standingStill(runOf({ loss: { steps, values: loss } }))).toEqual([]);
  });

  test("a saturated or chance-level share is not", () => {
    const share = steps.map((step) => (step < 20 ? Math.round(30 * Math.abs(Math.sin(step))) / 50 : 0.38));
    expect(standingStill(runOf({ "a/acc": { steps, values: share } }))).toEqual([]);
  });
});

test("values outside the stated range are an error", () => {
  const specs = new Map([
    ["a/acc", { range: [0, 1] as [number, number] }],
    ["ppl", { range: [1, null] as [number, null] }],
  ]);
  const run = runOf(
    { "a/acc": { steps: [1, 2, 3], values: [0.5, 1.2, 0.4] }, ppl: { steps: [1, 2, 3], values: [9, 5, 2] } },
    { specs },
  );
  expect(outOfRange(run)).toMatchObject([
    { code: "out-of-range", severity: "error", where: { measures: ["a/acc"], steps: [[2, 2]] } },
  ]);
});
