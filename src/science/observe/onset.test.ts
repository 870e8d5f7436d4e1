/** @file Onset: exact truth from deep linear networks, hysteresis, censoring, NaN. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSchema } from "../../core/index.ts";
import { onset } from "./onset.ts";

const series = (values: number[], steps = values.map((_, i) => 10 * (i + 1))) => ({ measure: "m", steps, values });

describe("onset", () => {
  test("brackets the closed-form half-time of each mode of a deep linear network", () => {
    // Saxe 2014: a(t) = s e^{2st} / (e^{2st} − 1 + s/a0) reaches s/2 at ln(s/a0 − 1) / 2s.
    const a0 = 1e-3;
    for (const s of [4, 3, 2, 1]) {
      const steps = Array.from({ length: 100 }, (_, i) => i);
      const values = steps.map((i) => {
        const e = Math.exp((2 * s * i) / 20);
        return (s * e) / (e - 1 + s / a0);
      });
      const halfTime = (20 * Math.log(s / a0 - 1)) / (2 * s);
      const { low, high, step } = onset(series(values, steps), { threshold: s / 2 });
      expect(low).toBeLessThan(halfTime);
      expect(high).toBeGreaterThanOrEqual(halfTime);
      expect(step).toBe(high);
      expect(high! - low).toBe(1);
    }
  });

  test("passes over a crossing that is not held, and reaches back only to the last evaluation below", () => {
    const event = onset(series([0, 1, 0, 1, 1, 1]), { threshold: 0.5, hold: 3 });
    expect(event).toMatchObject({ kind: "onset", step: 40, low: 30, high: 40 });
    expect(EventSchema.parse(event)).toEqual(event);
    expect(onset(series([0, 1, 0, 1]), { threshold: 0.5, hold: 1 })).toMatchObject({ step: 20, low: 10 });
    expect(onset(series([3, 2, 1, 1]), { threshold: 1, direction: "below" })).toMatchObject({ step: 30, low: 20 });
  });

  test("is right-censored when never reached, or reached too late to be held", () => {
    expect(onset(series([0, 0, 0]), { threshold: 0.5 })).toMatchObject({ step: null, low: 30, high: null });
    expect(onset(series([0, 0, 1]), { threshold: 0.5 })).toMatchObject({
      step: null,
      low: 20,
      high: null,
      evidence: { unconfirmedFrom: 30 },
    });
  });

  test("begins at 0 when the first evaluation has it", () => {
    expect(onset(series([1, 1]), { threshold: 0.5 })).toMatchObject({ step: 10, low: 0, high: 10 });
  });

  test("NaN breaks a hold and bounds nothing from below; infinity counts", () => {
    expect(onset(series([0, Number.NaN, 1, 1]), { threshold: 0.5 })).toMatchObject({ step: 30, low: 10 });
    expect(onset(series([0, 1, Number.NaN, 1, 1]), { threshold: 0.5 })).toMatchObject({ step: 40, low: 10 });
    expect(onset(series([0, Number.POSITIVE_INFINITY, 1]), { threshold: 0.5 })).toMatchObject({ step: 20 });
    expect(onset(series([Number.NaN, Number.NaN]), { threshold: 0.5 })).toMatchObject({ step: null, low: 0 });
  });

  test("once declared on a prefix, more data never revoke it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, Number.NaN), { minLength: 2, maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        (values, hold, cut) => {
          const prefix = onset(series(values.slice(0, 1 + (cut % values.length))), { threshold: 0.5, hold });
          const whole = onset(series(values), { threshold: 0.5, hold });
          if (prefix.step !== null) expect(whole).toMatchObject({ step: prefix.step, low: prefix.low });
          else if (whole.step !== null) expect(whole.step).toBeGreaterThan(prefix.low);
        },
      ),
      { seed: 7 },
    );
  });

  test("refuses empty series, unequal lengths, steps out of order, impossible options", () => {
    expect(() => onset(series([]), { threshold: 1 })).toThrow("onset: m: expected at least one evaluation, got none");
    expect(() => onset(series([1, 2], [1]), { threshold: 1 })).toThrow("values of m: expected shape [1], got [2]");
    expect(() => onset(series([1, 2], [5, 5]), { threshold: 1 })).toThrow(
      "strictly ascending steps, got 5 at position 1",
    );
    expect(() => onset(series([1]), { threshold: 1, hold: 0 })).toThrow("hold: expected a positive integer, got 0");
    expect(() => onset(series([1]), { threshold: Number.NaN })).toThrow("threshold: expected a finite number");
  });
});
