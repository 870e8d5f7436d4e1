/** @file Tables of scores: skill by hand, pairing, coverage, refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { normalDistribution } from "../distribution.ts";
import { coverage, scoreOnsets, scoreValues, skill } from "./scoreTable.ts";

const at = (mean: number, sd = 1) => normalDistribution({ mean, sd });

describe("skill", () => {
  test("is one minus the ratio of means; half the score everywhere has no spread at all", () => {
    const reference = [1, 2, 3, 8];
    const half = skill({ scores: reference.map((s) => s / 2), reference, rng: Rng.of(1) });
    expect(half).toMatchObject({ value: 0.5, low: 0.5, high: 0.5, n: 4 });
    expect(half.method).toBe("1 − mean score ratio, paired bootstrap over runs, percentile, 2000 draws");
    expect(skill({ scores: [1, 1], reference: [2, 6], rng: Rng.of(1) }).value).toBe(0.75);
  });

  test("its interval covers the true ratio about 95 times in 100 with 16 runs", () => {
    const rng = Rng.of(2);
    let covered = 0;
    for (let repeat = 0; repeat < 200; repeat++) {
      const reference = Array.from({ length: 16 }, () => Math.abs(rng.normal()));
      const scores = reference.map((s) => 0.7 * s * (0.5 + rng.uniform()));
      const { low, high } = skill({ scores, reference, rng, draws: 400 });
      covered += low <= 0.3 && 0.3 <= high ? 1 : 0;
    }
    expect(covered / 200).toBeGreaterThan(0.86);
  });

  test("refuses unequal lengths and a reference that is perfect", () => {
    expect(() => skill({ scores: [1, 2], reference: [1], rng: Rng.of(1) })).toThrow("expected shape [2], got [1]");
    expect(() => skill({ scores: [1, 2], reference: [0, 0], rng: Rng.of(1) })).toThrow(
      "the statistic of the sample is",
    );
  });
});

describe("tables", () => {
  const outcomes = [0, 1, 2, 3, 4];
  const forecasts = [
    { method: "base", role: "baseline" as const, distributions: outcomes.map(() => at(2, 2)) },
    { method: "sharp", role: "method" as const, distributions: outcomes.map((y) => at(y, 0.1)) },
  ];

  test("a sharp and right method has skill near 1 against the baseline, the baseline none against itself", () => {
    const [base, sharp] = scoreValues({ forecasts, outcomes, rng: Rng.of(1) });
    expect(base.skill).toEqual({});
    expect(sharp.skill.base.value).toBeGreaterThan(0.9);
    expect(sharp.crps.value).toBeLessThan(0.03);
    expect([base.coverage.value, base.coverage.n]).toEqual([1, 5]);
    expect(sharp.intervalScore!.value).toBeCloseTo(0.1 * 2 * 1.6449, 3);
  });

  test("coverage counts outcomes in the central interval", () => {
    expect(coverage([at(0), at(0)], [0, 5]).value).toBe(0.5);
  });

  test("onsets: a censored run is inside unless the interval ends before it", () => {
    const one = (time: number, observed: boolean) =>
      scoreOnsets({
        forecasts: [{ method: "m", role: "method", distributions: [at(100), at(100)] }],
        outcomes: [
          { time, observed },
          { time: 100, observed: true },
        ],
        horizon: 500,
        rng: Rng.of(1),
      })[0];
    expect(one(50, false).coverage.value).toBe(1);
    expect(one(50, true).coverage.value).toBe(0.5);
    expect(one(300, false).coverage.value).toBe(0.5);
    expect(one(50, false).intervalScore).toBeUndefined();
  });

  test("refuse one run, and methods that forecast another number of runs", () => {
    expect(() => scoreValues({ forecasts: [], outcomes: [1], rng: Rng.of(1) })).toThrow("1 runs carry no interval");
    expect(() => scoreValues({ forecasts, outcomes: [1, 2], rng: Rng.of(1) })).toThrow('Forecasts of "base"');
  });
});
