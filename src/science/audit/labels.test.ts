import { describe, expect, test } from "vitest";
import type { EvaluationContext, RecordedRun } from "../../core/index.ts";
import { labels } from "./labels.ts";
import { runOf } from "./run.fixture.ts";

const run = (name: string, context: EvaluationContext, facts: Partial<RecordedRun> = {}) =>
  runOf({ "a/acc": { steps: [1], values: [1], contexts: [0] } }, { name, contexts: [context], ...facts });

describe("labels", () => {
  test.each([
    ["pythia-410m/five-shot", 0],
    ["evals/model-0shot", 5],
    ["a/3_shots/b", 0],
  ])("%s that states %i examples is mislabelled", (name, shots) => {
    expect(labels([run(name, { shots })])).toMatchObject([
      { code: "run-mislabelled", severity: "error", evidence: { stated: [shots] } },
    ]);
  });

  test("names that agree, or say nothing, pass", () => {
    expect(
      labels([run("pythia-410m/five-shot", { shots: 5, model: "org/pythia-410m" }), run("screenshots", { shots: 2 })]),
    ).toEqual([]);
    expect(labels([run("zero-shot", {})])).toEqual([]);
  });

  test("another size of the model is an error, 350M for 410m a note", () => {
    expect(labels([run("pythia-410m", { model: "org/pythia-160m" })])).toMatchObject([
      { severity: "error", evidence: { named: [410e6], stated: [160e6] } },
    ]);
    expect(labels([run("pythia-410m", { model: "/ckpts/350M_dedup" })])).toMatchObject([{ severity: "note" }]);
    expect(labels([run("model-1.4b", { model: "org/model-1400m" })])).toEqual([]);
  });

  test("19M for 70m is counting without embeddings, unless another folder is called 19m", () => {
    const small = run("pythia-70m", { model: "/ckpts/19M" });
    expect(labels([small])).toMatchObject([{ severity: "note" }]);
    expect(labels([small, run("pythia-19m", {})])).toMatchObject([
      { severity: "error", where: { runs: ["pythia-70m"] } },
    ]);
  });

  test("another seed is a warning", () => {
    expect(labels([run("grok/seed_3", {}, { configuration: { seed: 4 } })])).toMatchObject([
      { severity: "warning", evidence: { named: 3 } },
    ]);
    expect(labels([run("grok/seed_3", {}, { configuration: { "model.seed": 3 } })])).toEqual([]);
  });

  test("a word that elsewhere names the variant is missed where it lacks", () => {
    const clean = [1, 2, 3, 4, 5].flatMap((i) => [
      run(`m${i}/plain`, { model: `org/m${i}` }),
      run(`m${i}-deduped/plain`, { model: `org/m${i}-deduped` }),
    ]);
    expect(labels(clean)).toEqual([]);
    expect(labels([...clean, run("m6/plain", { model: "org/m6-deduped" })])).toMatchObject([
      { code: "run-mislabelled", severity: "warning", where: { runs: ["m6/plain"] }, evidence: { word: "deduped" } },
    ]);
  });
});
