import { expect, test } from "vitest";
import { momentsFromEdges, momentsFromSums, momentsFromTriples } from "./histogram.ts";

test("from edges: each bucket stands in its middle", () => {
  // Three values at 1 and one at 5: mean 2, variance (3·1 + 9)/4 = 3.
  expect(momentsFromEdges([0, 2, 4, 6], [3, 0, 1])).toEqual({ count: 4, mean: 2, sd: Math.sqrt(3), min: 0, max: 6 });
});

test("least and greatest are the edges of buckets that hold something", () => {
  expect(momentsFromEdges([-9, 0, 2, 9], [0, 2, 0])).toMatchObject({ count: 2, mean: 1, sd: 0, min: 0, max: 2 });
});

test("from triples and from edges are the same", () => {
  expect(momentsFromTriples([0, 2, 3, 2, 4, 0, 4, 6, 1])).toEqual(momentsFromEdges([0, 2, 4, 6], [3, 0, 1]));
});

test("from sums they are exact, and never the root of a negative number", () => {
  const sums = { count: 3, sum: 6, sumOfSquares: 14, min: 1, max: 3 };
  expect(momentsFromSums(sums)).toMatchObject({ count: 3, mean: 2, min: 1, max: 3 });
  expect(momentsFromSums(sums).sd).toBeCloseTo(Math.sqrt(2 / 3), 14);
  expect(momentsFromSums({ count: 3, sum: 0.3, sumOfSquares: 0.03 - 1e-15, min: 0.1, max: 0.1 }).sd).toBe(0);
});

test("an edge at infinity leaves the mean finite", () => {
  expect(momentsFromEdges([Number.NEGATIVE_INFINITY, 1, 3], [1, 1])).toMatchObject({
    mean: 1.5,
    min: -Infinity,
    max: 3,
  });
});

test("empty: a count of 0, the rest not a number", () => {
  expect(momentsFromEdges([0, 1], [0])).toMatchObject({ count: 0, mean: Number.NaN, min: Number.NaN });
  expect(momentsFromSums({ count: 0, sum: 0, sumOfSquares: 0, min: 0, max: 0 }).mean).toBeNaN();
});

test("refuses unequal lengths, negative and non-finite counts", () => {
  expect(momentsFromEdges([0, 1], [1, 1])).toBeUndefined();
  expect(momentsFromTriples([0, 1])).toBeUndefined();
  expect(momentsFromEdges([0, 1], [-1])).toBeUndefined();
  expect(momentsFromEdges([0, 1], [Number.NaN])).toBeUndefined();
});
