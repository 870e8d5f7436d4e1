/** @file Kaplan–Meier against scipy and the textbook, and its refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { kaplanMeier, survivalAt, survivalTimes } from "./kaplanMeier.ts";

// 6-mercaptopurine arm of Freireich et al. (Blood 21, 1963): weeks in remission.
const observed = [6, 6, 6, 7, 10, 13, 16, 22, 23].map((time) => ({ time, observed: true }));
const censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map((time) => ({ time, observed: false }));

describe("kaplanMeier", () => {
  test("agrees with scipy.stats.ecdf and its log-log band", () => {
    // ecdf(CensoredData(uncensored=t, right=c)).sf, .sf.confidence_interval(method="log-log")
    const curve = kaplanMeier([...observed, ...censored]);
    const close = (values: number[]) => values.map((v) => expect.closeTo(v, 7));
    expect(curve.times).toEqual([6, 7, 10, 13, 16, 22, 23]);
    expect(curve.survival).toEqual(
      close([0.85714286, 0.80672269, 0.75294118, 0.69019608, 0.62745098, 0.53781513, 0.44817927]),
    );
    expect(curve.low).toEqual(
      close([0.61971796, 0.56314656, 0.50319951, 0.43161022, 0.36751086, 0.26777894, 0.18805201]),
    );
    expect(curve.high).toEqual(
      close([0.95155175, 0.92280902, 0.88936184, 0.84906596, 0.80491219, 0.74679072, 0.68014263]),
    );
    // The median and its interval as printed by R's survfit(conf.type = "log-log"): 23 [13, NA].
    expect(curve.median).toMatchObject({ value: 23, low: 13, high: Number.POSITIVE_INFINITY, n: 21 });
  });

  test("without censoring it is one minus the empirical distribution", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }), (times) => {
        const curve = kaplanMeier(times.map((time) => ({ time, observed: true })));
        for (const t of [0, 5, 15, 30])
          expect(survivalAt(curve, t)).toBeCloseTo(times.filter((time) => time > t).length / times.length, 10);
      }),
      { seed: 7 },
    );
  });

  test("takes onsets as they come, and gives no median when fewer than half happen", () => {
    const events = [
      { step: 100, low: 50 },
      { step: null, low: 400 },
      { step: null, low: 400 },
    ];
    const curve = kaplanMeier(survivalTimes(events));
    expect(curve.survival).toEqual([expect.closeTo(2 / 3, 12)]);
    expect(curve.median).toBeUndefined();
    expect(kaplanMeier(survivalTimes(events.slice(1))).times).toEqual([]);
  });

  test("the median's interval covers the truth about 95 times in 100", () => {
    const rng = Rng.of(9);
    let covered = 0;
    for (let repeat = 0; repeat < 400; repeat++) {
      const { median } = kaplanMeier(
        Array.from({ length: 24 }, () => {
          const t = -Math.log(1 - rng.uniform());
          const c = 3 * rng.uniform();
          return { time: Math.min(t, c), observed: t <= c };
        }),
      );
      if (median === undefined || (median.low <= Math.LN2 && Math.LN2 <= median.high)) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.99);
  });

  test("refuses no runs and times that are not numbers", () => {
    expect(() => kaplanMeier([])).toThrow("expected at least one run, got none");
    expect(() => kaplanMeier([{ time: Number.NaN, observed: true }])).toThrow("finite number ≥ 0, got NaN");
  });
});
