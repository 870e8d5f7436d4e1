import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importAll, type MemoryRun, MemorySink, treeOf } from "../memorySink.fixture.ts";
import { lmEvalBridge } from "./lmEvalBridge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ontogeny-lm-eval-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, content: unknown): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

function old(acc: number, modelArgs: unknown, shots = 0) {
  return {
    results: {
      arc: { acc, acc_stderr: 0.01, acc_norm: acc + 0.1, acc_norm_stderr: 0.02 },
      lambada: { ppl: 9, ppl_stderr: "N/A" },
    },
    versions: { arc: 0, lambada: 1 },
    config: { model: "hf-causal", model_args: modelArgs, num_fewshot: shots, batch_size: 16, limit: null },
  };
}

function only(runs: ReadonlyMap<string, MemoryRun>): MemoryRun {
  expect(runs.size).toBe(1);
  return [...runs.values()][0];
}

describe("the old shape", () => {
  test("one file a checkpoint is one run, in the order of its steps, with errors, contexts and files", async () => {
    for (const step of [2000, 1000, 10])
      put(`m/zero-shot/m_step${step}.json`, old(step / 1e4, `pretrained=org/m,revision=step${step}`));
    const { sink } = await importAll(lmEvalBridge, root);
    const run = only(sink.runs);
    expect(run.facts.name).toBe("m/zero-shot");
    const series = run.series("arc/acc");
    expect(series.steps).toEqual([10, 1000, 2000]);
    expect(series.values).toEqual([0.001, 0.1, 0.2]);
    expect(series.ses).toEqual([0.01, 0.01, 0.01]);
    expect(series.files.map((index) => run.files[index])).toEqual(
      [10, 1000, 2000].map((step) => `m/zero-shot/m_step${step}.json`),
    );
    expect(run.contexts[series.contexts[1]]).toMatchObject({
      evaluator: "lm-evaluation-harness",
      taskVersion: "0",
      shots: 0,
      model: "org/m",
      revision: "step1000",
    });
    expect(run.series("lambada/ppl").ses).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([...run.measures.keys()]).toEqual(["arc/acc", "arc/acc_norm", "lambada/ppl"]);
    expect(run.facts.configuration).toMatchObject({ model: "hf-causal", "model_args.pretrained": "org/m" });
    expect(sink.skipped.size).toBe(0);
  });

  test("a NeoX configuration states the step, and what the names say otherwise is reported", async () => {
    put(
      "a_step500.json",
      old(0.5, { iteration: 500, load: "/ckpts/350M", optimizer: { type: "Adam" }, config_files: { x: { y: 1 } } }),
    );
    put("a_step600.json", old(0.6, { iteration: 700, load: "/ckpts/350M", optimizer: { type: "Adam" } }));
    const { sink } = await importAll(lmEvalBridge, root);
    const run = only(sink.runs);
    expect(run.series("arc/acc").steps).toEqual([500, 700]);
    expect(sink.skipped.get("STEP_CONFLICT")).toEqual({
      count: 1,
      example: "a_step600.json: iteration of the configuration says 700, file name says 600; taken: 700",
    });
    expect(run.facts.configuration).toMatchObject({ "model_args.optimizer.type": "Adam" });
    expect(Object.keys(run.facts.configuration!).join()).not.toMatch(/iteration|config_files/);
  });

  test("several models in one folder are several runs, two settings under one name too", async () => {
    for (const step of [1, 2]) {
      put(`bias/i-1b_step${step}.json`, old(0.1, `pretrained=i,revision=step${step}`));
      put(`bias/i-1b-long_step${step}.json`, old(0.2, `pretrained=i-long,revision=step${step}`));
    }
    put("bias/i-1b_step3.json", old(0.3, "pretrained=i,revision=step3", 5));
    const { sink, units } = await importAll(lmEvalBridge, root);
    expect(units.map(({ key }) => key)).toEqual(["bias/i-1b-long", "bias/i-1b"]);
    expect([...sink.runs.values()].map(({ facts }) => facts.name)).toEqual([
      "bias/i-1b-long",
      "bias/i-1b",
      "bias/i-1b (i, 5-shot)",
    ]);
  });

  test("a step that was evaluated twice keeps both values", async () => {
    put("m_step1_eval_results_12-31-2022-00-00-00.json", old(0.1, "pretrained=m"));
    put("m_step1_eval_results_01-02-2023-00-00-00.json", old(0.2, "pretrained=m"));
    put("m_step2.json", old(0.3, "pretrained=m"));
    const series = only((await importAll(lmEvalBridge, root)).sink.runs).series("arc/acc");
    expect(series.steps).toEqual([1, 1, 2]);
    expect(series.values).toEqual([0.1, 0.2, 0.3]);
    expect(series.segments).toEqual([0, 0, 0]);
  });

  test.each([
    ["pretrained=out/run7/1000/", "out/run7", 1000],
    ["pretrained=out/run7/hf/global_step2000", "out/run7/hf", 2000],
    ["pretrained=org/m,revision=3000", "org/m", 3000],
    ["pretrained=org/m,revision=step4000-tokens8B", "org/m", 4000],
    ["pretrained=base,peft=out/lora/checkpoint-50", "base", 50],
  ])("%s is %s at step %i", async (modelArgs, model, step) => {
    put("a.json", old(0.1, modelArgs));
    const run = only((await importAll(lmEvalBridge, root)).sink.runs);
    expect(run.series("arc/acc").steps).toEqual([step]);
    expect(run.contexts[0]).toMatchObject({ model });
  });

  test("a file without a step is refused with the way out", async () => {
    put("final/model.json", old(0.1, "pretrained=m,revision=main"));
    const { sink } = await importAll(lmEvalBridge, root);
    expect(sink.runs.size).toBe(0);
    expect(sink.skipped.get("STEP_UNKNOWN")!.example).toContain("rename it");
  });
});

