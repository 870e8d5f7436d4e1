/**
 * @file Online detection: the posterior of an independent implementation (fixtures/observeReference.py), a sum of 1,
 * delay, false alarms.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import reference from "../fixtures/observeReference.json" with { type: "json" };
import { logGamma, studentTLogPdf } from "../studentT.ts";
import { autoregressive, binomialUpper } from "../synthetic.fixture.ts";
import { OnlineChanges } from "./onlineChanges.ts";

const prior = { noiseSd: 1, level: 0, levelSd: 5 };

describe("OnlineChanges", () => {
  test("has the run-length posterior of the unpruned recursion", () => {
    const { values, meanRun, posteriors } = reference.onlineChanges;
    const online = new OnlineChanges({ ...prior, meanRun, segment: "mean", prune: 1e-14 });
    values.forEach((value, i) => {
      const { posterior } = online.push(value);
      const expected = posteriors.find(({ n }) => n === i + 1);
      for (const { runLength, probability } of expected === undefined ? [] : posterior)
        expect(probability).toBeCloseTo(expected!.probabilities[runLength], 8);
    });
  });

  test("the posterior sums to 1, also with pruning and after an impossible value", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.constantFrom("mean" as const, "line" as const),
        (values, segment) => {
          const online = new OnlineChanges({ ...prior, segment, prune: 1e-4 });
          for (const value of values)
            expect(online.push(value).posterior.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(
              1,
              9,
            );
        },
      ),
      { seed: 7, numRuns: 100 },
    );
  });

  test("a shift of four sds is known within six values; a trend is no change for lines", () => {
    let late = 0;
    for (let seed = 0; seed < 50; seed++) {
      const noise = autoregressive(Rng.of(seed, "online"), 120, 0);
      const online = new OnlineChanges(prior);
      const at = noise.findIndex((e, i) => online.push(e + 0.05 * i + (i >= 80 ? 4 : 0)).changed > 0.95);
      if (at < 80 || at > 86) late++;
    }
    // Theory: the log Bayes factor of a 4-sd shift grows by about 8 minus the cost of learning a level: two to four values.
    expect(late).toBeLessThanOrEqual(8);
  });

  test("without a change, alarms stay within one in 250 values a run of 200", () => {
    let alarms = 0;
    for (let seed = 0; seed < 100; seed++) {
      const online = new OnlineChanges({ ...prior, meanRun: 1000 });
      if (autoregressive(Rng.of(seed, "quiet"), 200, 0).some((e) => online.push(e).changed > 0.95)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(binomialUpper(100, 0.05));
  });

  test("refuses what is not finite", () => {
    const online = new OnlineChanges(prior);
    expect(() => online.push(Number.NaN)).toThrow("finite values");
    expect(() => new OnlineChanges({ ...prior, noiseSd: 0 })).toThrow("noiseSd: expected a positive number, got 0");
  });
});

test("log densities: Γ at half-integers and factorials, t with one degree of freedom is Cauchy", () => {
  expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 12);
  expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 11);
  for (const t of [-3, 0, 0.7]) expect(studentTLogPdf(t, 1)).toBeCloseTo(-Math.log(Math.PI * (1 + t * t)), 12);
});
