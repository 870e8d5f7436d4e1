import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { Agreements, logTail } from "./agreement.ts";
import { runOf } from "./run.fixture.ts";

describe("logTail", () => {
  test("bounds the exact chance of as much weighted agreement, found by going through all outcomes", () => {
    const chances = [0.5, 0.2, 0.1, 0.05, 0.3, 0.02];
    const weight = (pattern: number) => chances.reduce((sum, p, i) => sum - ((pattern >> i) & 1 ? Math.log(p) : 0), 0);
    for (let observed = 0; observed < 2 ** chances.length; observed++) {
      let exact = 0;
      for (let pattern = 0; pattern < 2 ** chances.length; pattern++)
        if (weight(pattern) >= weight(observed) - 1e-12)
          exact += chances.reduce((product, p, i) => product * ((pattern >> i) & 1 ? p : 1 - p), 1);
      const bound = Math.exp(
        logTail(
          chances,
          chances.map((_, i) => ((observed >> i) & 1) === 1),
        ),
      );
      expect(bound).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
    }
  });

  test("says nothing where agreement was certain", () => {
    expect(logTail([1, 1, 1], [true, true, true])).toBe(0);
  });

  test("is near the product of the chances when everything agrees against the odds", () => {
    const log10 = logTail(new Array(10).fill(1e-6), new Array(10).fill(true)) / Math.LN10;
    expect(log10).toBeLessThan(-55);
    expect(log10).toBeGreaterThan(-60.01);
  });
});

describe("Agreements", () => {
  const steps = Array.from({ length: 20 }, (_, i) => i);
  const noise = (seed: number) => {
    const rng = Rng.of(seed, "agreement");
    return steps.map(() => rng.normal());
  };

  test("a saturated measure agrees for free, a continuous one does not", () => {
    const saturated = runOf({ "a/acc": { steps, values: steps.map((step) => (step < 10 ? step / 10 : 1)) } });
    expect(new Agreements([saturated]).between(saturated, 15, saturated, 18).logChance).toBe(0);
    const values = noise(3);
    const repeated = runOf({ "a/loss": { steps, values: values.with(12, values[4]) } });
    const agreement = new Agreements([repeated]).between(repeated, 4, repeated, 12);
    expect(agreement).toMatchObject({ tasks: 1, equal: 1 });
    expect(Math.exp(agreement.logChance)).toBeLessThan(0.05);
  });

  test("measures of one task count once, schedules not at all", () => {
    const run = runOf({
      "a/acc": { steps, values: noise(1) },
      "a/acc_norm": { steps, values: noise(2) },
      lr: { steps, values: steps.map(() => 0.1) },
    });
    expect(new Agreements([run]).between(run, 1, run, 2).tasks).toBe(1);
  });

  test("a value that most runs have at that step points at nobody", () => {
    const start = (seed: number) =>
      runOf({ "a/loss": { steps, values: noise(seed).with(0, 10.8258) } }, { name: `seed${seed}` });
    const runs = [1, 2, 3, 4, 5, 6, 7, 8].map(start);
    expect(new Agreements(runs).between(runs[0], 0, runs[1], 0).logChance).toBeCloseTo(0, 6);
  });
});
