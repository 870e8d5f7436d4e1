/** @file Scores against closed forms and Monte Carlo, propriety, censoring, refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { normalQuantile } from "../../stats/distributions.ts";
import { mean } from "../../stats/moments.ts";
import {
  averageQuantiles,
  distributionQuantile,
  normalDistribution,
  studentTDistribution,
  truncatedLogTDistribution,
} from "../distribution.ts";
import {
  censoredCrps,
  centralInterval,
  crps,
  crpsEnsemble,
  crpsGaussian,
  intervalScore,
  pinball,
  pit,
} from "./scores.ts";

const standard = normalDistribution({ mean: 0, sd: 1 });

describe("crps", () => {
  test("the Gaussian form has its known values", () => {
    // y at the mean: 2φ(0) − 1/√π; far away: |y| − 1/√π. Third: f = lambda x: (norm.cdf(x,.4,.8)-(x>=1.7))**2;
    // scipy.integrate.quad(f, -8, 1.7, epsabs=1e-13)[0] + scipy.integrate.quad(f, 1.7, 10, epsabs=1e-13)[0]
    expect(crpsGaussian({ mean: 0, sd: 1 }, 0)).toBeCloseTo(0.2336949772, 9);
    expect(crpsGaussian({ mean: 0, sd: 1 }, 50)).toBeCloseTo(50 - 1 / Math.sqrt(Math.PI), 9);
    expect(crpsGaussian({ mean: 0.4, sd: 0.8 }, 1.7)).toBeCloseTo(0.88369823569116, 9);
  });

  test("from quantiles it is within .3% of the closed form near the centre, 1% in the tails", () => {
    for (const y of [0, 0.3, -1, 1.5])
      expect(Math.abs(crps(standard, y) / crpsGaussian({ mean: 0, sd: 1 }, y) - 1)).toBeLessThan(0.003);
    for (const y of [2.5, -4])
      expect(Math.abs(crps(standard, y) / crpsGaussian({ mean: 0, sd: 1 }, y) - 1)).toBeLessThan(0.01);
  });

  test("is exact for what is registered: a uniform piece, and a point", () => {
    // Quantiles 0 at .25 and 1 at .75: masses of ¼ at both ends, uniform in between. At y = ½: 2∫₀^½ (¼ + x/2)² dx.
    const uniform = { probabilities: [0.25, 0.75], quantiles: [0, 1] };
    expect(crps(uniform, 0.5)).toBeCloseTo(2 * ((0.5 ** 3 - 0.25 ** 3) / 1.5), 12);
    expect(crps({ probabilities: [0.25, 0.75], quantiles: [3, 3] }, 5)).toBe(2);
    // Below all quantiles: distance to the first, then ∫(1 − F)².
    expect(crps(uniform, -1)).toBeCloseTo(1 + (0.75 ** 3 - 0.25 ** 3) / 1.5, 12);
  });

  test("equals twice the pinball loss integrated over probabilities", () => {
    const d = { probabilities: [0.1, 0.3, 0.8, 0.95], quantiles: [-1, 0, 0.5, 4] };
    for (const y of [-2, -0.3, 0.5, 2, 7]) {
      let integral = 0;
      const n = 20000;
      for (let i = 0; i < n; i++) {
        const p = (i + 0.5) / n;
        integral += (2 * pinball({ p, quantile: distributionQuantile(d, p) }, y)) / n;
      }
      expect(crps(d, y)).toBeCloseTo(integral, 4);
    }
  });

  test("scales with the unit and never drops below 0", () => {
    const coordinate = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(coordinate, fc.double({ min: 0.01, max: 20, noNaN: true }), coordinate, (centre, sd, y) => {
        const score = crps(normalDistribution({ mean: centre, sd }), y);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(crps(normalDistribution({ mean: 2 * centre, sd: 2 * sd }), 2 * y)).toBeCloseTo(2 * score, 8);
      }),
      { seed: 7 },
    );
  });

  test("is proper: on normal outcomes the true spread scores best", () => {
    const rng = Rng.of(1);
    const outcomes = Array.from({ length: 4000 }, () => rng.normal());
    const scoreOf = (sd: number) => mean(outcomes.map((y) => crps(normalDistribution({ mean: 0, sd }), y)));
    expect(scoreOf(1)).toBeLessThan(scoreOf(0.75));
    expect(scoreOf(1)).toBeLessThan(scoreOf(1.35));
  });

  test("an ensemble's score is its definition; the fair one is unbiased for the normal it is drawn from", () => {
    expect(crpsEnsemble([1, 2, 4], 3)).toBeCloseTo(4 / 3 - (1 + 3 + 2) / 9, 12);
    expect(crpsEnsemble([1, 2, 4], 3, { fair: true })).toBeCloseTo(4 / 3 - 1, 12);
    const rng = Rng.of(2);
    const fair = Array.from({ length: 4000 }, () =>
      crpsEnsemble([rng.normal(), rng.normal(), rng.normal(), rng.normal()], 0.7, { fair: true }),
    );
    expect(mean(fair)).toBeCloseTo(crpsGaussian({ mean: 0, sd: 1 }, 0.7), 1);
  });

  test("refuses outcomes and forecasts that are not finite, and quantiles out of order", () => {
    expect(() => crps(standard, Number.NaN)).toThrow("crps: outcome: expected a finite number, got NaN");
    expect(() => crps({ probabilities: [0.1, 0.9], quantiles: [1, 0] }, 0)).toThrow("do not descend, got 0");
    expect(() => crps({ probabilities: [0.1, 0.1], quantiles: [0, 1] }, 0)).toThrow("strictly ascending");
    expect(() => crpsEnsemble([1], 0, { fair: true })).toThrow("at least 2 values");
  });
});

describe("censored crps", () => {
  test("is the plain score for an early event, and ∫F² up to the last look for a censored one", () => {
    const d = { probabilities: [0.25, 0.75], quantiles: [0, 1] };
    expect(censoredCrps(d, { time: 0.5, observed: true }, { horizon: 10 })).toBeCloseTo(crps(d, 0.5), 12);
    expect(censoredCrps(d, { time: 0.5, observed: false }, { horizon: 10 })).toBeCloseTo(
      (0.5 ** 3 - 0.25 ** 3) / 1.5,
      12,
    );
    expect(censoredCrps(d, { time: 3, observed: false }, { horizon: 3 })).toBeCloseTo(
      (0.75 ** 3 - 0.25 ** 3) / 1.5 + 2,
      12,
    );
  });

  test("with one horizon for all it is proper: the true median time scores best among wrong ones", () => {
    const rng = Rng.of(3);
    const runs = Array.from({ length: 3000 }, () => Math.exp(6 + 0.5 * rng.normal()));
    const forecast = (centre: number) => truncatedLogTDistribution({ centre, scale: 0.5, df: 1e6, after: 0 });
    const scoreOf = (centre: number) => {
      const d = forecast(centre);
      return mean(runs.map((t) => censoredCrps(d, { time: Math.min(t, 500), observed: t <= 500 }, { horizon: 500 })));
    };
    expect(scoreOf(6)).toBeLessThan(scoreOf(5.8));
    expect(scoreOf(6)).toBeLessThan(scoreOf(6.2));
  });
});

describe("interval score, pit", () => {
  test("interval score: width inside, 2/α a unit of miss outside", () => {
    const d = normalDistribution({ mean: 0, sd: 1 });
    const [low, high] = centralInterval(d, 0.9);
    expect(high).toBeCloseTo(normalQuantile(0.95), 12);
    expect(intervalScore(d, 0.2)).toBeCloseTo(high - low, 12);
    expect(intervalScore(d, high + 0.5)).toBeCloseTo(high - low + 10, 10);
  });

  test("PIT is uniform for a calibrated forecaster, also where the forecast has point masses", () => {
    const rng = Rng.of(5);
    const clipped = normalDistribution({ mean: 0, sd: 1 }, [-0.5, null]);
    for (const [d, draw] of [
      [standard, () => rng.normal()],
      [clipped, () => Math.max(-0.5, rng.normal())],
    ] as const) {
      const values = Array.from({ length: 4000 }, () => pit(d, draw(), rng)).sort((a, b) => a - b);
      const kolmogorov = Math.max(...values.map((v, i) => Math.abs(v - (i + 0.5) / values.length)));
      expect(kolmogorov).toBeLessThan(1.95 / Math.sqrt(4000)); // 0.1% critical value
    }
  });
});

describe("distributions", () => {
  test("quantiles stay in the range and ascend; Student t widens the normal", () => {
    const d = studentTDistribution({ centre: 0.9, scale: 0.2, df: 5 }, [0, 1]);
    expect(Math.max(...d.quantiles)).toBe(1);
    expect(d.quantiles[d.probabilities.indexOf(0.5)]).toBe(0.9);
    expect(centralInterval(studentTDistribution({ centre: 0, scale: 1, df: 5 }), 0.9)[1]).toBeGreaterThan(1.645);
  });

  test("a time known to come later has no quantile before that, and the remaining share in order", () => {
    const d = truncatedLogTDistribution({ centre: 0, scale: 1, df: 1e7, after: 1 });
    // ln T | T > 1 is half-normal: its median is the normal's .75 quantile.
    expect(Math.log(distributionQuantile(d, 0.5))).toBeCloseTo(normalQuantile(0.75), 5);
    expect(d.quantiles[0]).toBeGreaterThan(1);
    const late = truncatedLogTDistribution({ centre: 0, scale: 0.1, df: 1e7, after: 2 });
    expect(late.quantiles.every((q) => q >= 2 && q < 2.3)).toBe(true);
  });

  test("averaging quantiles of normals averages mean and sd", () => {
    const averaged = averageQuantiles([standard, normalDistribution({ mean: 2, sd: 3 })], [1, 3]);
    expect(averaged.quantiles).toEqual(
      normalDistribution({ mean: 1.5, sd: 2.5 }).quantiles.map((q) => expect.closeTo(q, 12)),
    );
    expect(() => averageQuantiles([standard], [0])).toThrow("numbers ≥ 0 with a positive sum");
  });
});
