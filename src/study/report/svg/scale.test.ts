import fc from "fast-check";
import { expect, test } from "vitest";
import { finiteExtent, linearScale, logScale, stepScale } from "./scale.ts";

test("ignores what is not finite, and stands on its feet with nothing", () => {
  expect(finiteExtent([null, Number.NaN, 3, Number.POSITIVE_INFINITY, -1])).toEqual([-1, 3]);
  expect(finiteExtent([null])).toEqual([0, 1]);
  expect(finiteExtent([2])).toEqual([1.8, 2.2]);
});

test("gives step 0 a place left of the first positive step", () => {
  const x = stepScale({ steps: [0, 10, 100], range: [0, 300] });
  expect([x(0), x(10), x(100)]).toEqual([0, 24, 300]);
  expect(x.ticks[0]).toEqual({ at: 0, label: "0" });
});

test("never sets two step labels closer than the gap", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 1e6 }), { minLength: 2, maxLength: 40 }), (steps) => {
      const { ticks } = stepScale({ steps, range: [0, 300], minGap: 40 });
      for (let i = 1; i < ticks.length; i++) expect(ticks[i].at - ticks[i - 1].at).toBeGreaterThanOrEqual(40);
    }),
    { seed: 7 },
  );
});

test("is monotone over its domain", () => {
  const scales = [linearScale({ domain: [0, 9], range: [0, 100] }), logScale({ domain: [1, 1000], range: [0, 100] })];
  for (const scale of scales) expect(scale(3)).toBeLessThan(scale(4));
});
