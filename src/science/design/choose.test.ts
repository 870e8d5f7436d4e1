/** @file Bounds, margins in units of the spread over seeds, and the choice that does not fall for luck. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { meetsBounds, outcomeScale } from "./bounds.ts";
import { pooledSpread, scoreReplicates } from "./choose.ts";

describe("bounds", () => {
  test("hold their ends and refuse what is not finite", () => {
    expect(meetsBounds([2, 5], [{ min: 2 }, { max: 5 }])).toBe(true);
    expect(meetsBounds([2, 5.1], [{ min: 2 }, { max: 5 }])).toBe(false);
    expect(meetsBounds([Number.NaN, 5], [{}, { max: 5 }])).toBe(false);
    expect(meetsBounds([Number.POSITIVE_INFINITY], [{ min: 1 }])).toBe(false);
    expect(() => meetsBounds([1], [{}, {}])).toThrow("meetsBounds: values: expected shape [2], got [1]");
  });

  test("the logit scale is for proportions only, and its inverse returns them", () => {
    expect(outcomeScale([0.2, 1.4], { min: 0.5 }).kind).toBe("identity");
    expect(outcomeScale([0.2, 0.4], { min: 50 }).kind).toBe("identity");
    const scale = outcomeScale([0, 1, Number.NaN], { min: 0.5 });
    expect(scale.kind).toBe("logit");
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, (x) => {
        expect(scale.inverse(scale.forward(x))).toBeCloseTo(x, 9);
        expect(scale.margin(scale.forward(x)) >= 0).toBe(x >= 0.5);
      }),
      { seed: 1 },
    );
  });
});

describe("replicates", () => {
  test("margins and their lower bound have their closed form", () => {
    // Mean 12, sd 2 over three seeds: one sd above the bound 10; the other requirement lies two below its maximum.
    const outcomes = [
      [10, 95],
      [12, 90],
      [14, 85],
    ];
    const score = scoreReplicates({ outcomes, bounds: [{ min: 10 }, { max: 100 }], level: 0.9 });
    expect(score).toMatchObject({ passes: 3, n: 3, worstMargin: expect.closeTo(1, 12) });
    expect(score.marginLow).toBeCloseTo(1 - studentTQuantile(0.9, 2) / Math.sqrt(3), 12);
  });

  test("margins do not change with the unit of an outcome that is no proportion", () => {
    const values = fc.array(fc.double({ min: 2, max: 9, noNaN: true }), { minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 1000, noNaN: true }), (column, unit) => {
        fc.pre(Math.max(...column) - Math.min(...column) > 0.01);
        const score = (k: number) =>
          scoreReplicates({ outcomes: column.map((x) => [k * x]), bounds: [{ min: 4 * k }] });
        expect(score(unit).worstMargin).toBeCloseTo(score(1).worstMargin, 6);
        expect(score(1).marginLow).toBeLessThan(score(1).worstMargin);
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test("the spread is pooled within finalists, not between them", () => {
    const spread = pooledSpread(
      [
        [[10], [12]],
        [[110], [112]],
      ],
      [{ min: 5 }],
    );
    expect(spread).toEqual({ sd: [expect.closeTo(Math.SQRT2, 12)], df: 2, kinds: ["identity"] });
    expect(pooledSpread([[[10]], [[12]]], [{ min: 5 }])).toEqual({ sd: [1], df: 0, kinds: ["identity"] });
  });

  test("picks the truly safer of two finalists more often than the best single run does", () => {
    const bounds = [{ min: 0.85 }, { min: 0.9 }];
    const seed = (rng: Rng, logits: readonly number[]) =>
      logits.map((logit) => 1 / (1 + Math.exp(-logit - 0.2 * rng.normal())));
    const run = (rng: Rng, logits: readonly number[]) => Array.from({ length: 4 }, () => seed(rng, logits));
    let right = 0;
    let rightByOne = 0;
    for (let repeat = 0; repeat < 200; repeat++) {
      const rng = Rng.of(repeat, "choice");
      // The bounds' logits are 1.73 and 2.20: the first finalist is safe in both, the second shines in one only.
      const finalists = [run(rng, [2.2, 2.7]), run(rng, [3.4, 2.45])];
      const spread = pooledSpread(finalists, bounds);
      const [a, b] = finalists.map((outcomes) => scoreReplicates({ outcomes, bounds, spread }).marginLow);
      right += a > b ? 1 : 0;
      const [one, other] = finalists.map(([first]) => scoreReplicates({ outcomes: [first], bounds }).worstMargin);
      rightByOne += one > other ? 1 : 0;
    }
    // Seen: 183 of 200, against 139 by one run each.
    expect(right).toBeGreaterThan(160);
    expect(rightByOne).toBeLessThan(right - 10);
  });

  test("one seed proves nothing, a broken run fails, no seed is refused", () => {
    const bounds = [{ min: 0.5 }];
    const low = Number.NEGATIVE_INFINITY;
    expect(scoreReplicates({ outcomes: [[0.9]], bounds })).toMatchObject({ passes: 1, marginLow: low });
    expect(scoreReplicates({ outcomes: [[0.9], [Number.NaN]], bounds })).toEqual({
      passes: 1,
      n: 2,
      worstMargin: low,
      marginLow: low,
    });
    expect(scoreReplicates({ outcomes: [[1], [1]], bounds }).worstMargin).toBeGreaterThan(1);
    expect(() => scoreReplicates({ outcomes: [], bounds })).toThrow("scoreReplicates: expected at least one seed");
    expect(() => scoreReplicates({ outcomes: [[1]], bounds, level: 1 })).toThrow("level: expected");
  });
});
