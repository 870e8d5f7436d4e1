import { expect, test } from "vitest";
import { meanEstimate, sdEstimate } from "../science/index.ts";
import { finiteMean, finiteSd, finiteSdEstimate, unbroken } from "./finished.ts";
import { maybeOnsetStep, outcomeOf, RunTrajectory } from "./outcomes.ts";

test("with all values finite it is the plain estimate, method and all", () => {
  const values = [1, 2, 4];
  expect(finiteMean(values)).toEqual(meanEstimate(values));
  expect(finiteSdEstimate(values)).toEqual(sdEstimate(values));
});

test("values that are not finite are left out, and the method says of how many", () => {
  const values = [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 4];
  const { value, n, method } = finiteMean(values);
  expect({ value, n }).toEqual({ value: 7 / 3, n: 3 });
  expect(method).toBe("mean over runs, Student t interval, the 3 of 5 with a finite value");
  expect(finiteSd(values)).toBeCloseTo(Math.sqrt(7 / 3), 12);
});

test("with fewer than two nothing is said: NaN, no interval, and why", () => {
  expect(finiteMean([1, Number.NaN])).toEqual({
    value: Number.NaN,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    level: 0.95,
    method: "mean over runs, the 1 of 2 with a finite value: too few for an interval",
    n: 1,
  });
  expect(finiteSd([])).toBe(Number.NaN);
});

const points = [10, 20].map((step) => ({ step, wallMs: 0, measure: "a", value: step / 100 }));
const broken = new RunTrajectory("r1", points, { step: 25, text: "broke" });
const sound = new RunTrajectory("r2", points);

test("a run that failed has no outcome after that: not the horizon, not an error", () => {
  const onset = { measure: "a", threshold: 0.5, direction: "above" as const, hold: 1 };
  expect(outcomeOf(broken, { value: "a" }, 40)).toBe(Number.NaN);
  expect(outcomeOf(broken, { value: "a" }, 20)).toBe(0.2);
  expect(outcomeOf(broken, { onset }, 40)).toBe(Number.NaN);
  expect(outcomeOf(broken, { onset }, 25)).toBe(25); // it had not come by the step that was reached
  expect(outcomeOf(broken, { onset: { ...onset, threshold: 0.15 } }, 40)).toBe(20); // it came before
  expect(outcomeOf(sound, { onset }, 40)).toBe(40);
  expect(() => outcomeOf(sound, { value: "a" }, 40)).toThrow("was not measured there");
  expect(maybeOnsetStep(new RunTrajectory("r3", [], { step: 3, text: "broke" }), onset)).toBeUndefined();
});

test("before it failed it was like any other", () => {
  expect(broken.failedBy(25)).toBe(false);
  expect(broken.failedBy(26)).toBe(true);
  expect(broken.upTo(20).failure).toBeUndefined();
  expect(broken.upTo(30).failure).toEqual({ step: 25, text: "broke" });
  expect(unbroken([broken, sound])).toEqual([sound]);
});
