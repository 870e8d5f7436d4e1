/** @file Exact binomial bounds against scipy, the sizes of confirmations, and what random search would cost. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomSearchCost, randomSearchFloor } from "./randomSearch.ts";
import { clopperPearsonInterval, clopperPearsonLower, confirmationPower, confirmationSize } from "./reliability.ts";

describe("reliability", () => {
  test("the lower bound without a failure is (1 − level)^(1/n)", () => {
    const bounds = [10, 22, 29, 59].map((n) => clopperPearsonLower({ successes: n, n, level: 0.95 }).low);
    expect(bounds).toEqual([0.741, 0.873, 0.902, 0.95].map((x) => expect.closeTo(x, 3)));
  });

  test("the bound with failures is scipy's", () => {
    // scipy.stats.beta.ppf(.05, k, n - k + 1)
    expect(clopperPearsonLower({ successes: 73, n: 76, level: 0.95 })).toEqual({
      value: 73 / 76,
      low: expect.closeTo(0.901129923160147, 9),
      high: 1,
      level: 0.95,
      method: "Clopper–Pearson, one-sided lower bound",
      n: 76,
    });
    expect(clopperPearsonLower({ successes: 1, n: 5, level: 0.95 }).low).toBeCloseTo(0.010206218313011496, 9);
    expect(clopperPearsonLower({ successes: 0, n: 5, level: 0.95 }).low).toBe(0);
    // scipy.stats.beta.ppf([.025, .975], [18, 19], [3, 2])
    const { low, high } = clopperPearsonInterval({ successes: 18, n: 20, level: 0.95 });
    expect([low, high]).toEqual([expect.closeTo(0.6830172859809177, 9), expect.closeTo(0.9876514728297052, 9)]);
  });

  test("a confirmation of reliability .9 at 95% needs 29, 46, 61, 76 seeds for 0 to 3 failures", () => {
    const sizes = [0, 1, 2, 3].map((failures) => confirmationSize({ reliability: 0.9, level: 0.95, failures }));
    expect(sizes).toEqual([29, 46, 61, 76]);
    // .5⁴ = 1 − .9375 exactly: equality suffices.
    expect(confirmationSize({ reliability: 0.5, level: 0.9375, failures: 0 })).toBe(4);
  });

  test("the size is the smallest whose lower bound reaches the reliability", () => {
    const plan = fc.record({
      reliability: fc.double({ min: 0.5, max: 0.97, noNaN: true }),
      level: fc.double({ min: 0.8, max: 0.99, noNaN: true }),
      failures: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(plan, ({ reliability, level, failures }) => {
        const n = confirmationSize({ reliability, level, failures });
        const low = (size: number) => clopperPearsonLower({ successes: size - failures, n: size, level }).low;
        expect(low(n)).toBeGreaterThanOrEqual(reliability - 1e-9);
        if (n - 1 > failures) expect(low(n - 1)).toBeLessThan(reliability + 1e-9);
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  test("the power is scipy's binomial distribution function", () => {
    // scipy.stats.binom.cdf([0, 3, 5], [29, 76, 500], [.03, .03, .02])
    expect(confirmationPower({ n: 29, failures: 0, rate: 0.97 })).toBeCloseTo(0.41340934901356474, 12);
    expect(confirmationPower({ n: 76, failures: 3, rate: 0.97 })).toBeCloseTo(0.8056517253306936, 12);
    expect(confirmationPower({ n: 500, failures: 5, rate: 0.98 })).toBeCloseTo(0.0651918671024135, 12);
    expect(confirmationPower({ n: 5, failures: 1, rate: 1 })).toBe(1);
    expect(confirmationPower({ n: 5, failures: 1, rate: 0 })).toBe(0);
  });

  test("refuse counts that are no counts and rates that are no rates", () => {
    expect(() => clopperPearsonLower({ successes: 6, n: 5, level: 0.95 })).toThrow(
      "successes: expected an integer in 0…5",
    );
    expect(() => clopperPearsonLower({ successes: 0, n: 0, level: 0.95 })).toThrow("n: expected an integer in 1…");
    expect(() => clopperPearsonLower({ successes: 1, n: 2, level: 95 })).toThrow("level: expected a number in (0, 1)");
    expect(() => confirmationSize({ reliability: 1, level: 0.95, failures: 0 })).toThrow("reliability: expected");
    expect(() => confirmationSize({ reliability: 0.9, level: 0.95, failures: 0.5 })).toThrow("failures: expected");
    expect(() => confirmationPower({ n: 3, failures: 0, rate: Number.NaN })).toThrow("rate: expected");
  });
});

describe("random search", () => {
  test("4 passes in 48 put its cost at 12 candidates, and the interval is the share's turned over", () => {
    // scipy.stats.beta.ppf([.025, .975], [4, 5], [45, 44]) = .0231735, .19982801
    const cost = randomSearchCost({ passed: 4, n: 48, meanSteps: 2000, level: 0.95 });
    expect(cost).toMatchObject({ value: 24_000, n: 48, level: 0.95 });
    expect(cost?.low).toBeCloseTo(2000 / 0.19982801, 1);
    expect((cost?.high ?? 0) * 0.0231735).toBeCloseTo(2000, 1);
  });

  test("without a pass there is a floor and no estimate", () => {
    expect(randomSearchCost({ passed: 0, n: 12, meanSteps: 2000, level: 0.95 })).toBeUndefined();
    // (1 − p)^12 = .05 at p = .2209
    expect(randomSearchFloor({ n: 12, meanSteps: 2000, level: 0.95 })).toBeCloseTo(2000 / (1 - 0.05 ** (1 / 12)), 6);
  });

  test("refuses steps that are none", () => {
    expect(() => randomSearchCost({ passed: 1, n: 2, meanSteps: 0, level: 0.95 })).toThrow("meanSteps: expected");
    expect(() => randomSearchCost({ passed: 1, n: 0, meanSteps: 10, level: 0.95 })).toThrow("n: expected");
  });
});
