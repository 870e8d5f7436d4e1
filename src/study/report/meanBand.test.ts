import fc from "fast-check";
import { expect, test } from "vitest";
import { meanBand, studentQuantile } from "./meanBand.ts";

test("matches the closed form for two runs: t with one degree of freedom is 12.7062", () => {
  const [point] = meanBand([[1], [3]], { steps: 1 });
  expect(point).toMatchObject({ mean: 2, n: 2 });
  expect(point.high! - 2).toBeCloseTo(12.706204736, 6);
});

test("agrees with SciPy's Student quantiles", () => {
  // python -c "from scipy.stats import t; print([t.ppf(.975, v) for v in (2, 11, 23)], t.ppf(.95, 23))"
  const expected = [4.302652729749462, 2.200985160091639, 2.0686576104190486];
  [2, 11, 23].forEach((degrees, i) => {
    expect(studentQuantile(0.95, degrees)).toBeCloseTo(expected[i], 7);
  });
  expect(studentQuantile(0.9, 23)).toBeCloseTo(1.713871527747048, 7);
});

test("is symmetric about the mean, moves with the data, and has no width for a constant", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 9 }),
      fc.double({ min: -50, max: 50, noNaN: true }),
      (values, shift) => {
        const [point] = meanBand(
          values.map((value) => [value]),
          { steps: 1 },
        );
        const [moved] = meanBand(
          values.map((value) => [value + shift]),
          { steps: 1 },
        );
        expect(point.high! + point.low!).toBeCloseTo(2 * point.mean!, 6);
        expect(moved.mean!).toBeCloseTo(point.mean! + shift, 6);
        const [flat] = meanBand(
          values.map(() => [shift]),
          { steps: 1 },
        );
        expect(flat.high! - flat.low!).toBeCloseTo(0, 9);
      },
    ),
    { seed: 7 },
  );
});

test("leaves out missing and non-finite values, counts what is left, and gives no interval below two", () => {
  const band = meanBand(
    [
      [1, null, Number.NaN],
      [3, 2, Number.POSITIVE_INFINITY],
    ],
    { steps: 3 },
  );
  expect(band.map(({ n }) => n)).toEqual([2, 1, 0]);
  expect(band[1]).toEqual({ mean: 2, low: null, high: null, n: 1 });
  expect(band[2].mean).toBeNull();
});

test("refuses a level or degrees of freedom outside the domain", () => {
  expect(() => studentQuantile(1, 3)).toThrow("studentQuantile level: expected a number in (0, 1), got 1");
  expect(() => studentQuantile(0.95, 0)).toThrow("studentQuantile degreesOfFreedom: expected > 0, got 0");
});