describe("the BigScience shape", () => {
  const rows = [
    { task_name: "gsarti/flores_kor", prompt_name: null, bits_per_byte: 2.02 },
    {
      task_name: "axb",
      prompt_name: "GPT-3 style",
      prompt_id: "abc",
      acc: 0.48,
      acc_stderr: 0.015,
      dataset_path: "super_glue",
    },
  ];
  const config = { model: "hf-causal", model_args: "pretrained=bloom", num_fewshot: 0 };

  test("a list of rows: the prompt joins the task and stands in the context", async () => {
    put("bloom_global_step340500_2022-07-13-11-29-13.json", {
      results: rows,
      versions: { "axb+GPT-3 style": 0 },
      config,
    });
    const run = only((await importAll(lmEvalBridge, root)).sink.runs);
    expect([...run.measures.keys()]).toEqual(["gsarti/flores_kor/bits_per_byte", "axb+GPT-3 style/acc"]);
    const acc = run.series("axb+GPT-3 style/acc");
    expect([acc.steps, acc.values, acc.ses]).toEqual([[340500], [0.48], [0.015]]);
    expect(run.contexts[acc.contexts[0]]).toMatchObject({
      prompt: "GPT-3 style",
      evaluator: "bigscience/lm-evaluation-harness",
    });
  });

  test("a file with nothing but table_results is read from it", async () => {
    put("x_step5.json", { model_args: "pretrained=bloom", table_results: { "axb+GPT-3 style": rows[1] } });
    const run = only((await importAll(lmEvalBridge, root)).sink.runs);
    expect(run.series("axb+GPT-3 style/acc").values).toEqual([0.48]);
    expect(run.contexts[0]).toMatchObject({ model: "bloom" });
  });

  test.each([
    ["step, task, metric", { "1000": { arc: { acc: 0.1, acc_stderr: 0.01 } }, "2000": { arc: { acc: 0.2 } } }],
    ["task, step, metric", { arc: { step1000: { acc: 0.1, acc_stderr: 0.01 }, step2000: { acc: 0.2 } } }],
    ["task, metric, step", { arc: { acc: { "1000": 0.1, "2000": 0.2 }, acc_stderr: { "1000": 0.01 } } }],
  ])("results by %s", async (_, results) => {
    put("all.json", { results });
    const run = only((await importAll(lmEvalBridge, root)).sink.runs);
    expect([...run.measures.keys()]).toEqual(["arc/acc"]);
    expect(run.series("arc/acc")).toMatchObject({ steps: [1000, 2000], values: [0.1, 0.2], ses: [0.01, Number.NaN] });
  });

  test("a table of checkpoints is one run; a list of another length is named", async () => {
    put("tr-oscar_agg.json", {
      tokens: [10, 20],
      checkpoints: [1, 2],
      results: { arc: { acc: [0.1, null], acc_stderr: [0.01, 0.02], acc_norm: [1] } },
    });
    const { sink } = await importAll(lmEvalBridge, root);
    const run = only(sink.runs);
    expect(run.series("arc/acc")).toMatchObject({ steps: [1], values: [0.1], ses: [0.01] });
    expect(run.series("tokens")).toMatchObject({ steps: [1, 2], values: [10, 20] });
    expect([...sink.skipped.keys()]).toEqual(["VALUE_MISSING", "COLUMN_LENGTH"]);
  });
});

