import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { activePlacebo, exactPlacebo, perturbedNull } from "./nullChecks.ts";

describe("exactPlacebo", () => {
  test("counts equal hashes and names the runs that differ", () => {
    const pairs = [
      { run: "r1", expected: "aa", actual: "aa" },
      { run: "r2", expected: "bb", actual: "bc" },
    ];
    expect(exactPlacebo(pairs)).toEqual({ compared: 2, identical: 1, differing: ["r2"], passed: false });
    expect(exactPlacebo(pairs.slice(0, 1)).passed).toBe(true);
  });

  test("comparing nothing is not passing", () => {
    expect(() => exactPlacebo([])).toThrow("exactPlacebo: expected at least one pair of hashes, got none");
    expect(() => exactPlacebo([{ run: "r1", expected: "", actual: "" }])).toThrow(
      "expected two hashes, got an empty one",
    );
  });
});

describe("activePlacebo", () => {
  const differences = [0.01, -0.01, 0.02, -0.02, 0, 0.01];

  test("equivalent, different and undecided by where the interval lies", () => {
    expect(activePlacebo({ differences, margin: 0.05 })).toMatchObject({ verdict: "equivalent", nonZero: false });
    expect(activePlacebo({ differences, margin: 0.001 })).toMatchObject({ verdict: "undecided", nonZero: false });
    const shifted = differences.map((value) => value + 0.2);
    expect(activePlacebo({ differences: shifted, margin: 0.05 })).toMatchObject({
      verdict: "different",
      nonZero: true,
    });
    expect(activePlacebo({ differences: shifted, margin: 0.5 })).toMatchObject({
      verdict: "equivalent",
      nonZero: true,
    });
    expect(activePlacebo({ differences: shifted, margin: 0.5 }).statement).toContain("though it excludes 0");
  });

  test("calls a true effect at the margin equivalent in at most 5% of studies", () => {
    const rng = Rng.of("equivalence");
    let wrong = 0;
    for (let study = 0; study < 600; study++) {
      const values = Array.from({ length: 12 }, () => 1 + rng.normal());
      if (activePlacebo({ differences: values, margin: 1 }).verdict === "equivalent") wrong++;
    }
    expect(wrong / 600).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 600));
  });

  test("is indifferent to the sign of the placebo", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 }), (values) => {
        const mirrored = values.map((value) => -value);
        expect(activePlacebo({ differences: mirrored, margin: 0.3 }).verdict).toBe(
          activePlacebo({ differences: values, margin: 0.3 }).verdict,
        );
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  test("refuses a margin that was not chosen and a run that diverged", () => {
    expect(() => activePlacebo({ differences, margin: 0 })).toThrow(
      "activePlacebo: margin: expected a positive number, got 0",
    );
    expect(() => activePlacebo({ differences: [1, Number.NaN], margin: 1 })).toThrow("not finite");
  });
});

describe("perturbedNull", () => {
  test("finds the noise of one arm and what it hides", () => {
    const rng = Rng.of("perturbed");
    const differences = Array.from({ length: 2000 }, () => 0.3 * rng.normal() - 0.3 * rng.normal());
    const { armNoiseSd, noiseSd, effect, identical } = perturbedNull({ differences });
    expect(armNoiseSd).toBeCloseTo(0.3, 1);
    expect(noiseSd.value / armNoiseSd).toBeCloseTo(Math.SQRT2, 12);
    expect(effect.low < 0 && effect.high > 0).toBe(true);
    expect(identical).toBe(false);
  });

  test("a design without noise after the fork has a floor of 0", () => {
    expect(perturbedNull({ differences: [0, 0, 0] })).toMatchObject({
      identical: true,
      armNoiseSd: 0,
      detectable: { value: 0 },
    });
    expect(() => perturbedNull({ differences: [0] })).toThrow("at least 2");
  });
});
