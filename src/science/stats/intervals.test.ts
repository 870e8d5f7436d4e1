/** @file Closed-form intervals against scipy, their coverage, and their refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { meanEstimate, proportionEstimate, sdEstimate } from "./intervals.ts";

describe("intervals", () => {
  test("the mean's interval is scipy's", () => {
    // scipy.stats.t.interval(.95, 5, np.mean(x), scipy.stats.sem(x)) for x = [2.1,3.4,1.2,5.6,4.4,3.4]
    const { value, low, high, n, level } = meanEstimate([2.1, 3.4, 1.2, 5.6, 4.4, 3.4]);
    expect([value, low, high]).toEqual([3.35, 1.700348592579783, 4.999651407420217].map((x) => expect.closeTo(x, 9)));
    expect([n, level]).toEqual([6, 0.95]);
  });

  test("Wilson's interval is scipy's, and touches 0 and 1 where it should", () => {
    // scipy.stats.binomtest(8, 8).proportion_ci(method="wilson"); binomtest(13, 16).proportion_ci(.9, method="wilson")
    expect(proportionEstimate({ successes: 8, n: 8 })).toMatchObject({ low: expect.closeTo(0.67559244, 8), high: 1 });
    const { low, high } = proportionEstimate({ successes: 13, n: 16 }, { level: 0.9 });
    expect([low, high]).toEqual([expect.closeTo(0.61213026, 8), expect.closeTo(0.92247062, 8)]);
    expect(proportionEstimate({ successes: 0, n: 5 }).low).toBe(0);
  });

  test("mean and sd intervals cover the truth 90 times in 100 for normal data", () => {
    const rng = Rng.of(11, "coverage");
    let coveredMean = 0;
    let coveredSd = 0;
    for (let repeat = 0; repeat < 1000; repeat++) {
      const x = Array.from({ length: 6 }, () => 3 + 2 * rng.normal());
      const m = meanEstimate(x, { level: 0.9 });
      const s = sdEstimate(x, { level: 0.9 });
      coveredMean += m.low <= 3 && 3 <= m.high ? 1 : 0;
      coveredSd += s.low <= 2 && 2 <= s.high ? 1 : 0;
    }
    // Four binomial standard errors: ±.038.
    expect(Math.abs(coveredMean / 1000 - 0.9)).toBeLessThan(0.038);
    expect(Math.abs(coveredSd / 1000 - 0.9)).toBeLessThan(0.038);
  });

  test("refuse samples that carry no interval", () => {
    expect(() => meanEstimate([1])).toThrow("meanEstimate: expected at least 2 values");
    expect(() => meanEstimate([1, 2], { level: 1 })).toThrow("meanEstimate: level: expected a number in (0, 1), got 1");
    expect(() => proportionEstimate({ successes: 3, n: 2 })).toThrow("successes in 0…2, got 3");
    expect(() => proportionEstimate({ successes: 0, n: 0 })).toThrow("a positive integer n, got 0");
  });
});
