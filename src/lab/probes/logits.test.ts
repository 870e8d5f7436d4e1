import fc from "fast-check";
import { expect, test } from "vitest";
import { meanWithSe, readLogits } from "./logits.ts";

test("matches the closed form for two classes", () => {
  const { answers, confidences, lossesNats } = readLogits(Float32Array.of(0, 2, 3, 3), [0, 1], 2);
  expect([...answers]).toEqual([1, 0]);
  expect(confidences[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
  expect(lossesNats[0]).toBeCloseTo(Math.log(1 + Math.exp(2)), 12);
  expect(lossesNats[1]).toBeCloseTo(Math.log(2), 12);
});

test("does not change when a constant is added to every logit, however large", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 5, maxLength: 5 }), (row) => {
      const near = readLogits(Float32Array.from(row), [2], 5);
      const far = readLogits(
        Float32Array.from(row, (value) => value + 4096),
        [2],
        5,
      );
      expect(far.answers).toEqual(near.answers);
      expect(far.lossesNats[0]).toBeCloseTo(near.lossesNats[0], 9);
    }),
    { seed: 2 },
  ));

test("a NaN row is never right, and a wrong length is refused", () => {
  const { answers, lossesNats } = readLogits(Float32Array.of(Number.NaN, 1, 1, Number.NaN), [0, 0], 2);
  expect([...answers]).toEqual([-1, -1]);
  expect([...lossesNats]).toEqual([Number.NaN, Number.NaN]);
  expect(() => readLogits(Float32Array.of(1, 2, 3), [0, 1], 2)).toThrow("expected shape [2, 2], got [3]");
});

test("a mean carries sd/√n", () => {
  expect(meanWithSe(Float64Array.of(1, 2, 3))).toEqual({ value: 2, se: Math.sqrt(1 / 3), n: 3 });
  expect(meanWithSe(Float64Array.of(4))).toEqual({ value: 4, n: 1 });
});
