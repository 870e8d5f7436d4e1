/**
 * @file Weights of a pool: the best member where one is, several where units disagree, equal ones where all are equal.
 */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { linearPool, normalDistribution } from "../distribution.ts";
import { crps } from "../scoring/scores.ts";
import { type StackingCase, stackingWeights } from "./stacking.ts";

const UNITS = ["a", "b", "c", "d"];

/** Cases of four units; member m says N(centre(truth), sd). */
function casesOf(members: readonly ((truth: number, unit: string) => { mean: number; sd: number })[]): StackingCase[] {
  const rng = Rng.of("stacking test");
  return UNITS.flatMap((unit) =>
    Array.from({ length: 25 }, () => {
      const truth = rng.normal();
      const forecasts = members.map((member) => normalDistribution(member(truth, unit)));
      return { unit, forecasts, outcome: truth + 0.3 * rng.normal(), scale: 1 };
    }),
  );
}

const informed = (truth: number) => ({ mean: truth, sd: 0.3 });
const ignorant = () => ({ mean: 0, sd: 1 });
const misled = (truth: number) => ({ mean: truth + 5, sd: 0.3 });

describe("stackingWeights", () => {
  test("gives nearly all to a member that is best in every unit", () => {
    const [good, poor, bad] = stackingWeights(casesOf([informed, ignorant, misled]), 3);
    expect(good).toBeGreaterThan(0.9);
    expect(bad).toBeLessThan(0.01);
    expect(good + poor + bad).toBeCloseTo(1, 12);
  });

  test("shares equally between members that say the same", () => {
    const [a, b] = stackingWeights(casesOf([informed, informed]), 2);
    expect(a).toBeCloseTo(0.5, 6);
    expect(b).toBeCloseTo(0.5, 6);
  });

  test("where units disagree on which of two is better, both have a say", () => {
    const half = (first: boolean) => (truth: number, unit: string) =>
      (unit === "a" || unit === "b") === first ? informed(truth) : ignorant();
    const [a, b] = stackingWeights(casesOf([half(true), half(false)]), 2);
    expect(Math.min(a, b)).toBeGreaterThan(0.25);
  });

  test("a member that is a hundred times too wide gets next to nothing, wherever it is centred", () => {
    const wide = () => ({ mean: -3, sd: 100 });
    const weights = stackingWeights(casesOf([informed, wide, ignorant]), 3);
    expect(weights[0]).toBeGreaterThan(0.9);
    expect(weights[1]).toBeLessThan(0.01);
  });

  test("one unit with a hundred times the cases does not outvote the others", () => {
    const cases = casesOf([(truth, unit) => (unit === "a" ? ignorant() : informed(truth)), ignorant]);
    const many = [...cases, ...Array.from({ length: 99 }, () => cases.filter(({ unit }) => unit === "a")).flat()];
    expect(stackingWeights(many, 2)[0]).toBeGreaterThan(0.8);
  });

  test("no cases: equal weights; a wrong number of forecasts throws", () => {
    expect(stackingWeights([], 3)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(() => stackingWeights(casesOf([informed]), 2)).toThrow("stackingWeights: forecasts");
  });
});

describe("linearPool", () => {
  test("has the mixture's quantiles: two narrow normals far apart", () => {
    const parts = [normalDistribution({ mean: 0, sd: 1e-3 }), normalDistribution({ mean: 10, sd: 1e-3 })];
    const { probabilities, quantiles } = linearPool(parts, [0.7, 0.3]);
    probabilities.forEach((p, k) => {
      expect(Math.abs(quantiles[k] - (p < 0.7 ? 0 : 10)), `p = ${p}`).toBeLessThan(p === 0.7 ? 11 : 0.01);
    });
  });

  test("of one member, or of equal ones, is that member", () => {
    const one = normalDistribution({ mean: 2, sd: 3 });
    expect(linearPool([one], [4])).toEqual(one);
    linearPool([one, one], [1, 2]).quantiles.forEach((q, k) => {
      expect(q).toBeCloseTo(one.quantiles[k], 8);
    });
  });

  test("a member far away with little weight costs its weight squared, not its weight", () => {
    const near = normalDistribution({ mean: 0, sd: 1 });
    const far = normalDistribution({ mean: 1000, sd: 1 });
    expect(crps(linearPool([near, far], [0.98, 0.02]), 0)).toBeLessThan(0.02 ** 2 * 1000 + 1);
  });

  test("refuses weights without a positive sum", () => {
    expect(() => linearPool([normalDistribution({ mean: 0, sd: 1 })], [0])).toThrow("linearPool: weights");
  });
});