describe("the new shape", () => {
  const document = (revision: string) => ({
    results: {
      arc: { alias: "arc", "acc,none": 0.3, "acc_stderr,none": 0.013 },
      gsm8k: {
        "exact_match,strict-match": 0.1,
        "exact_match_stderr,strict-match": 0.01,
        "exact_match,flexible-extract": 0.2,
        "exact_match_stderr,flexible-extract": "N/A",
      },
      mmlu: { "acc,none": 0.25, "acc_stderr,none": 0.004, alias: "mmlu" },
    },
    groups: { mmlu: { "acc,none": 0.25 }, blimp: { "acc,none": 0.8 } },
    versions: { arc: 1.0, gsm8k: 3.0 },
    "n-shot": { arc: 25, gsm8k: 5 },
    "n-samples": { arc: { original: 1172, effective: 100 } },
    higher_is_better: { arc: { acc: true } },
    config: {
      model: "hf",
      model_args: `pretrained=org/m,revision=${revision}`,
      model_revision: revision,
      num_fewshot: null,
      limit: 100,
      random_seed: 0,
    },
    git_hash: "abc",
    date: 1714557600.5,
    lm_eval_version: "0.4.3",
  });

  test("splits metric and filter, and takes items, shots, versions, direction and time from where they stand", async () => {
    put("out/org__m/results_2024-05-01T10-00-00.123456.json", document("step1000"));
    put("out/org__m/results_2024-05-01T12-00-00.123456.json", document("step500"));
    put("out/org__m/samples_arc_2024-05-01T12-00-00.123456.jsonl", '{"doc_id":0}\n');
    const { sink, units } = await importAll(lmEvalBridge, root);
    expect(units).toHaveLength(1);
    const run = only(sink.runs);
    expect(run.facts.name).toBe("out/org__m");
    expect([...run.measures.keys()].sort()).toEqual([
      "arc/acc",
      "blimp/acc",
      "gsm8k/exact_match,flexible-extract",
      "gsm8k/exact_match,strict-match",
      "mmlu/acc",
    ]);
    const acc = run.series("arc/acc");
    expect(acc).toMatchObject({
      steps: [500, 1000],
      ns: [100, 100],
      wallMs: [1714557600500, 1714557600500],
      spec: { direction: "higher" },
    });
    expect(run.contexts[acc.contexts[0]]).toMatchObject({
      evaluatorVersion: "0.4.3",
      taskVersion: "1",
      shots: 25,
      limit: 100,
    });
    expect(sink.skipped.get("LM_EVAL_SAMPLES")).toMatchObject({ count: 1 });
  });

  test("checkpoints in folders of their own are one run", async () => {
    for (const step of [500, 1000])
      put(`out/ckpt__checkpoint-${step}/results_2024-05-01T10-00-00.json`, {
        ...document("main"),
        config: { model: "hf", model_args: { pretrained: `ckpt/checkpoint-${step}` } },
      });
    const run = only((await importAll(lmEvalBridge, root)).sink.runs);
    expect(run.series("mmlu/acc").steps).toEqual([500, 1000]);
  });
});

