import { describe, expect, test } from "vitest";
import {
  dateInName,
  maybeBareNumber,
  maybeStepInFolders,
  maybeStepInName,
  trajectoryOf,
  withoutStep,
} from "./stepNames.ts";

describe("steps in names", () => {
  test.each([
    ["70m_step143000.json", 143000],
    ["pythia-410m-5shot-global_step11500_eval_results_12-30-2022-21-45-58.json", 11500],
    ["intervention-1.3b-deduped-step67000_eval_results_01-21-2023-20-16-29.json", 67000],
    ["checkpoint-500", 500],
    ["step_00002385", 2385],
    ["step1000-tokens4B", 1000],
    ["step10k", 10000],
    ["iter=20", 20],
    ["from_step100_to_step200", 200],
    ["main", undefined],
    ["5shot", undefined],
    ["footstep5", undefined],
    ["stepsize", undefined],
    ["step3b", undefined],
  ])("%s says %s", (name, step) => expect(maybeStepInName(name)).toBe(step));

  test("the nearest folder that states a step counts", () => {
    expect(maybeStepInFolders("runs/checkpoint-10/checkpoint-500/eval/results.json")).toBe(500);
    expect(maybeStepInFolders("step7.json")).toBeUndefined();
  });

  test.each([
    ["a/model-long_116000.json", 116000],
    ["a/seed_1234.json", undefined],
    ["a/model-5shot-10.json", undefined],
    ["a/results_2024-05-01T10-00-00.123456.json", undefined],
    ["a/gpt2-7b.json", undefined],
    ["a/step5_77.json", undefined],
  ])("%s ends in the bare number %s", (path, number) => {
    expect(maybeBareNumber(path.split("/").at(-1)!)).toBe(number);
  });

  test.each([
    ["a/zero-shot/70m_step3000.json", "a/zero-shot", "70m"],
    ["b/intervention-1.3b-step67000_eval_results_01-21-2023-20-16-29.json", "b", "intervention-1.3b"],
    ["out/EleutherAI__pythia/results_2024-05-01T10-00-00.123456.json", "out/EleutherAI__pythia", ""],
    ["out/checkpoint-500/results.json", "out", ""],
    ["out/__ckpt__checkpoint-500/results.json", "out/ckpt", ""],
    ["step5.json", "", ""],
  ])("what is left of %s is %s and %s", (path, folder, stem) => {
    expect(trajectoryOf(path)).toEqual({ folder, stem });
  });

  test("tokens leave with the step that they belong to", () => {
    expect(withoutStep("stage1-step1000-tokens4B")).toBe("stage1");
  });

  test("dates sort by time whichever way they are written", () => {
    expect(dateInName("a_eval_results_12-30-2022-21-45-58.json")).toBe("20221230214558");
    expect(dateInName("results_2024-05-01T10-00-00.123456.json")).toBe("20240501100000123456");
    expect(dateInName("m_step5.json")).toBe("");
  });
});
