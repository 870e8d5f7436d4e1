import { describe, expect, test } from "vitest";
import type { Point } from "../core/index.ts";
import { maybeOnsetStep, outcomeOf, RunTrajectory } from "./outcomes.ts";

const points: Point[] = [10, 20, 30, 40].flatMap((step, i) => [
  { step, wallMs: 0, measure: "a", value: [0.1, 0.6, 0.4, 0.9][i] },
  { step, wallMs: 0, measure: "b", value: i },
]);
const run = new RunTrajectory("r", points);
const onset = { measure: "a", threshold: 0.5, direction: "above" as const, hold: 1 };

describe("outcomes of a run", () => {
  test("a value is that of its step; a step without one is refused", () => {
    expect(outcomeOf(run, { value: "b" }, 40)).toBe(3);
    expect(() => outcomeOf(run, { value: "b" }, 45)).toThrow(
      "Outcome b at step 45 of run r: it was not measured there",
    );
  });

  test("an onset that is not held does not count, and a run without one counts as the last step", () => {
    expect(maybeOnsetStep(run, onset)).toBe(20);
    expect(maybeOnsetStep(run, { ...onset, hold: 2 })).toBeUndefined();
    expect(outcomeOf(run, { onset: { ...onset, hold: 2 } }, 40)).toBe(40);
    expect(outcomeOf(run, { onset }, 15)).toBe(15);
  });

  test("what was known at a step holds nothing later", () => {
    const seen = run.upTo(20);
    expect(seen.steps("a")).toEqual([10, 20]);
    expect(seen.value("a", 40)).toBeNaN();
    expect(seen.measures).toEqual(["a", "b"]);
  });
});
