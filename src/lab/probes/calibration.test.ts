import fc from "fast-check";
import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { expectedCalibrationError } from "./calibration.ts";

test("matches the closed form for two bins", () => {
  // Bin (.5, 1]: four at .9, three right: gap .15. Bin (0, .5]: two at .3, one right: gap .2.
  const { value, n } = expectedCalibrationError({
    confidences: Float64Array.of(0.9, 0.9, 0.9, 0.9, 0.3, 0.3),
    correct: [1, 1, 1, 0, 1, 0],
    bins: 2,
  });
  expect(value).toBeCloseTo((4 * 0.15 + 2 * 0.2) / 6, 12);
  expect(n).toBe(6);
});

test("is between 0 and 1 and does not depend on the order of the items", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), { minLength: 2 }),
      (items) => {
        const ece = (list: typeof items) =>
          expectedCalibrationError({
            confidences: Float64Array.from(list, ([confidence]) => confidence),
            correct: list.map(([, correct]) => correct),
          }).value;
        expect(ece(items)).toBeGreaterThanOrEqual(0);
        expect(ece(items)).toBeLessThanOrEqual(1);
        expect(ece([...items].reverse())).toBeCloseTo(ece(items), 10);
      },
    ),
    { seed: 3 },
  ));

test("its standard error matches the spread over repeated samples of an over-confident model", () => {
  const estimates = Array.from({ length: 300 }, (_, sample) => {
    const rng = Rng.of("ece", sample);
    const confidences = Float64Array.from({ length: 500 }, () => 0.55 + 0.45 * rng.uniform());
    return expectedCalibrationError({
      confidences,
      correct: Array.from(confidences, (c) => +(rng.uniform() < c - 0.25)),
    });
  });
  const mean = estimates.reduce((sum, { value }) => sum + value, 0) / 300;
  const sd = Math.sqrt(estimates.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / 299);
  expect(mean).toBeCloseTo(0.25, 1);
  expect(estimates[0].se / sd).toBeGreaterThan(0.85);
  expect(estimates[0].se / sd).toBeLessThan(1.15);
});

test("refuses what is not a confidence, and carries a NaN through", () => {
  expect(() => expectedCalibrationError({ confidences: Float64Array.of(1.5), correct: [1] })).toThrow("got 1.5");
  expect(() => expectedCalibrationError({ confidences: Float64Array.of(0.5), correct: [] })).toThrow("got 0");
  expect(expectedCalibrationError({ confidences: Float64Array.of(0.5, Number.NaN), correct: [1, 1] }).value).toBeNaN();
});
