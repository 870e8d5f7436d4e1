/** @file Variance components: hand arithmetic, recovery of a known design, refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { pooledWithinVariance, varianceComponents } from "./varianceComponents.ts";

describe("varianceComponents", () => {
  test("pools by degrees of freedom", () => {
    // Groups {1,3}: SS 2, df 1; {0,3,6}: SS 18, df 2. Pooled 20/3.
    expect(
      pooledWithinVariance("x", [
        [1, 3],
        [0, 3, 6],
      ]),
    ).toEqual({ pooled: 20 / 3, df: 3, runs: 5 });
  });

  test("recovers the components of outcome = data + init, and the share's interval covers 9 times in 10", () => {
    const rng = Rng.of(5, "components");
    let covered = 0;
    let sum = 0;
    const repeats = 400;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const cohort = Array.from({ length: 16 }, () => ({ data: 2 * rng.normal(), init: rng.normal() }));
      const bases = cohort.slice(0, 6);
      const { components, total } = varianceComponents({
        cohort: cohort.map(({ data, init }) => data + init),
        groups: {
          data: bases.map(({ data, init }) => [data + init, 2 * rng.normal() + init, 2 * rng.normal() + init]),
          init: bases.map(({ data, init }) => [data + init, data + rng.normal(), data + rng.normal()]),
        },
        level: 0.9,
      });
      sum += components[0].variance.value;
      covered += components[0].share.low <= 0.8 && 0.8 <= components[0].share.high ? 1 : 0;
      expect(total.variance.n).toBe(16);
      expect(components[1].df).toBe(12);
    }
    expect(sum / repeats).toBeCloseTo(4, 0);
    // Bases are cohort runs, so the F interval is approximate: it must not be far below its level.
    expect(covered / repeats).toBeGreaterThan(0.86);
    expect(covered / repeats).toBeLessThan(0.98);
  });

  test("refuses groups of one, NaN, and a cohort without variance", () => {
    expect(() => varianceComponents({ cohort: [1, 2], groups: { init: [[1]] } })).toThrow(
      'Variance component "init": group: expected at least 2 values',
    );
    expect(() => varianceComponents({ cohort: [1, 1], groups: {} })).toThrow("the cohort's outcomes are all equal");
    expect(() => varianceComponents({ cohort: [1, 2], groups: { init: [[1, Number.NaN]] } })).toThrow("finite values");
  });
});
