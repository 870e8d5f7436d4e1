import fc from "fast-check";
import { expect, test } from "vitest";
import { minimalDetectableEffect, pairedTPower } from "./power.ts";

// c = t.ppf(.975, n-1); power = lambda d: 1 - nct.cdf(c, n-1, d*n**.5) + nct.cdf(-c, n-1, d*n**.5)   (scipy 1.17)
// brentq(lambda d: power(d) - .8, .1, 2.5 / 1.2 / .8)
test.each([
  [4, 0.245436, 2.127949],
  [12, 0.809785, 0.888654],
  [30, 0.997451, 0.529236],
])("n = %i: power .9 sd and detectable effect agree with scipy's noncentral t", (n, power, detectable) => {
  expect(pairedTPower({ effect: 0.9, sd: 1, n })).toBeCloseTo(power, 3);
  expect(minimalDetectableEffect({ sd: 1, n }).value).toBeCloseTo(detectable, 2);
});

test("without an effect the power is the level of the test, and noise-free designs see everything", () => {
  expect(pairedTPower({ effect: 0, sd: 1, n: 9 })).toBeCloseTo(0.05, 3);
  expect(minimalDetectableEffect({ sd: 0, n: 9 }).value).toBe(0);
});

test("power rises with the effect, the detectable effect is proportional to the sd", () => {
  const positive = fc.double({ min: 0.05, max: 3, noNaN: true });
  fc.assert(
    fc.property(positive, positive, fc.integer({ min: 3, max: 40 }), (a, b, n) => {
      const [small, large] = a < b ? [a, b] : [b, a];
      expect(pairedTPower({ effect: large, sd: 1, n })).toBeGreaterThanOrEqual(
        pairedTPower({ effect: small, sd: 1, n }) - 1e-9,
      );
      expect(minimalDetectableEffect({ sd: b, n }).value / b).toBeCloseTo(
        minimalDetectableEffect({ sd: 1, n }).value,
        8,
      );
    }),
    { seed: 7, numRuns: 8 },
  );
});

test("refuses a negative sd, one seed and a power below the level of the test", () => {
  expect(() => minimalDetectableEffect({ sd: -1, n: 5 })).toThrow(
    "minimalDetectableEffect: sd: expected a number ≥ 0, got -1",
  );
  expect(() => minimalDetectableEffect({ sd: 1, n: 1 })).toThrow("expected an integer ≥ 2, got 1");
  expect(() => minimalDetectableEffect({ sd: 1, n: 5, power: 0.01 })).toThrow("minimalDetectableEffect: power");
  expect(() => pairedTPower({ effect: 1, sd: 0, n: 5 })).toThrow("pairedTPower: sd");
});
