import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { doseTrend, peakMinusLast, peakPosition } from "./doseTrend.ts";

const rng = () => Rng.of("shape");
const x = [1, 2, 5, 10];

describe("shapes of effects", () => {
  test("a strictly rising effect has correlation 1 in every seed and the smallest p that n seeds allow", () => {
    const differences = Array.from({ length: 6 }, (_, seed) => x.map((dose) => dose + seed));
    expect(doseTrend({ x, differences, rng: rng() })).toMatchObject({
      estimate: { value: 1, low: 1, high: 1, n: 6 },
      p: 2 / 64,
    });
  });

  test("noise has no trend", () => {
    const noise = Rng.of("noise");
    const differences = Array.from({ length: 12 }, () => x.map(() => noise.normal()));
    const { estimate, p } = doseTrend({ x, differences, rng: rng() });
    expect(estimate.low).toBeLessThan(0);
    expect(estimate.high).toBeGreaterThan(0);
    expect(p).toBeGreaterThan(0.05);
  });

  test("the peak is found by size, whatever the sign, and the drop to the last arm is by hand", () => {
    const differences = [
      [-0.1, -0.5, -0.2, -0.1],
      [-0.2, -0.7, -0.2, 0],
    ];
    expect(peakPosition({ x, differences, rng: rng() })).toMatchObject({ value: 2, low: 2, high: 2 });
    expect(peakMinusLast({ x, differences, rng: rng() }).estimate.value).toBeCloseTo((-0.4 + -0.7) / 2, 12);
  });

  test("refuses too few arms or seeds, ragged rows and runs that diverged", () => {
    expect(() => doseTrend({ x: [1], differences: [[1], [2]], rng: rng() })).toThrow("expected at least 2 arms, got 1");
    expect(() => doseTrend({ x, differences: [[1, 2, 3, 4]], rng: rng() })).toThrow("expected at least 2 seeds, got 1");
    expect(() =>
      peakPosition({
        x,
        differences: [
          [1, 2, 3, 4],
          [1, 2],
        ],
        rng: rng(),
      }),
    ).toThrow("expected 4 arms a seed, got 2");
    expect(() =>
      peakMinusLast({
        x,
        differences: [
          [1, 2, 3, Number.NaN],
          [1, 2, 3, 4],
        ],
        rng: rng(),
      }),
    ).toThrow("not finite");
  });
});
