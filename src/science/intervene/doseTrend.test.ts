import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { doseTrend } from "./doseTrend.ts";

const rng = () => Rng.of("shape");
const x = [1, 2, 5, 10];

describe("doseTrend", () => {
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

  test("refuses too few arms or seeds, ragged rows and runs that diverged", () => {
    expect(() => doseTrend({ x: [1], differences: [[1], [2]], rng: rng() })).toThrow("expected at least 2 arms, got 1");
    expect(() => doseTrend({ x, differences: [[1, 2, 3, 4]], rng: rng() })).toThrow("expected at least 2 seeds, got 1");
    expect(() =>
      doseTrend({
        x,
        differences: [
          [1, 2, 3, 4],
          [1, 2],
        ],
        rng: rng(),
      }),
    ).toThrow("expected 4 arms a seed, got 2");
    expect(() =>
      doseTrend({
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
