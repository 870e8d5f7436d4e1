/**
 * @file PELT against ruptures: the same optimal segmentation, for constant and for straight segments.
 * Reference: ruptures 1.1.10, jump 1, fixtures/observeReference.py.
 */
import { describe, expect, test } from "vitest";
import reference from "./fixtures/observeReference.json" with { type: "json" };
import { lineCost, meanCost, pelt, type SegmentCost } from "./pelt.ts";

const total = (changes: readonly number[], n: number, cost: SegmentCost, penalty: number): number => {
  const bounds = [0, ...changes, n];
  return bounds.slice(1).reduce((sum, end, k) => sum + cost(bounds[k], end) + penalty, 0);
};

describe("pelt against ruptures", () => {
  test.each(reference.pelt.map((one) => ({ ...one, title: `${one.name}, penalty ${one.penalty.toFixed(1)}` })))(
    "$title",
    ({ values, penalty, mean, line }) => {
      const n = values.length;
      expect(pelt({ n, cost: meanCost(values), penalty, minSize: 2 })).toEqual(mean);
      const cost = lineCost(
        values.map((_, i) => i),
        values,
      );
      const ours = pelt({ n, cost, penalty, minSize: 3 });
      // Theirs prunes by a rule that may lose the optimum with a least size: ours is never worse.
      expect(total(ours, n, cost, penalty)).toBeLessThanOrEqual(total(line, n, cost, penalty) + 1e-6);
      if (Math.abs(total(ours, n, cost, penalty) - total(line, n, cost, penalty)) < 1e-6) expect(ours).toEqual(line);
    },
  );

  test("variances are weights: a segment's cost is in units of noise variance, and a doubtful point cannot make a change", () => {
    const values = [0, 0, 0, 0, 9, 0, 0, 0, 0, 3, 3, 3, 3];
    const variances = values.map((_, i) => (i === 4 ? 100 : 0.25));
    expect(meanCost([0, 2], [1, 4])(0, 2)).toBeCloseTo(0.8, 12);
    expect(lineCost([0, 1, 2], [0, 1, 5], [2, 2, 2])(0, 3)).toBeCloseTo(0.75, 12);
    expect(pelt({ n: 13, cost: meanCost(values, variances), penalty: 6, minSize: 1 })).toEqual([9]);
    expect(() => meanCost([1, 2], [1, 0])).toThrow("positive variances, got 0");
    expect(() => meanCost([1, 2], [1])).toThrow("expected shape [2], got [1]");
  });
});
