import { expect, test } from "vitest";
import { contextChanges, contextsDiffer } from "./contextChanges.ts";
import { runOf } from "./run.fixture.ts";

const steps = [1000, 2000, 3000, 4000];
const series = (contexts: number[]) => ({ steps, values: [1, 2, 3, 4], contexts, files: [0, 1, 2, 3] });
const files = ["a.json", "b.json", "c.json", "d.json"];

test("a task version that changes along a series is an error at the odd checkpoints", () => {
  const run = runOf(
    { "a/acc": series([0, 0, 1, 0]) },
    { contexts: [{ taskVersion: "0" }, { taskVersion: "1" }], files },
  );
  expect(contextChanges(run)).toMatchObject([
    {
      code: "context-changed",
      severity: "error",
      where: { measures: ["a/acc"], steps: [[3000, 3000]], files: ["c.json"] },
      evidence: { field: "taskVersion", 0: 3, 1: 1 },
    },
  ]);
});

test("what is not stated is not a change", () => {
  const run = runOf({ "a/acc": series([0, 1, 0, -1]) }, { contexts: [{ shots: 5 }, { evaluator: "x" }], files });
  expect(contextChanges(run)).toEqual([]);
});

test("a revision that names another step is an error", () => {
  const contexts = [1000, 2000, 2000, 4000].map((step) => ({ revision: `step${step}` }));
  const run = runOf({ "a/acc": series([0, 1, 2, 3]) }, { contexts, files });
  expect(contextChanges(run)).toMatchObject([
    {
      code: "step-mislabelled",
      severity: "error",
      where: { steps: [[3000, 3000]], files: ["c.json"] },
      evidence: { 3000: "step2000" },
    },
  ]);
  expect(contextChanges(runOf({ "a/acc": series([0, 0, 0, 0]) }, { contexts: [{ revision: "main" }], files }))).toEqual(
    [],
  );
});

test("runs measured differently are a note with who is which", () => {
  const one = runOf({ "a/acc": series([0, 0, 0, 0]) }, { name: "one", contexts: [{ shots: 0 }] });
  const two = runOf({ "a/acc": series([0, 0, 0, 0]) }, { name: "two", contexts: [{ shots: 5 }] });
  expect(contextsDiffer([one, two])).toMatchObject([
    { code: "contexts-differ", severity: "note", where: { runs: ["one", "two"], measures: ["a/acc"] } },
  ]);
  expect(contextsDiffer([one, { ...one, id: "copy" }])).toEqual([]);
});
