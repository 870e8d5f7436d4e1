/** @file CUSUM: hand sums, published run lengths, thresholds for correlated noise, refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cusum, cusumThreshold } from "./cusum.ts";

describe("cusum", () => {
  test("sums by hand", () => {
    expect(cusum([0, 0, 1, 2, 2, 2], { threshold: 3 })).toEqual({ alarm: 4, since: 1, direction: "up" });
    expect(cusum([0, -3, -3], { threshold: 3 })).toEqual({ alarm: 2, since: 0, direction: "down" });
    expect(cusum([0.4, -0.4, 0.5, -0.5], { threshold: 1 })).toBeUndefined();
  });

  test("independent noise gives a false alarm every 168 values at h = 4 and every 465 at h = 5, as published", () => {
    for (const [runLength, h] of [
      [168, 4],
      [465, 5],
    ]) {
      const found = cusumThreshold({ runLength, runs: 1500, rng: Rng.of(1, "cusum") });
      // The mean of 1,500 exponential run lengths has a standard error of 2.6%; d ln(ARL)/dh is about 1.
      expect(Math.abs(found.threshold - h)).toBeLessThan(4 * 0.026 * Math.SQRT2);
      expect(Math.abs(found.runLength - runLength)).toBeLessThan(4 * Math.SQRT2 * found.runLengthSe);
    }
  });

  test("correlated noise needs a far higher threshold", () => {
    const at = (correlation: number) => cusumThreshold({ runLength: 200, correlation, rng: Rng.of(2) }).threshold;
    expect(at(0.7)).toBeGreaterThan(2 * at(0));
  });

  test("refuses what is not finite", () => {
    expect(() => cusum([0, Number.NaN], { threshold: 3 })).toThrow("finite z-scores, got NaN at position 1");
    expect(() => cusumThreshold({ runLength: 5, rng: Rng.of(1) })).toThrow("at least 10");
  });
});
