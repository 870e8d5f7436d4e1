/**
 * @file Turnbull: exact times, right-censoring, grids, the direct maximum of scipy (fixtures/observeReference.py),
 * refusals.
 */
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import reference from "./fixtures/observeReference.json" with { type: "json" };
import { kaplanMeier, survivalAt } from "./kaplanMeier.ts";
import { timeIntervals, turnbull, turnbullMedian, turnbullQuantile } from "./turnbull.ts";

const INFINITE = Number.POSITIVE_INFINITY;

describe("turnbull", () => {
  test("reaches the likelihood that a direct maximisation reaches", () => {
    for (const { runs, logLikelihood } of reference.turnbull) {
      const ours = turnbull(runs.map(([low, high]) => ({ low: low!, high: high ?? INFINITE })));
      expect(ours.logLikelihood).toBeGreaterThan(logLikelihood - 1e-5);
      expect(ours.logLikelihood).toBeLessThan(logLikelihood + 1e-3);
      expect(ours.intervals.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    }
  });

  test("is Kaplan–Meier where times are exact or right-censored", () => {
    const rng = Rng.of(3);
    const times = Array.from({ length: 40 }, () => ({ time: 1 + rng.int(30), observed: rng.uniform() < 0.7 }));
    const curve = kaplanMeier(times);
    const ours = turnbull(times.map(({ time, observed }) => ({ low: time, high: observed ? time : INFINITE })));
    for (const t of curve.times) {
      const gone = ours.intervals.reduce((sum, { high, probability }) => sum + (high <= t ? probability : 0), 0);
      expect(1 - gone).toBeCloseTo(survivalAt(curve, t), 4);
    }
  });

  test("the closed form for two overlapping intervals: all mass where both lie", () => {
    const { intervals } = turnbull([
      { low: 0, high: 2 },
      { low: 1, high: 3 },
    ]);
    expect(intervals).toEqual([{ low: 1, high: 2, probability: 1 }]);
  });

  test("the median of censored onsets is where half have had it, beyond the data where fewer are known to", () => {
    const seen = (n: number, low: number, high: number) => Array.from({ length: n }, () => ({ low, high }));
    const half = [...seen(6, 100, 200), ...seen(4, 500, INFINITE)];
    expect(turnbullQuantile(turnbull(half), 0.5)).toEqual({ low: 100, high: 200 });
    const estimate = turnbullMedian(half, { rng: Rng.of(1) });
    expect(estimate).toMatchObject({ value: 200, low: 100, high: INFINITE, n: 10 });
    expect(turnbullMedian([...seen(3, 100, 200), ...seen(7, 500, INFINITE)], { rng: Rng.of(1) }).value).toBe(INFINITE);
  });

  test("refuses intervals that are none, and a median over three runs", () => {
    expect(() => turnbull([])).toThrow("at least one run");
    expect(() => turnbull([{ low: 2, high: 1 }])).toThrow("low ≤ high");
    expect(() => turnbullMedian([{ low: 0, high: 1 }], { rng: Rng.of(1) })).toThrow("at least 4 runs");
    expect(timeIntervals([{ low: 3, high: null }])).toEqual([{ low: 3, high: INFINITE }]);
  });
});
