/**
 * @file Onset with measurement error: agreement with the exact rule, the distribution by enumeration, coverage, k of n,
 * censoring.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventSchema, Rng } from "../../core/index.ts";
import { normalCdf } from "../stats/distributions.ts";
import { measuredOnset } from "./measuredOnset.ts";
import { onset } from "./onset.ts";
import { binomialUpper, seriesOf } from "./synthetic.fixture.ts";

describe("measuredOnset", () => {
  test("without errors it is the plain onset, for any hold in a row", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, Number.NaN), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 3 }),
        (values, hold) => {
          const plain = onset(seriesOf(values), { threshold: 0.5, hold });
          const ours = measuredOnset(seriesOf(values), { threshold: 0.5, hold: { k: hold, of: hold } });
          expect([ours.step, ours.low, ours.high]).toEqual([plain.step, plain.low, plain.high]);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  test("the chance of each interval is the sum over all ways in which the true values may lie", () => {
    const values = [0.2, 0.55, 0.48, 0.62, 0.7];
    const [se, threshold, hold] = [0.1, 0.5, { k: 2, of: 3 }];
    const chances = values.map((v) => normalCdf((v - threshold) / se));
    const expected = new Array<number>(5).fill(0);
    for (let pattern = 0; pattern < 32; pattern++) {
      const reached = values.map((_, i) => ((pattern >> i) & 1) === 1);
      const p = reached.reduce((product, r, i) => product * (r ? chances[i] : 1 - chances[i]), 1);
      const first = reached.findIndex((r, i) => r && reached.slice(i, i + 3).filter(Boolean).length >= 2);
      if (first >= 0) expected[first] += p;
    }
    const { evidence, certainty } = measuredOnset(seriesOf(values), { threshold, hold, ses: values.map(() => se) });
    for (const { high, p } of evidence.intervals as { high: number; p: number }[])
      expect(p).toBeCloseTo(expected[high / 10 - 1], 10);
    expect(certainty!.value).toBeCloseTo(
      expected.reduce((a, b) => a + b, 0),
      10,
    );
  });

  test("holds the true crossing at least as often as its level, and is wider than the grid says", () => {
    let missed = 0;
    let wider = 0;
    for (let seed = 0; seed < 300; seed++) {
      const rng = Rng.of(seed, "coverage");
      const crossing = 12 + rng.uniform() * 6;
      const truth = (i: number) => 1 / (1 + Math.exp(-(i - crossing) / 4));
      const values = Array.from({ length: 30 }, (_, i) => truth(i + 1) + 0.05 * rng.normal());
      const { low, high } = measuredOnset(seriesOf(values), {
        threshold: 0.5,
        hold: { k: 1, of: 1 },
        ses: values.map(() => 0.05),
      });
      if (!(low <= 10 * crossing && (high === null || high >= 10 * crossing - 10))) missed++;
      if (high === null || high - low > 10) wider++;
    }
    expect(missed).toBeLessThanOrEqual(binomialUpper(300, 0.05));
    expect(wider).toBeGreaterThan(150);
  });

  test("two of three forgives one evaluation below; a hold that the end cuts short counts only when it has its k", () => {
    const hold = { k: 2, of: 3 };
    expect(measuredOnset(seriesOf([0, 1, 0, 1, 0, 0]), { threshold: 0.5, hold })).toMatchObject({ step: 20, low: 10 });
    expect(measuredOnset(seriesOf([0, 0, 1]), { threshold: 0.5, hold })).toMatchObject({
      step: null,
      high: null,
      evidence: { unconfirmedFrom: 30, chanceOfNone: 1 },
    });
    expect(measuredOnset(seriesOf([0, 1, 1]), { threshold: 0.5, hold })).toMatchObject({ step: 20 });
  });

  test("a threshold that only noise may have reached is censored to the right with its chance", () => {
    const event = measuredOnset(seriesOf([0.1, 0.2, 0.45, 0.45]), { threshold: 0.5, ses: [0.1, 0.1, 0.1, 0.1] });
    expect(EventSchema.parse(event)).toEqual(event);
    expect(event).toMatchObject({ step: null, high: null });
    expect(event.certainty!.value).toBeGreaterThan(0.05);
    expect(event.certainty!.value).toBeLessThan(0.3);
  });

  test("refuses a hold that is none and errors of another length", () => {
    expect(() => measuredOnset(seriesOf([1]), { threshold: 0, hold: { k: 3, of: 2 } })).toThrow("got 3 of 2");
    expect(() => measuredOnset(seriesOf([1]), { threshold: 0, ses: [] })).toThrow("expected shape [1], got [0]");
    expect(() => measuredOnset(seriesOf([1]), { threshold: Number.NaN })).toThrow("finite number");
  });
});
