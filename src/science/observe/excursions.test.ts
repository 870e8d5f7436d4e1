/** @file Spikes, divergence, plateaus and collapse: what counts, what does not, and what NaN means to each. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSchema, Rng } from "../../core/index.ts";
import { maybeCollapse } from "./collapse.ts";
import { maybeDivergence } from "./divergence.ts";
import { plateaus } from "./plateau.ts";
import { spikes } from "./spikes.ts";

const series = (values: number[]) => ({ measure: "loss", steps: values.map((_, i) => 10 * (i + 1)), values });
const calm = [1, 1.1, 0.9, 1, 1.05, 0.95, 1, 1.1, 0.9, 1];
const window = 10;

describe("spikes", () => {
  test("one event at the peak of an excursion that returns", () => {
    const found = spikes(series([...calm, 3, 5, 2, 1, 1.1, 1]), { window });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ step: 120, low: 100, high: 130, evidence: { firstStep: 110, lastStep: 130 } });
    expect(found[0].evidence.height).toBeCloseTo(4, 6);
    expect(EventSchema.parse(found[0])).toEqual(found[0]);
  });

  test("normal noise gives at most one in 1000 values, at any scale the same ones; NaN is passed over", () => {
    const rng = Rng.of(1);
    const noise = Array.from({ length: 3000 }, () => rng.normal());
    const found = spikes(series(noise)).map(({ step }) => step);
    expect(found.length).toBeLessThanOrEqual(3);
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 10 }), (power) => {
        expect(spikes(series(noise.map((v) => v * 2 ** power))).map(({ step }) => step)).toEqual(found);
      }),
      { seed: 7, numRuns: 10 },
    );
    expect(spikes(series([...calm, Number.NaN, 1, 1]), { window })).toEqual([]);
  });

  test("a spike still open at the end is reported; a rise below `least` is not", () => {
    expect(spikes(series([...calm, 9]), { window })).toMatchObject([{ step: 110, high: 110 }]);
    expect(spikes(series([...calm, 9]), { window, least: 10 })).toEqual([]);
    expect(() => spikes(series(calm), { window: 2 })).toThrow("window: expected an integer ≥ 3, got 2");
  });
});

describe("divergence", () => {
  test("NaN to the end is one; a spike that returns is none", () => {
    expect(maybeDivergence(series([2, 1, Number.NaN, Number.NaN]))).toMatchObject({ step: 30, low: 20, high: 30 });
    expect(maybeDivergence(series([2, 1, 4, 8, Number.POSITIVE_INFINITY]))).toMatchObject({ step: 30 });
    expect(maybeDivergence(series([2, 1, 50, Number.NaN, 1.1]))).toBeUndefined();
    expect(maybeDivergence(series([2, 1, 0.5]))).toBeUndefined();
  });

  test("is exactly the trailing stretch above factor times the smallest value before it", () => {
    const loss = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(loss, (values) => {
        const gone = values.map((v, i) => v > 3 * Math.min(Number.POSITIVE_INFINITY, ...values.slice(0, i)));
        const first = gone.lastIndexOf(false) + 1;
        expect(maybeDivergence(series(values))?.step).toBe(first < values.length ? 10 * (first + 1) : undefined);
      }),
      { seed: 7 },
    );
  });

  test("refuses negative losses and factors that mean nothing", () => {
    expect(() => maybeDivergence(series([1, -1]))).toThrow("divergence: loss: expected values ≥ 0, got -1");
    expect(() => maybeDivergence(series([1]), { factor: 1 })).toThrow("a number above 1");
  });
});

describe("plateaus", () => {
  test("finds the two flat parts of a step and nothing on a slope", () => {
    expect(plateaus(series([0, 0, 0.01, 0, 0.5, 1, 1, 0.99, 1]), { tolerance: 0.02 })).toMatchObject([
      { step: 10, low: 0, high: 10, evidence: { lastStep: 40 } },
      { step: 60, low: 50, evidence: { lastStep: 90, level: expect.closeTo(0.9975, 9) } },
    ]);
    expect(plateaus(series([0, 1, 2, 3, 4, 5]), { tolerance: 0.5 })).toEqual([]);
  });

  test("NaN ends one; a stated ratio of steps is required", () => {
    expect(plateaus(series([1, 1, Number.NaN, 1, 1]), { tolerance: 0.1, evaluations: 3 })).toEqual([]);
    expect(plateaus(series([1, 1, 1, 1]), { tolerance: 0.1, ratio: 5 })).toEqual([]);
    expect(() => plateaus(series([1]), { tolerance: Number.NaN })).toThrow("tolerance");
  });
});

describe("collapse", () => {
  test("is a held fall from the best so far", () => {
    expect(maybeCollapse(series([0.2, 0.9, 0.4, 0.9, 0.3, 0.2, 0.3]), { drop: 0.4 })).toMatchObject({
      step: 50,
      low: 40,
      evidence: { best: 0.9, bestStep: 20, value: 0.3 },
    });
    expect(maybeCollapse(series([0.2, 0.9, 0.8, 0.7]), { drop: 0.4 })).toBeUndefined();
  });

  test("a rising series never collapses; NaN breaks the hold", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }), (values) => {
        expect(maybeCollapse(series([...values].sort((a, b) => a - b)), { drop: 0.1, hold: 1 })).toBeUndefined();
      }),
      { seed: 7 },
    );
    expect(maybeCollapse(series([Number.NaN, 1, 0, Number.NaN, 0]), { drop: 0.5 })).toBeUndefined();
    expect(() => maybeCollapse(series([1]), { drop: 0 })).toThrow("drop: expected a positive number, got 0");
  });
});
