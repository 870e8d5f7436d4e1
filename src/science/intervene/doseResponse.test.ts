import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { doseResponse } from "./doseResponse.ts";
import { emaxFit } from "./emax.ts";

const doses = [2, 5, 10, 20, 49, 150];
const curve = (dose: number) => (0.3 * (dose - 1)) / (9 + dose - 1);
const seedsOf = (rng: Rng, effect: (dose: number) => number, noise: number, n = 12) =>
  Array.from({ length: n }, () => doses.map((dose) => effect(dose) + noise * rng.normal()));
const rng = () => Rng.of("dose");

describe("doseResponse", () => {
  test("recovers a saturating curve with its interval", () => {
    const { emax, trend, direction } = doseResponse({
      doses,
      differences: seedsOf(Rng.of("curve"), curve, 0.02),
      controlDose: 1,
      rng: rng(),
      draws: 300,
    });
    expect(direction).toBe("increasing");
    expect(trend.p).toBeLessThan(0.001);
    expect(emax!.maximum.low).toBeLessThan(0.3);
    expect(emax!.maximum.high).toBeGreaterThan(0.3);
    expect(emax!.ed50.low).toBeLessThan(9);
    expect(emax!.ed50.high).toBeGreaterThan(9);
    expect(emax!.r2).toBeGreaterThan(0.95);
  });

  test("noise-free points lie on their own curve: maximum and ED50 exactly", () => {
    const { maximum, ed50, r2 } = emaxFit({
      doses: [1, ...doses],
      bySeed: [1, 2].map(() => [0, ...doses.map(curve)]),
      origin: 1,
      rng: rng(),
      draws: 20,
    });
    expect(maximum.value).toBeCloseTo(0.3, 6);
    expect(ed50.value).toBeCloseTo(9, 4);
    expect(r2).toBeCloseTo(1, 9);
  });

  test("refuses the saturating curve on a straight line, and says why", () => {
    const { emax, emaxRefused } = doseResponse({
      doses,
      differences: seedsOf(Rng.of("line"), (dose) => 0.01 * dose, 0.01),
      controlDose: 1,
      rng: rng(),
      draws: 50,
    });
    expect(emax).toBeUndefined();
    expect(emaxRefused).toContain("outside the doses tried");
  });

  test("refuses it on pure noise and on doses below the control's", () => {
    const noise = doseResponse({
      doses,
      differences: seedsOf(Rng.of("flat"), () => 0, 0.1),
      controlDose: 1,
      rng: rng(),
      draws: 100,
    });
    expect(noise.emaxRefused).toMatch(/undetermined|outside/);
    const below = doseResponse({
      doses: [0.1, 0.3, 3],
      differences: [
        [-1, 0, 1],
        [-1, 0, 2],
      ],
      controlDose: 1,
      rng: rng(),
      draws: 50,
    });
    expect(below.emaxRefused).toContain("not below the control's");
    expect(below.isotonic.map(({ dose }) => dose)).toEqual([0.1, 0.3, 1, 3]);
  });

  test("the isotonic fit pools a dip and leaves a monotone ladder alone", () => {
    const dip = doseResponse({
      doses: [1, 2, 3],
      differences: [
        [1, 3, 2],
        [1, 3, 2],
      ],
      rng: rng(),
      draws: 20,
    });
    expect(dip.isotonic.map(({ effect }) => effect.value)).toEqual([1, 2.5, 2.5]);
    const falling = doseResponse({
      doses: [1, 2, 3],
      differences: [
        [3, 2, 1],
        [3, 2, 1],
      ],
      rng: rng(),
      draws: 20,
    });
    expect(falling.direction).toBe("decreasing");
    expect(falling.isotonic.map(({ effect }) => effect.value)).toEqual([3, 2, 1]);
  });

  test("does not depend on the order in which the doses are listed", () => {
    const differences = seedsOf(Rng.of("order"), curve, 0.05, 5);
    const straight = doseResponse({ doses, differences, rng: rng(), draws: 20 });
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
        const shuffled = doseResponse({
          doses: order.map((j) => doses[j]),
          differences: differences.map((row) => order.map((j) => row[j])),
          rng: rng(),
          draws: 20,
        });
        expect(shuffled).toEqual(straight);
      }),
      { seed: 7, numRuns: 5 },
    );
  });

  test("refuses equal doses, two doses, ragged rows and runs that diverged", () => {
    const rows = [
      [1, 2, 3],
      [2, 3, 4],
    ];
    expect(() => doseResponse({ doses: [1, 2, 2], differences: rows, rng: rng() })).toThrow(
      "expected distinct finite doses",
    );
    expect(() =>
      doseResponse({
        doses: [1, 2],
        differences: [
          [1, 2],
          [1, 2],
        ],
        rng: rng(),
      }),
    ).toThrow("at least 3 doses");
    expect(() =>
      doseResponse({
        doses: [1, 2, 3],
        differences: [
          [1, 2, 3],
          [1, 2],
        ],
        rng: rng(),
      }),
    ).toThrow("3 effects a seed");
    expect(() =>
      doseResponse({
        doses: [1, 2, 3],
        differences: [
          [1, 2, 3],
          [1, 2, Number.NaN],
        ],
        rng: rng(),
      }),
    ).toThrow("not finite");
  });
});
