/** @file Bootstrap intervals against scipy's, their determinism, and their refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { bootstrap } from "./bootstrap.ts";
import { mean, sd } from "./moments.ts";

const skewed = [1.2, 0.4, 3.3, 2.2, 0.9, 5.1, 0.3, 1.8, 2.7, 0.6, 8.4, 1.1];
const options = { units: skewed, statistic: mean, draws: 20000 };

describe("bootstrap", () => {
  test("agrees with scipy's percentile and BCa intervals", () => {
    // scipy.stats.bootstrap((x,), np.mean, n_resamples=200000, method="BCa" | "percentile", random_state=1).confidence_interval
    const percentile = bootstrap({ ...options, rng: Rng.of(1) });
    const bca = bootstrap({ ...options, rng: Rng.of(1), interval: "bca" });
    // Monte Carlo error of the upper end is .012 at 20,000 draws, of the lower .006: five of each.
    expect(Math.abs(percentile.low - 1.21667)).toBeLessThan(0.03);
    expect(Math.abs(percentile.high - 3.75)).toBeLessThan(0.06);
    expect(Math.abs(bca.low - 1.38333)).toBeLessThan(0.03);
    expect(Math.abs(bca.high - 4.19167)).toBeLessThan(0.075);
    expect(bca.method).toBe("bootstrap over runs, BCa, 20000 draws");
    expect(bca.n).toBe(12);
  });

  test("same seed, same interval; other seed, other interval", () => {
    const of = (seed: number) => bootstrap({ ...options, draws: 500, rng: Rng.of(seed) });
    expect(of(3)).toEqual(of(3));
    expect(of(3)).not.toEqual(of(4));
  });

  test("keeps paired values together: the ratio of proportional pairs has no spread", () => {
    const units = skewed.map((x) => ({ x, y: 2 * x }));
    const ratio = bootstrap({
      units,
      statistic: (u) => mean(u.map(({ y }) => y)) / mean(u.map(({ x }) => x)),
      rng: Rng.of(1),
      draws: 200,
    });
    expect(ratio).toMatchObject({ value: 2, low: 2, high: 2 });
  });

  test("refuses one unit, and statistics that are undefined on a resample", () => {
    expect(() => bootstrap({ units: [1], statistic: mean, rng: Rng.of(1) })).toThrow("expected at least 2 units");
    expect(() => bootstrap({ units: [0, 1], statistic: (u) => 1 / mean(u), rng: Rng.of(1), draws: 100 })).toThrow(
      "the statistic is Infinity on resample",
    );
    expect(() =>
      bootstrap({ units: [0, 0], statistic: (u) => (sd(u) === 0 ? Number.NaN : 1), rng: Rng.of(1) }),
    ).toThrow("the statistic of the sample is NaN");
  });
});
