import { expect, test } from "vitest";
import { holm } from "./holm.ts";

test("multiplies the smallest by all, the next by one fewer, and never falls below one before", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(holm([0.5, 0.9])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

test("refuses what is no p value", () => {
  expect(() => holm([0.5, 1.2])).toThrow("holm: expected p values in [0, 1], got 1.2");
});
