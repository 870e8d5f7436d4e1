import fc from "fast-check";
import { expect, test } from "vitest";
import { Rng } from "./rng.ts";
import { worstGroup } from "./worstGroup.ts";

const binomial = (rng: Rng, n: number, p: number) => {
  let k = 0;
  for (let i = 0; i < n; i++) k += rng.uniform() < p ? 1 : 0;
  return k;
};

/** Mean error of the observed minimum and of the corrected one, their ratio of se to true spread. */
function simulate(ratesOf: (rng: Rng) => readonly number[], n: number, repeats: number) {
  const rng = Rng.of(11, "worst group simulation");
  const errors: number[] = [];
  let naive = 0;
  let claimed = 0;
  for (let r = 0; r < repeats; r++) {
    const rates = ratesOf(rng);
    const truth = Math.min(...rates);
    const { value, se, observed } = worstGroup(
      rates.map((p) => binomial(rng, n, p)),
      n,
    );
    errors.push(value - truth);
    naive += (observed - truth) / repeats;
    claimed += se / repeats;
  }
  const bias = errors.reduce((a, b) => a + b) / repeats;
  const spread = Math.sqrt(errors.reduce((a, b) => a + (b - bias) ** 2, 0) / repeats);
  return { naive, bias, seRatio: claimed / spread };
}

test("removes most of the bias when 20 groups of 200 are equal", () => {
  const { naive, bias, seRatio } = simulate(() => new Array<number>(20).fill(0.6), 200, 300);
  expect(naive).toBeLessThan(-0.055);
  expect(Math.abs(bias)).toBeLessThan(0.25 * Math.abs(naive));
  expect(seRatio).toBeGreaterThan(0.75);
  expect(seRatio).toBeLessThan(1.6);
});

test("removes most of the bias when half the groups are right and half are at .4", () => {
  const { naive, bias } = simulate(() => Array.from({ length: 20 }, (_, i) => (i < 10 ? 0.98 : 0.4)), 200, 300);
  expect(naive).toBeLessThan(-0.045);
  expect(Math.abs(bias)).toBeLessThan(0.35 * Math.abs(naive));
});

test("stays close under a normal spread of rates", () => {
  const { naive, bias, seRatio } = simulate(
    (rng) => Array.from({ length: 20 }, () => Math.min(1, Math.max(0, 0.6 + 0.03 * rng.normal()))),
    200,
    300,
  );
  expect(naive).toBeLessThan(-0.025);
  expect(Math.abs(bias)).toBeLessThan(0.02);
  expect(seRatio).toBeGreaterThan(0.75);
});

test("leaves a minimum that stands alone where it is", () => {
  const counts = [...new Array<number>(19).fill(180), 100];
  expect(worstGroup(counts, 200).value).toBeCloseTo(0.5, 4);
});

test("one group is its own share; all right is 1; all wrong is 0", () => {
  expect(worstGroup([30], 100)).toMatchObject({ value: expect.closeTo(0.3, 6), observed: 0.3, n: 100 });
  expect(worstGroup([50, 50, 50], 50).value).toBe(1);
  expect(worstGroup([0, 0, 0], 50).value).toBe(0);
});

test("equal counts are raised to their common share at most, and the order of groups is irrelevant", () => {
  expect(worstGroup([120, 120, 120, 120], 200).value).toBe(0.6);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 }), (counts) => {
      const { value, observed, se } = worstGroup(counts, 60);
      const mean = counts.reduce((a, b) => a + b) / (60 * counts.length);
      expect(value).toBeGreaterThanOrEqual(observed);
      expect(value).toBeLessThanOrEqual(mean + 1e-12);
      expect(se).toBeGreaterThan(0);
      expect(worstGroup([...counts].reverse(), 60).value).toBeCloseTo(value, 12);
    }),
    { seed: 7 },
  );
});

test("refuses no groups and impossible counts", () => {
  expect(() => worstGroup([], 10)).toThrow("worstGroup: expected at least one group, got none");
  expect(() => worstGroup([3, 11], 10)).toThrow("worstGroup: successes: expected an integer in 0…10, got 11");
});

test("20 groups take well under a millisecond", () => {
  const counts = Array.from({ length: 20 }, (_, i) => 150 + i);
  for (let i = 0; i < 300; i++) worstGroup(counts, 200);
  const start = performance.now();
  for (let i = 0; i < 200; i++) worstGroup(counts, 200);
  const ms = (performance.now() - start) / 200;
  expect(ms).toBeLessThan(3); // 1 ms on a quiet core; the bound leaves room for a busy machine
});
