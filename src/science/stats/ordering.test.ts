/** @file Correlation, ranks and isotonic regression against scipy, and their refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pearson, ranks, spearman } from "./correlation.ts";
import { isotonic } from "./isotonic.ts";
import { mean } from "./moments.ts";

describe("correlation", () => {
  test("agrees with scipy, ties included", () => {
    // scipy.stats.pearsonr(x, y)[0], scipy.stats.spearmanr(x, y)[0]
    const x = [2.1, 3.4, 1.2, 5.6, 4.4, 3.4];
    const y = [1.0, 2.2, 0.3, 9.5, 3.1, 2.0];
    expect(pearson(x, y)).toBeCloseTo(0.8787048991728966, 12);
    expect(spearman(x, y)).toBeCloseTo(0.9856107606091624, 12);
    expect(ranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
  });

  test("refuses a constant sample and unequal lengths", () => {
    expect(() => pearson([1, 1, 1], [1, 2, 3])).toThrow("one of the samples is constant");
    expect(() => spearman([1, 2], [1, 2, 3])).toThrow("expected shape [2], got [3]");
  });
});

describe("isotonic", () => {
  test("agrees with scipy", () => {
    // scipy.optimize.isotonic_regression([1,3,2,4,3.5,3,6], weights=[1,1,2,1,1,3,1]).x
    const fit = isotonic([1, 3, 2, 4, 3.5, 3, 6], [1, 1, 2, 1, 1, 3, 1]);
    expect(fit).toEqual([1, 7 / 3, 7 / 3, 3.3, 3.3, 3.3, 6].map((v) => expect.closeTo(v, 12)));
  });

  test("is non-decreasing, keeps the mean, and leaves a sorted sequence alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 }), (values) => {
        const fit = isotonic(values);
        for (let i = 1; i < fit.length; i++) expect(fit[i]).toBeGreaterThanOrEqual(fit[i - 1]);
        expect(mean(fit)).toBeCloseTo(mean(values), 9);
        const ascending = [...values].sort((a, b) => a - b);
        expect(isotonic(ascending)).toEqual(ascending);
      }),
      { seed: 7 },
    );
  });

  test("refuses NaN and weights that are not positive", () => {
    expect(() => isotonic([1, Number.NaN])).toThrow("isotonic: expected finite values");
    expect(() => isotonic([1, 2], [1, 0])).toThrow("expected positive weights, got 0");
  });
});
