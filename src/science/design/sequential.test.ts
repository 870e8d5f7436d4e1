import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { clopperPearsonLower, confirmationPower } from "./reliability.ts";
import { curtailedConfirmation, sequentialTest } from "./sequential.ts";

const plan = { n: 29, failures: 0, level: 0.95 };
const passes = (count: number) => new Array<boolean>(count).fill(true);

describe("curtailedConfirmation", () => {
  test("stops at the first failure that is too many, and confirms when the rest could all fail", () => {
    expect(curtailedConfirmation({ ...plan, outcomes: [true, true, false, true] })).toMatchObject({
      verdict: "not confirmed",
      used: 3,
      successes: 2,
    });
    const three = curtailedConfirmation({ n: 76, failures: 3, level: 0.95, outcomes: passes(76) });
    expect(three).toMatchObject({ verdict: "confirmed", used: 73, failures: 0 });
    expect(three.reliability.low).toBeCloseTo(clopperPearsonLower({ successes: 73, n: 76, level: 0.95 }).low, 12);
    expect(three.reliability.low).toBeGreaterThanOrEqual(0.9);
  });

  test("is undecided while both verdicts are open", () => {
    const open = curtailedConfirmation({ ...plan, outcomes: passes(28) });
    expect(open.verdict).toBe("undecided");
    expect(curtailedConfirmation({ ...plan, outcomes: [] }).reliability.value).toBeNaN();
  });

  test("gives the verdict of the full plan, whatever the outcomes, and never a larger bound", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 30 })
          .chain((n) => fc.tuple(fc.array(fc.boolean(), { minLength: n, maxLength: n }), fc.nat(n - 1))),
        ([outcomes, failures]) => {
          const n = outcomes.length;
          const failed = outcomes.filter((pass) => !pass).length;
          const { verdict, reliability } = curtailedConfirmation({ n, failures, level: 0.95, outcomes });
          expect(verdict).toBe(failed <= failures ? "confirmed" : "not confirmed");
          expect(reliability.low).toBeLessThanOrEqual(
            clopperPearsonLower({ successes: n - failed, n, level: 0.95 }).low + 1e-12,
          );
        },
      ),
      { seed: 7 },
    );
  });

  test("keeps the plan's power", () => {
    const rng = Rng.of("curtailed");
    let confirmed = 0;
    for (let study = 0; study < 2000; study++) {
      const outcomes = Array.from({ length: 29 }, () => rng.uniform() < 0.97);
      if (curtailedConfirmation({ ...plan, outcomes }).verdict === "confirmed") confirmed++;
    }
    expect(confirmed / 2000).toBeCloseTo(confirmationPower({ n: 29, failures: 0, rate: 0.97 }), 1);
  });

  test("refuses a plan that allows everything and more outcomes than planned", () => {
    expect(() => curtailedConfirmation({ n: 5, failures: 5, level: 0.95, outcomes: [] })).toThrow(
      "an integer in 0…4, got 5",
    );
    expect(() => curtailedConfirmation({ n: 2, failures: 0, level: 0.95, outcomes: passes(3) })).toThrow(
      "at most 2 outcomes, got 3",
    );
    expect(() => curtailedConfirmation({ n: 2, failures: 0, level: 1, outcomes: [] })).toThrow("level");
  });
});

describe("sequentialTest", () => {
  const rates = { bad: 0.8, good: 0.95 };

  test("18 straight successes confirm .95 against .8 at 5%: ln 19 / ln(.95/.8) = 17.1", () => {
    expect(sequentialTest({ ...rates, outcomes: passes(17) })).toMatchObject({
      verdict: "undecided",
      straightSuccesses: 18,
    });
    expect(sequentialTest({ ...rates, outcomes: passes(40) })).toMatchObject({ verdict: "confirmed", used: 18 });
  });

  test("three straight failures reject: 3 · ln(.05/.2) < −ln 19 < 2 · ln(.05/.2)", () => {
    const { verdict, used, limits } = sequentialTest({ ...rates, outcomes: [false, false, false] });
    expect({ verdict, used }).toEqual({ verdict: "not confirmed", used: 3 });
    expect(limits.high).toBeCloseTo(Math.log(19), 12);
    expect(limits.low).toBeCloseTo(-Math.log(19), 12);
  });

  test("errs at about 5% at both rates, and its verdict does not change with outcomes after it", () => {
    const rng = Rng.of("sprt");
    const verdictShare = (rate: number, verdict: string) => {
      let count = 0;
      for (let study = 0; study < 1000; study++) {
        const outcomes = Array.from({ length: 400 }, () => rng.uniform() < rate);
        const result = sequentialTest({ ...rates, outcomes });
        expect(sequentialTest({ ...rates, outcomes: outcomes.slice(0, result.used) })).toEqual(result);
        if (result.verdict === verdict) count++;
      }
      return count / 1000;
    };
    const limit = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 1000);
    expect(verdictShare(0.8, "confirmed")).toBeLessThan(limit);
    expect(verdictShare(0.95, "not confirmed")).toBeLessThan(limit);
  });

  test("refuses rates in the wrong order and error levels that leave no room", () => {
    expect(() => sequentialTest({ bad: 0.9, good: 0.8, outcomes: [] })).toThrow(
      "expected 0 < bad < good < 1, got 0.9, 0.8",
    );
    expect(() => sequentialTest({ ...rates, falseConfirm: 0.6, falseReject: 0.5, outcomes: [] })).toThrow(
      "sum below 1",
    );
  });
});
