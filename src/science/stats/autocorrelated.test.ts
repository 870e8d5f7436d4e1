import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { autocorrelatedMean } from "./autocorrelated.ts";
import { studentTQuantile } from "./distributions.ts";

function ar1(n: number, rho: number, rng: Rng): number[] {
  let state = rng.normal();
  return Array.from({ length: n }, () => {
    const value = state;
    state = rho * state + Math.sqrt(1 - rho * rho) * rng.normal();
    return value;
  });
}

describe("autocorrelatedMean", () => {
  test("alternating values are worth as many as they are: negative autocorrelation does not narrow", () => {
    const { mean, rho, effectiveCount, standardError } = autocorrelatedMean([1, -1, 1, -1, 1, -1, 1, -1]);
    expect([mean, rho, effectiveCount]).toEqual([0, 0, 8]);
    expect(standardError).toBeCloseTo(Math.sqrt(8 / 7 / 8), 12);
  });

  test("a straight line is worth next to nothing", () => {
    expect(autocorrelatedMean(Array.from({ length: 20 }, (_, i) => i)).effectiveCount).toBe(1.5);
  });

  test("a constant has no error", () => {
    expect(autocorrelatedMean([2, 2, 2, 2, 2])).toEqual({ mean: 2, standardError: 0, rho: 0, effectiveCount: 5 });
  });

  // Seen with 1,500 series each: .96, .95 for ρ = 0, .3; .92–.93 for ρ = .6, .8; .89 for ρ = .9, where 30 values are worth 2.
  test.each([
    [0, 0.93],
    [0.3, 0.93],
    [0.6, 0.89],
    [0.8, 0.88],
  ])("its 95%% t interval covers the mean of 30 values with ρ = %f in more than %f of series", (rho, least) => {
    let covered = 0;
    for (let k = 0; k < 600; k++) {
      const { mean, standardError, effectiveCount } = autocorrelatedMean(ar1(30, rho, Rng.of("ar1", k, rho)));
      if (Math.abs(mean) <= studentTQuantile(0.975, Math.max(1, effectiveCount - 1)) * standardError) covered++;
    }
    expect(covered / 600).toBeGreaterThan(least);
    expect(covered / 600).toBeLessThan(0.99);
  });

  test("refuses fewer than five values and non-finite ones", () => {
    expect(() => autocorrelatedMean([1, 2, 3, 4])).toThrow("needs at least 5 values, got 4");
    expect(() => autocorrelatedMean([1, 2, Number.NaN, 4, 5])).toThrow("expected finite values");
  });
});
