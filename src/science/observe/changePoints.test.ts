/** @file Change points: exactness against a full dynamic programme, recovery, coverage, false alarms, refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSchema, Rng } from "../../core/index.ts";
import { changePoints, robustNoiseSd } from "./changePoints.ts";
import { lineCost, meanCost, pelt, type SegmentCost } from "./pelt.ts";

const series = (values: number[]) => ({ measure: "m", steps: values.map((_, i) => 10 * (i + 1)), values });

/** Lowest total of costs plus penalties over all segmentations, without any pruning. */
function bruteForce(n: number, cost: SegmentCost, penalty: number, minSize: number): number {
  const best = new Array<number>(n + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = -penalty;
  for (let end = minSize; end <= n; end++)
    for (let start = 0; start <= end - minSize; start++)
      best[end] = Math.min(best[end], best[start] + cost(start, end) + penalty);
  return best[n];
}

function totalOf(changes: number[], n: number, cost: SegmentCost, penalty: number): number {
  const bounds = [0, ...changes, n];
  let total = -penalty;
  for (let k = 1; k < bounds.length; k++) total += cost(bounds[k - 1], bounds[k]) + penalty;
  return total;
}

describe("pelt", () => {
  test("finds the optimum that a full dynamic programme finds, for both costs and every smallest segment", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 6, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 12, noNaN: true }),
        fc.boolean(),
        (values, minSize, penalty, line) => {
          const cost = line
            ? lineCost(
                values.map((_, i) => i),
                values,
              )
            : meanCost(values);
          const changes = pelt({ n: values.length, cost, penalty, minSize });
          const bounds = [0, ...changes, values.length];
          for (let k = 1; k < bounds.length; k++) expect(bounds[k] - bounds[k - 1]).toBeGreaterThanOrEqual(minSize);
          expect(totalOf(changes, values.length, cost, penalty)).toBeCloseTo(
            bruteForce(values.length, cost, penalty, minSize),
            8,
          );
        },
      ),
      { seed: 7, numRuns: 400 },
    );
  });

  test("costs are the residual sums of squares of a mean and of a line", () => {
    expect(meanCost([1, 3, 9])(0, 2)).toBeCloseTo(2, 12);
    expect(lineCost([0, 1, 2], [0, 1, 5])(0, 3)).toBeCloseTo(1.5, 12);
    expect(lineCost([0, 1, 2, 3], [5, 7, 9, 11])(1, 4)).toBeCloseTo(0, 12);
  });

  test("refuses non-finite values and penalties", () => {
    expect(() => meanCost([1, Number.NaN])).toThrow("meanCost: expected finite values");
    expect(() => pelt({ n: 3, cost: () => 0, penalty: -1, minSize: 1 })).toThrow("penalty");
  });
});

describe("changePoints", () => {
  test("finds two clean steps where they are", () => {
    const found = changePoints(series([0, 0, 0, 0, 1, 1, 1, 1, 1, 0.2, 0.2, 0.2]), { noiseSd: 0.1 });
    expect(found.map(({ step, low, high }) => [step, low, high])).toEqual([
      [50, 40, 50],
      [100, 90, 100],
    ]);
    expect(EventSchema.parse(found[0])).toEqual(found[0]);
    expect(found[0].evidence).toMatchObject({ before: 0, after: 1 });
  });

  test("logit scale shows a change of odds that the plain scale hides", () => {
    const rng = Rng.of(2);
    const values = Array.from({ length: 40 }, (_, i) => 1 / (1 + Math.exp(-(i < 20 ? 4 : 6.5) + 0.3 * rng.normal())));
    expect(changePoints(series(values), { scale: "logit", clip: 1e-4 }).map(({ step }) => step)).toEqual([210]);
  });

  test("lines: a bend is one change, not a staircase", () => {
    const rng = Rng.of(3);
    const values = Array.from({ length: 60 }, (_, i) => Math.max(0, i - 30) * 0.2 + 0.1 * rng.normal());
    const bends = changePoints(series(values), { model: "line" });
    expect(bends).toHaveLength(1);
    expect(Math.abs(bends[0].step! - 310)).toBeLessThanOrEqual(50);
    expect(changePoints(series(values)).length).toBeGreaterThan(3);
  });

  test("on noise alone about 1 series in 11 gets a change; a 3 sd step of 40 points is found, its interval covers", () => {
    const rng = Rng.of(4);
    let alarms = 0;
    let found = 0;
    let covered = 0;
    for (let repeat = 0; repeat < 300; repeat++) {
      const noise = Array.from({ length: 40 }, () => rng.normal());
      if (changePoints(series(noise), { noiseSd: 1 }).length > 0) alarms++;
      const step = changePoints(series(noise.map((v, i) => v + (i < 20 ? 0 : 3))), { noiseSd: 1 });
      const hit = step.find(({ low, high }) => low < 210 && 210 <= high!);
      if (step.length > 0) found++;
      if (hit !== undefined) covered++;
    }
    expect(alarms / 300).toBeLessThan(0.14);
    expect(found).toBe(300);
    expect(covered / 300).toBeGreaterThan(0.93);
  });

  test("robust noise sd ignores a jump", () => {
    const rng = Rng.of(5);
    const values = Array.from({ length: 2000 }, (_, i) => 0.5 * rng.normal() + (i < 700 ? 0 : 50));
    expect(robustNoiseSd(values)).toBeCloseTo(0.5, 1);
    expect(robustNoiseSd(values, "line")).toBeCloseTo(0.5, 1);
  });

  test("leaves non-finite values out and counts them; constant and short series have none", () => {
    const [event] = changePoints(series([0, 0, Number.NaN, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 1, 1]));
    expect(event).toMatchObject({ step: 60, low: 50, evidence: { leftOut: 2 } });
    expect(changePoints(series([2, 2, 2, 2, 2, 2]))).toEqual([]);
    expect(changePoints(series([0, 1, 2]))).toEqual([]);
  });

  test("refuses values outside a scale", () => {
    expect(() => changePoints(series([0.5, 1.2, 0.5, 0.5]), { scale: "logit" })).toThrow("values in [0, 1], got 1.2");
    expect(() => changePoints(series([0.5, 0, 0.5, 0.5]), { scale: "log" })).toThrow("positive values, got 0");
  });
});
