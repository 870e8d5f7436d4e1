/** @file Moments against numpy, and their refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mean, median, quantile, quantileSorted, sd, variance } from "./moments.ts";

const sample = [2.1, 3.4, 1.2, 5.6, 4.4, 3.4];

describe("moments", () => {
  test("agree with numpy", () => {
    // /tmp/venv/bin/python -c "import numpy as np; x=[2.1,3.4,1.2,5.6,4.4,3.4]; print(np.quantile(x,[.1,.37,.9]), np.var(x,ddof=1))"
    expect(mean(sample)).toBeCloseTo(3.35, 12);
    expect(variance(sample)).toBeCloseTo(2.471, 12);
    expect(quantile(sample, 0.1)).toBeCloseTo(1.65, 12);
    expect(quantile(sample, 0.37)).toBeCloseTo(3.205, 12);
    expect(quantile(sample, 0.9)).toBeCloseTo(5.0, 12);
    expect(median(sample)).toBe(3.4);
  });

  test("variance is exact for two values and does not lose digits far from zero", () => {
    expect(variance([1, 3])).toBe(2);
    expect(variance([1e9 + 1, 1e9 + 3])).toBe(2);
  });

  test("shift moves the mean and leaves the sd; scale scales both; quantiles are monotone", () => {
    const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (x, p) => {
        expect(mean(x.map((v) => v + 5))).toBeCloseTo(mean(x) + 5, 8);
        expect(sd(x.map((v) => v * -2 + 5))).toBeCloseTo(2 * sd(x), 8);
        expect(quantile(x, p)).toBeGreaterThanOrEqual(quantile(x, p / 2));
        expect(quantile(x, 1)).toBeCloseTo(Math.max(...x), 12);
      }),
      { seed: 7 },
    );
  });

  test("refuse empty samples, single values where two are needed, and non-finite values", () => {
    expect(() => mean([])).toThrow("mean: expected at least 1 value, got 0 values");
    expect(() => variance([1])).toThrow("variance: expected at least 2 values, got 1 values");
    expect(() => sd([1, Number.NaN, 2])).toThrow("sd: expected finite values, got NaN at position 1");
    expect(() => quantileSorted([1, 2], 1.1)).toThrow("expected a probability in [0, 1], got 1.1");
  });
});
