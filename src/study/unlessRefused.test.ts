import { expect, test } from "vitest";
import { DomainError, RefusedError } from "../core/index.ts";
import { unlessRefused } from "./unlessRefused.ts";

test("tells why a method refused, and lets every other error through", () => {
  const told: string[] = [];
  const refuse = () => {
    throw new RefusedError("Forecast", "the cohort is too small");
  };
  expect(unlessRefused(refuse, (reason) => told.push(reason))).toBeUndefined();
  expect(told).toEqual(["Forecast: the cohort is too small"]);
  expect(unlessRefused(() => 7)).toBe(7);
  expect(() =>
    unlessRefused(() => {
      throw new DomainError("x", "a number", "none");
    }),
  ).toThrow("x: expected a number, got none");
});
