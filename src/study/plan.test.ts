import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runIdOf } from "../core/index.ts";
import { branchMeaning, planStudy, runMeaning, seedsFromHash, seedVector } from "./plan.ts";
import { procedure, procedureText } from "./procedure.ts";
import { stepBudget } from "./stepBudget.ts";
import { parseStudyFile } from "./studyFile.ts";

const path = join(import.meta.dirname, "../../studies/grokking.yaml");
const text = readFileSync(path, "utf8");
const planOf = (edit: (text: string) => string = (same) => same, options = {}) => {
  const edited = edit(text);
  return planStudy(parseStudyFile(edited, path), options);
};
const replacing = (from: string, to: string) => (all: string) => {
  if (!all.includes(from)) throw new Error(`the study file no longer contains ${from}`);
  return all.replace(from, to);
};

describe("planStudy", () => {
  test("writes every default out, so that a process means the same however little of it was written", async () => {
    const plan = await planOf();
    const spelt = await planOf(replacing("  steps: 1000\n", "  steps: 1000\n  factors: { data.modulus: 53 }\n"));
    const seeds = seedVector(plan, 3);
    expect(runIdOf(runMeaning(spelt, seeds))).toBe(runIdOf(runMeaning(plan, seeds)));
  });

  test("horizon and cadence are not part of what a run means", async () => {
    const plan = await planOf();
    const other = await planOf(replacing("grid: { every: 20 }", "grid: { every: 50 }"));
    expect(other.id).not.toBe(plan.id);
    expect(runMeaning(other, seedVector(other, 0))).toEqual(runMeaning(plan, seedVector(plan, 0)));
  });

  test.each([
    [
      "test.accuracy, threshold: 0.95, direction: above, hold: 1 }\n  changePoints",
      "test.acuracy, threshold: 0.95 }\n  changePoints",
      /unknown measure "test.acuracy"; grokking is observed by train.loss/,
    ],
    ["organism: grokking", "organism: groking", /process\.organism: .*groking/s],
    [
      "optimizer.weightDecay\n    values",
      "optimizer.weightDekay\n    values",
      /intervene\.dose\.values\.0: .*weightDekay/s,
    ],
    [
      "cutoffs: [0.1, 0.2, 0.3]",
      "cutoffs: [0.2, 0.1]",
      /predict\.cutoffs\.1: expected cutoffs in ascending order, got 0.1 after 0.2/,
    ],
    ["seeds: 12\n", "seeds: 22\n", /intervene\.seeds: expected seeds \+ pilotSeeds of at most observe.seeds \(24\)/],
    ["min: 0.95, step: 600 }", "min: 0.95, step: 6000 }", /requirements\.0\.step: expected a step of at most 1000/],
    ["min: 0.95, step: 600 }", "step: 600 }", /expected a bound: min, max, or both/],
    ["low: 0.003, high: 0.05", "low: 0.05, high: 0.003", /expected low < high, got 0.05 and 0.003/],
    [
      "  nulls:\n    from: 100",
      "  nulls:\n    from: 100\n    perturb: order",
      /nulls\.perturb: expected one of data, init, got "order"/,
    ],
  ])("refuses %j → %j with its line", async (from, to, message) => {
    await expect(planOf(replacing(from, to))).rejects.toThrow(message);
    await expect(planOf(replacing(from, to))).rejects.toThrow(/line \d+/);
  });

  test("quick changes sizes, never the question", async () => {
    const [whole, quick] = [await planOf(), await planOf(undefined, { quick: true })];
    expect(quick.study.observe.seeds).toBeLessThan(whole.study.observe.seeds);
    expect(quick.study.design?.requirements).toEqual(whole.study.design?.requirements);
    expect(stepBudget(quick)).toBeLessThan(stepBudget(whole));
  });

  test("the step budget is the sum by hand", async () => {
    const plan = await planOf((all) => all.slice(0, all.indexOf("predict:")));
    expect(stepBudget(plan)).toBe(24 * 1000);
  });
});

describe("meanings", () => {
  test("a branch is another run than its parent, and the same one whenever it is asked for", async () => {
    const plan = await planOf();
    const parent = runMeaning(plan, seedVector(plan, 1));
    const change = [{ from: 100, set: { "optimizer.weightDecay": 2 } }];
    const branch = runIdOf(branchMeaning(parent, 100, change));
    expect(branch).not.toBe(runIdOf(parent));
    expect(runIdOf(branchMeaning(structuredClone(parent), 100, structuredClone(change)))).toBe(branch);
  });

  test("fresh seeds follow from the hash alone, without repeats among the first hundred", () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        const seeds = seedsFromHash(hash, 100);
        expect(seedsFromHash(hash, 10)).toEqual(seeds.slice(0, 10));
        expect(new Set(seeds).size).toBe(100); // 31 bits: a repeat among 100 has a chance of 2·10⁻⁶
        expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
      }),
      { seed: 7, numRuns: 20 },
    );
  });

  test("a setting with a start becomes a change of the procedure, and its text can be read as a study", async () => {
    const plan = await planOf();
    const set = { "optimizer.learningRate": 0.02, "optimizer.weightDecay": 2, "optimizer.weightDecay@start": 0.25 };
    expect(procedure(plan, set)).toEqual({
      set: { "optimizer.learningRate": 0.02 },
      changes: [{ from: 250, set: { "optimizer.weightDecay": 2 } }],
    });
    const study = `study: copied\ntitle: t\nquestion: q\nobserve: { seeds: 2, grid: { every: 20 } }\n${procedureText(plan, set)}`;
    const copied = await planStudy(parseStudyFile(study, "copied.yaml"));
    expect(runIdOf(runMeaning(copied, seedVector(copied, 5)))).toBe(
      runIdOf(runMeaning(plan, seedVector(plan, 5), procedure(plan, set))),
    );
  });
});
