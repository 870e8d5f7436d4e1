import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { meanDifference, pairedEffect, signFlipP } from "./pairedEffect.ts";
import { signFlips } from "./signFlips.ts";

const finite = fc.double({ min: -100, max: 100, noNaN: true });

describe("pairedEffect", () => {
  test("gives the textbook paired t interval", () => {
    // scipy.stats.ttest_rel([3,4,6,9],[1,3,4,5]).confidence_interval(.95) → (0.24772, 4.25228); p of the test is not used
    const { effect } = pairedEffect({ treated: [3, 4, 6, 9], control: [1, 3, 4, 5] });
    expect(effect.value).toBeCloseTo(2.25, 12);
    expect(effect.low).toBeCloseTo(0.24772, 4);
    expect(effect.high).toBeCloseTo(4.25228, 4);
    expect(effect.n).toBe(4);
  });

  test("knows what pairing gained: variance (1 − ρ) of the unpaired one when the arms have equal variances", () => {
    const rng = Rng.of("pairing");
    const shared = Array.from({ length: 1000 }, () => rng.normal());
    const treated = shared.map((base) => base + 0.5 * rng.normal() + 1);
    const control = shared.map((base) => base + 0.5 * rng.normal());
    const { correlation, varianceReduction } = pairedEffect({ treated, control });
    expect(correlation).toBeCloseTo(0.8, 1); // 1 / 1.25; n = 1000 puts the se at .011
    expect(varianceReduction).toBeCloseTo(1 / (1 - correlation!), 1);
  });

  test("covers the true effect in 95% of simulated studies", () => {
    const rng = Rng.of("coverage");
    let covered = 0;
    for (let study = 0; study < 1000; study++) {
      const { low, high } = meanDifference(Array.from({ length: 12 }, () => 0.3 + rng.normal()));
      if (low <= 0.3 && 0.3 <= high) covered++;
    }
    // binomial sd at n = 1000: .0069; four of them
    expect(Math.abs(covered / 1000 - 0.95)).toBeLessThan(0.028);
  });

  test("is turned round when the arms are exchanged", () => {
    const arms = fc.array(fc.tuple(finite, finite), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(arms, (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const there = pairedEffect({ treated: a, control: b });
        const back = pairedEffect({ treated: b, control: a });
        expect(there.effect.value).toBeCloseTo(-back.effect.value, 9);
        expect(there.p).toBe(back.p);
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  test("an arm that is the same at every seed has no correlation", () => {
    expect(pairedEffect({ treated: [1, 1], control: [0, 1] }).correlation).toBeUndefined();
  });

  test("refuses an arm that diverged, unequal arms and a single seed", () => {
    expect(() => pairedEffect({ treated: [1, Number.NaN], control: [0, 0] })).toThrow(
      "the outcome of pair 2 is not finite",
    );
    expect(() => pairedEffect({ treated: [1, 2], control: [0] })).toThrow("expected shape [2], got [1]");
    expect(() => pairedEffect({ treated: [1], control: [0] })).toThrow("expected at least 2 seeds, got 1");
  });
});

describe("signFlipP", () => {
  test("counts patterns by hand: of 2³ only the identity and its mirror are as extreme as three equal differences", () => {
    expect(signFlipP([1, 1, 1])).toEqual({ p: 2 / 8, pMethod: "sign-flip test, all 8 sign flips" });
  });

  test("is 1 when nothing happened", () => {
    expect(signFlipP([0, 0, 0, 0]).p).toBe(1);
  });

  test("rejects a true null at 5% in no more than 5% of studies", () => {
    const rng = Rng.of("null");
    let rejected = 0;
    for (let study = 0; study < 600; study++)
      if (signFlipP(Array.from({ length: 10 }, () => rng.normal())).p <= 0.05) rejected++;
    expect(rejected / 600).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 600));
  });

  test("samples patterns, the identity among them, when there are too many", () => {
    const { patterns, isExact } = signFlips(30);
    expect(isExact).toBe(false);
    expect([...patterns[0]]).toEqual(new Array(30).fill(1));
    expect(() => signFlips(0)).toThrow("expected a positive integer, got 0");
  });
});
