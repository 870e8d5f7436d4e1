import fc from "fast-check";
import { expect, test } from "vitest";
import { proportion } from "./proportion.ts";

test("30 of 100 has the se of Beta(31, 71)", () => {
  // /tmp/venv/bin/python -c "from scipy.stats import beta; print(beta.std(31, 71))"
  expect(proportion(30, 100).value).toBe(0.3);
  expect(proportion(30, 100).se).toBeCloseTo(0.045320139, 8);
});

test("agrees with the binomial formula for large n and is never certain", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const k = Math.round(share * n);
      const { value, se } = proportion(k, n);
      expect(se).toBeGreaterThan(0);
      if (k > 50 && n - k > 50) expect(se / Math.sqrt((value * (1 - value)) / n)).toBeCloseTo(1, 1);
    }),
    { seed: 7 },
  );
});

test.each([
  [3, 2],
  [-1, 2],
  [0.5, 2],
  [0, 0],
  [Number.NaN, 4],
])("refuses %s of %s", (k, n) => {
  expect(() => proportion(k, n)).toThrow(/proportion: (n|successes): expected/);
});
