import { describe, expect, test } from "vitest";
import { type Finding, FindingSchema, findingsTouching } from "./finding.ts";

const base: Finding = {
  code: "checkpoint-outlier",
  severity: "warning",
  what: "a: step 5 stands apart",
  where: { runs: ["a"], measures: ["loss"], steps: [[5, 7]] },
  evidence: { t: 9 },
  confidence: { ground: "test" },
  spoils: [],
};

describe("findingsTouching", () => {
  test("keeps findings in the run, measure and steps that are read, ends included", () => {
    expect(findingsTouching([base], { runs: ["a", "b"], measures: ["loss"], steps: [7, 9] })).toEqual([base]);
    expect(findingsTouching([base], { steps: [1, 5] })).toEqual([base]);
  });

  test("drops findings elsewhere", () => {
    for (const touched of [{ runs: ["b"] }, { measures: ["acc"] }, { steps: [8, 9] as const }])
      expect(findingsTouching([base], touched)).toEqual([]);
  });

  test("a finding without measures or steps touches all of them", () => {
    const whole = { ...base, where: { runs: ["a"] } };
    expect(findingsTouching([whole], { measures: ["acc"], steps: [100, 200] })).toEqual([whole]);
  });
});

test("the schema refuses an unknown code and a finding about no run", () => {
  expect(FindingSchema.safeParse(base).success).toBe(true);
  expect(FindingSchema.safeParse({ ...base, code: "odd" }).success).toBe(false);
  expect(FindingSchema.safeParse({ ...base, where: { runs: [] } }).success).toBe(false);
});
