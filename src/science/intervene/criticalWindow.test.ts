import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { criticalWindow } from "./criticalWindow.ts";

const starts = [0, 250, 500, 750, 1000, 1250, 1500, 1750];
const truth = [0.13, 0.18, 0.2, 0.23, 0.28, 0.34, 0.33, 0.15];
const effectsOf = (rng: Rng, means: readonly number[], noise: number, n = 12) => {
  const shared = Array.from({ length: n }, () => noise * rng.normal());
  return means.map((value) => shared.map((seed) => value + seed + noise * rng.normal()));
};
const rng = () => Rng.of("window");

describe("criticalWindow", () => {
  test("finds the peak and that the window closes", () => {
    const { peak, closes, opens, band, direction, peakShares } = criticalWindow({
      starts,
      effects: effectsOf(Rng.of("closing"), truth, 0.02),
      rng: rng(),
    });
    expect(direction).toBe("increase");
    expect([1250, 1500]).toContain(peak.value);
    expect(peak.low).toBeGreaterThanOrEqual(1000);
    expect(closes!.found).toBe(true);
    expect(opens!.found).toBe(true);
    expect(closes!.adjustedP).toBeLessThan(0.01);
    expect(band).toHaveLength(8);
    expect(peakShares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  test("says that a flat window closes in no more than 5% of studies, although the peak was picked from the data", () => {
    const noise = Rng.of("flat window");
    const studies = 120;
    let found = 0;
    for (let study = 0; study < studies; study++)
      if (
        criticalWindow({
          starts: starts.slice(0, 6),
          effects: effectsOf(noise, new Array(6).fill(0.2), 0.05, 9),
          rng: rng(),
          draws: 20,
        }).closes?.found
      )
        found++;
    expect(found / studies).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / studies));
  });

  test("a harmful intervention has its peak where the harm is largest", () => {
    const harm = truth.map((value) => -value);
    const { peak, direction, closes } = criticalWindow({
      starts,
      effects: effectsOf(Rng.of("harm"), harm, 0.02),
      rng: rng(),
    });
    expect(direction).toBe("decrease");
    expect([1250, 1500]).toContain(peak.value);
    expect(closes).toMatchObject({ found: true });
  });

  test("has nothing to say about closing when the last start is the best", () => {
    const { closes, opens, peak } = criticalWindow({
      starts: [0, 1, 2],
      effects: [
        [1, 1.1, 0.9],
        [2, 2.1, 2.2],
        [5, 5.1, 4.8],
      ],
      rng: rng(),
      draws: 50,
    });
    expect(peak).toMatchObject({ value: 2, low: 2, high: 2 });
    expect(closes).toBeUndefined();
    expect(opens).toBeDefined();
  });

  test("identical arms at every start give no test and no NaN", () => {
    const { closes, band } = criticalWindow({
      starts: [0, 1, 2],
      effects: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      rng: rng(),
      draws: 20,
    });
    expect(closes).toBeUndefined();
    expect(band.every(({ effect }) => effect.value === 0)).toBe(true);
  });

  test("the peak's interval holds the peak and stays among the starts", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }), (values) => {
        const { peak } = criticalWindow({
          starts: [10, 20, 40],
          effects: [values.slice(0, 4), values.slice(4, 8), values.slice(8)],
          rng: rng(),
          draws: 100,
        });
        for (const end of [peak.low, peak.value, peak.high]) expect([10, 20, 40]).toContain(end);
        expect(peak.low).toBeLessThanOrEqual(peak.high);
      }),
      { seed: 7, numRuns: 30 },
    );
  });

  test("refuses two starts, unordered starts, missing rows and runs that diverged", () => {
    const row = [1, 2, 3];
    expect(() => criticalWindow({ starts: [0, 1], effects: [row, row], rng: rng() })).toThrow("at least 3 starts");
    expect(() => criticalWindow({ starts: [0, 2, 1], effects: [row, row, row], rng: rng() })).toThrow(
      "ascending steps",
    );
    expect(() => criticalWindow({ starts: [0, 1, 2], effects: [row, row], rng: rng() })).toThrow("2 starts");
    expect(() => criticalWindow({ starts: [0, 1, 2], effects: [row, row, [1, 2, Number.NaN]], rng: rng() })).toThrow(
      "not finite",
    );
  });
});