test("a grown folder gives only what is new, and a later model a run of its own", async () => {
  put("m_step1.json", old(0.1, "pretrained=m"));
  put("m_step2.json", old(0.2, "pretrained=m"));
  const { states } = await importAll(lmEvalBridge, root);
  put("m_step3.json", old(0.3, "pretrained=m"));
  put("m_step4.json", old(0.4, "pretrained=other"));
  put("m_step2_eval_results_01-02-2023-00-00-00.json", old(0.5, "pretrained=m"));
  const sink = new MemorySink();
  const [unit] = await lmEvalBridge.claim(treeOf(root));
  await lmEvalBridge.read(unit, { sink, from: JSON.parse(JSON.stringify(states.get(unit.key))) });
  expect([...sink.runs.keys()]).toEqual(["", "other, 0-shot"]);
  expect(sink.run("").series("arc/acc")).toMatchObject({ steps: [2, 3], values: [0.5, 0.3] });
});

describe("bad files", () => {
  test("cut off, deep, hostile: counted with an example, the others are read", async () => {
    put("m_step1.json", old(0.1, "pretrained=m"));
    put("m_step2.json", JSON.stringify(old(0.1, "pretrained=m")).slice(0, 200));
    put("m_step3.json", `{"results": {"a": {"acc_stderr": 1}, "b": ${"[".repeat(100_000)}`);
    put(
      "m_step4.json",
      '{"results": {"__proto__": {"acc": 0.5, "acc_stderr": NaN}, "../../etc": {"acc": Infinity}}, "versions": {}, "config": {"__proto__": {"a": 1}, "num_fewshot": 0, "model_args": "pretrained=m"}}',
    );
    put("empty.json", "");
    const { sink } = await importAll(lmEvalBridge, root);
    const run = only(sink.runs);
    expect([...run.measures.keys()]).toEqual([
      "arc/acc",
      "arc/acc_norm",
      "lambada/ppl",
      "__proto__/acc",
      "../../etc/acc",
    ]);
    expect(run.series("../../etc/acc").values).toEqual([Number.POSITIVE_INFINITY]);
    expect([...sink.skipped.keys()].sort()).toEqual(["JSON_INVALID", "JSON_TOO_DEEP"]);
    expect(({} as { a?: number }).a).toBeUndefined();
    expect(run.contexts.at(-1)).not.toHaveProperty("taskVersion");
  });

  test("2,000 flips of bits never throw", async () => {
    const bytes = Buffer.from(JSON.stringify(old(0.25, "pretrained=m,revision=step7")));
    const sinkOf = async (content: Buffer) => {
      writeFileSync(join(root, "m_step7.json"), content);
      return (await importAll(lmEvalBridge, root)).sink;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }), async (bits) => {
        const flipped = Buffer.from(bytes);
        for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
        const { runs, skipped } = await sinkOf(flipped);
        expect(runs.size + skipped.size).toBeLessThan(6);
      }),
      { seed: 6, numRuns: 2000 },
    );
  });
});

const DATA = join(import.meta.dirname, "../../../../shared/data");
test.skipIf(!existsSync(DATA))(
  "reads every file of pythia and bigscience (skipped where ../shared/data is absent)",
  async () => {
    const pythia = await importAll(lmEvalBridge, join(DATA, "pythia"));
    expect(pythia.units.flatMap(({ files }) => files)).toHaveLength(425);
    expect(pythia.sink.runs.size).toBe(20);
    expect(pythia.sink.skipped.size).toBe(0);
    const small = [...pythia.sink.runs.values()].find(({ facts }) =>
      facts.name?.endsWith("pythia-v1/pythia-70m/zero-shot"),
    )!;
    expect(small.series("lambada_openai/acc").steps).toHaveLength(27);
    const bigscience = await importAll(lmEvalBridge, join(DATA, "bigscience"));
    expect([...bigscience.sink.runs.values()].map(({ measures }) => measures.size)).toEqual([43, 43]);
  },
);
