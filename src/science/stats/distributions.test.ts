/** @file Distributions against scipy 1.17.1, and their domains. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  betaQuantile,
  chiSquareQuantile,
  fQuantile,
  normalCdf,
  normalPdf,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
} from "./distributions.ts";

const relative = (got: number, wanted: number) => Math.abs(got / wanted - 1);

describe("distributions", () => {
  test("agree with scipy to 1e-9 relative, tails included", () => {
    // /tmp/venv/bin/python -c "import scipy.stats as s; print(s.t.ppf(.975,11), s.t.ppf(.01,2.5), s.t.cdf(1.3,7.5), s.chi2.ppf(.025,9),
    //   s.chi2.ppf(.975,23), s.beta.ppf(.05,29,1), s.f.ppf(.975,6,23), s.norm.ppf(1e-10), s.norm.cdf(-8.2))"
    expect(relative(studentTQuantile(0.975, 11), 2.200985160091639)).toBeLessThan(1e-9);
    expect(relative(studentTQuantile(0.01, 2.5), -5.353111173030874)).toBeLessThan(1e-9);
    expect(relative(studentTCdf(1.3, 7.5), 0.8839366105921956)).toBeLessThan(1e-9);
    expect(relative(chiSquareQuantile(0.025, 9), 2.7003894999803584)).toBeLessThan(1e-9);
    expect(relative(chiSquareQuantile(0.975, 23), 38.0756272503558)).toBeLessThan(1e-9);
    expect(relative(betaQuantile(0.05, 29, 1), 0.9018553723227043)).toBeLessThan(1e-9);
    expect(relative(fQuantile(0.975, 6, 23), 3.0231542867700054)).toBeLessThan(1e-9);
    expect(relative(normalQuantile(1e-10), -6.361340902404056)).toBeLessThan(1e-9);
    expect(relative(normalCdf(-8.2), 1.2019351542735735e-16)).toBeLessThan(1e-9);
  });

  test("closed forms: Cauchy median and quartile, chi-square with 2 df, density at 0", () => {
    expect(studentTQuantile(0.75, 1)).toBeCloseTo(1, 10);
    expect(chiSquareQuantile(0.3, 2)).toBeCloseTo(-2 * Math.log(0.7), 10);
    expect(normalPdf(0)).toBeCloseTo(0.3989422804014327, 14);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  });

  test("cdf undoes quantile", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        fc.double({ min: 0.5, max: 200, noNaN: true }),
        (p, df) => {
          expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 10);
          expect(studentTCdf(studentTQuantile(p, df), df)).toBeCloseTo(p, 8);
        },
      ),
      { seed: 7 },
    );
  });

  test("refuse what lies outside the domain", () => {
    expect(() => normalQuantile(1.2)).toThrow("normalQuantile: expected a probability in [0, 1], got 1.2");
    expect(() => normalCdf(Number.NaN)).toThrow("normalCdf: expected a number, got NaN");
    expect(() => studentTQuantile(0.5, 0)).toThrow("studentTQuantile: df: expected a positive finite number, got 0");
    expect(() => betaQuantile(0.5, -1, 2)).toThrow("betaQuantile: a");
  });
});
