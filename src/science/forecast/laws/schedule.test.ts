/** @file Schedules: interpolation rules, named shapes, refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namedSchedule, scheduleFrom } from "./schedule.ts";

describe("a schedule through logged rates", () => {
  test("is a straight line between points, rises from 0 before the first, and holds after the last", () => {
    const { rates, warmupEnd } = scheduleFrom([4, 8], [4, 2], { until: 10 });
    expect([...rates]).toEqual([0, 1, 2, 3, 4, 3.5, 3, 2.5, 2, 2, 2]);
    expect(warmupEnd).toBe(4);
  });

  test("jumps at the step where a new constant rate was logged", () => {
    const { rates } = scheduleFrom([2, 4, 6, 8], [3, 3, 1, 1], { warmup: 0 });
    expect([...rates]).toEqual([0, 3, 3, 3, 3, 3, 1, 1, 1]);
  });

  test("a stated warm-up ends before the first logged step and then holds", () => {
    expect([...scheduleFrom([4, 5], [6, 6], { warmup: 3 }).rates]).toEqual([0, 2, 4, 6, 6, 6]);
    expect(scheduleFrom([4, 5], [6, 6], { warmup: 3 }).warmupEnd).toBe(3);
  });

  test("sums are the running sums of the rates, and all rates lie between the logged ones", () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(rate, { minLength: 2, maxLength: 20 }), (logged) => {
        const steps = logged.map((_, i) => 1 + 7 * i);
        const { rates, sums } = scheduleFrom(steps, logged);
        let sum = 0;
        for (let t = 1; t < rates.length; t++) {
          sum += rates[t];
          expect(sums[t]).toBeCloseTo(sum, 10);
          expect(rates[t]).toBeLessThanOrEqual(Math.max(...logged) + 1e-12);
          expect(rates[t]).toBeGreaterThanOrEqual(Math.min(...logged) - 1e-12);
        }
      }),
      { seed: 2 },
    );
  });

  test("leaves out NaN; refuses negative rates, steps that go back, no points, and an axis of tokens", () => {
    expect([...scheduleFrom([1, 2, 3], [1, Number.NaN, 3]).rates]).toEqual([0, 1, 2, 3]);
    expect(() => scheduleFrom([1, 2], [1, -1])).toThrow("finite rates ≥ 0, got rate -1 at step 2");
    expect(() => scheduleFrom([2, 1], [1, 1])).toThrow("ascending steps");
    expect(() => scheduleFrom([1], [Number.NaN])).toThrow("at least 1 logged rate");
    expect(() => scheduleFrom([1, 2e9], [1, 1])).toThrow("is the axis tokens?");
  });
});

describe("a named schedule", () => {
  test("warms up, holds, and ends at its final rate in each shape", () => {
    for (const shape of ["cosine", "linear", "exponential"] as const) {
      const { rates, warmupEnd } = namedSchedule({
        shape,
        peak: 1,
        final: 0.25,
        updates: 20,
        warmup: 4,
        decayFrom: 10,
      });
      expect([...rates.slice(0, 11)]).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
      expect(rates[20]).toBeCloseTo(0.25, 12);
      expect(rates[15]).toBeCloseTo({ cosine: 0.625, linear: 0.625, exponential: 0.5 }[shape], 12);
      expect(warmupEnd).toBe(4);
    }
  });

  test("refuses a final rate above the peak, an exponential to 0, and a decay that begins before the warm-up ends", () => {
    expect(() => namedSchedule({ shape: "cosine", peak: 1, final: 2, updates: 5 })).toThrow("a rate in 0…1, got 2");
    expect(() => namedSchedule({ shape: "exponential", peak: 1, final: 0, updates: 5 })).toThrow("a positive rate");
    expect(() => namedSchedule({ shape: "linear", peak: 1, updates: 9, warmup: 5, decayFrom: 2 })).toThrow("5, 2, 9");
  });
});
