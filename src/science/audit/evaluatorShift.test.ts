import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { evaluatorShift, fisherTail } from "./evaluatorShift.ts";
import { type Columns, runOf } from "./run.fixture.ts";

const steps = Array.from({ length: 20 }, (_, i) => 500 * (i + 1));

/** `scale` multiplies the likelihood statistic of bias tasks and its errors at each checkpoint. */
function biasRun(scale: (i: number) => number) {
  const rng = Rng.of(21, "bias");
  const measures: Record<string, Columns> = {};
  for (let k = 0; k < 9; k++) {
    const level = 20 + 5 * rng.normal();
    measures[`pairs_english_${k}/difference_nats`] = {
      steps,
      values: steps.map((_, i) => scale(i) * (level + 0.5 * rng.normal())),
      ses: steps.map((_, i) => scale(i) * 3 * (1 + 0.01 * rng.normal())),
    };
    measures[`pairs_english_${k}/share`] = {
      steps,
      values: steps.map(() => 0.6 + 0.02 * rng.normal()),
      ses: steps.map(() => 0.03),
    };
    measures[`other_${k}/difference_nats`] = {
      steps,
      values: steps.map(() => 5 + 0.1 * rng.normal()),
      ses: steps.map(() => 0.5 * (1 + 0.01 * rng.normal())),
    };
  }
  return runOf(measures);
}

describe("evaluatorShift", () => {
  test("says nothing where one evaluator measured all", () => {
    expect(
      evaluatorShift(
        biasRun(() => 1),
        { level: 0.01 },
      ),
    ).toEqual([]);
  });

  test("finds a statistic that is another one at a single checkpoint, on the tasks that it concerns", () => {
    const found = evaluatorShift(
      biasRun((i) => (i === 12 ? 0.1 : 1)),
      { level: 0.01 },
    );
    expect(found).toMatchObject([
      {
        code: "evaluator-shift",
        severity: "error",
        where: { steps: [[6500, 6500]] },
        evidence: { tasks: 9, comesBack: true },
      },
    ]);
    expect(found[0].where.measures).toHaveLength(9);
    expect(found[0].confidence.chance).toBeLessThan(1e-4);
  });

  test("finds one that changes for good, and calls the shorter side odd", () => {
    const found = evaluatorShift(
      biasRun((i) => (i >= 14 ? 0.1 : 1)),
      { level: 0.01 },
    );
    expect(found).toMatchObject([
      { severity: "error", where: { steps: [[7500, 10000]] }, evidence: { comesBack: false } },
    ]);
    expect(found[0].evidence.medianRatioOfStandardErrors).toBeCloseTo(0.1, 1);
  });

  test("a jump in every statistic is a change of the model, not of the evaluator", () => {
    const run = biasRun(() => 1);
    const all = {
      ...run,
      series: new Map(
        [...run.series].map(([measure, series]) => [
          measure,
          { ...series, values: series.values.map((value, i) => (i >= 12 ? value * 3 : value)) },
        ]),
      ),
    };
    expect(evaluatorShift(all, { level: 0.01 })).toEqual([]);
  });
});

describe("fisherTail", () => {
  test("is Fisher's tea taster: 4 of 4 right by chance once in 70", () => {
    expect(fisherTail(4, 4, 0, 4)).toBeCloseTo(1 / 70, 12);
    expect(fisherTail(3, 4, 1, 4)).toBeCloseTo(17 / 70, 12);
  });

  test("is 1 for the least possible count", () => {
    expect(fisherTail(0, 5, 3, 7)).toBeCloseTo(1, 12);
  });
});
