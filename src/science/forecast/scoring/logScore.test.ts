/**
 * @file The logarithmic score against the normal density.
 */
import { expect, test } from "vitest";
import { normalDistribution } from "../distribution.ts";
import { logScore } from "./logScore.ts";

test("is the normal's −ln density within .15 nats inside 1.3 standard deviations, .31 out to 2: density is level between quantiles", () => {
  const distribution = normalDistribution({ mean: 3, sd: 2 });
  const miss = (z: number) =>
    Math.abs(logScore(distribution, 3 + 2 * z) - (0.5 * z * z + Math.log(2 * Math.sqrt(2 * Math.PI))));
  for (const z of [-1.2, -0.4, 0.01, 0.8, 1.25]) expect(miss(z), `z = ${z}`).toBeLessThan(0.15);
  for (const z of [-2, -1.5, 1.7, 2]) expect(miss(z), `z = ${z}`).toBeLessThan(0.31);
});

test("beyond the outermost quantiles it grows in a straight line with the distance", () => {
  const distribution = normalDistribution({ mean: 0, sd: 1 });
  const [a, b, c] = [4, 5, 6].map((outcome) => logScore(distribution, outcome));
  expect(c - b).toBeCloseTo(b - a, 9);
  expect(b - a).toBeGreaterThan(0);
});

test("is finite for a point mass that is met, large for one that is missed, and throws for NaN", () => {
  const mass = normalDistribution({ mean: 1, sd: 0 });
  expect(Number.isFinite(logScore(mass, 1))).toBe(true);
  expect(logScore(mass, 2)).toBeGreaterThan(logScore(mass, 1) + 100);
  expect(() => logScore(mass, Number.NaN)).toThrow("logScore: outcome");
});
