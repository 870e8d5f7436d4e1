import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ColumnMapping } from "../bridge.ts";
import { importAll, type MemoryRun } from "../memorySink.fixture.ts";
import { tablesBridge } from "./tablesBridge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ontogeny-tables-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function read(name: string, content: string | Uint8Array, mapping?: ColumnMapping) {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const { sink, tree, units } = await importAll(tablesBridge, root, mapping);
  return { sink, tree, units, runs: sink.runs, run: [...sink.runs.values()][0] as MemoryRun };
}

const pointsOf = (run: MemoryRun, measure: string) => {
  const { steps, values } = run.measures.get(measure)!;
  return steps.map((step, i) => [step, values[i]]);
};

describe("wide tables", () => {
  test("every column of numbers is a measure, gaps give no points, NaN and infinities do", async () => {
    const { run } = await read("run.csv", "acc,global_step,loss\n,1,2.5\n0.5,2,nan\n,3,-inf\nNA,4,1e-3\n");
    expect(run.facts.name).toBe("run");
    expect(pointsOf(run, "loss")).toEqual([
      [1, 2.5],
      [2, Number.NaN],
      [3, Number.NEGATIVE_INFINITY],
      [4, 1e-3],
    ]);
    expect(pointsOf(run, "acc")).toEqual([[2, 0.5]]);
  });

  test("the best name of a step wins, by its last part too", async () => {
    const { run } = await read("a.csv", "epoch,throughput/total_tokens,train/loss\n0,100,3\n1,200,2\n");
    expect(pointsOf(run, "train/loss")).toEqual([
      [100, 3],
      [200, 2],
    ]);
    expect(pointsOf(run, "epoch")).toEqual([
      [100, 0],
      [200, 1],
    ]);
  });

  test("text columns under which the step repeats make runs; what they determine becomes configuration", async () => {
    const rows = ["sgd/small", "sgd/large", "adam/small"].flatMap((name) =>
      [1, 2].map((step) => `${name.split("/")},${name},${name.length},${step},${step / 2}`),
    );
    const { runs } = await read("sweep.csv", `opt,size,label,width,step,loss\n${rows.join("\n")}\n`);
    expect([...runs.keys()]).toEqual(["sgd/small", "sgd/large", "adam/small"].map((key) => `sweep.csv » ${key}`));
    expect([...runs.values()][2].facts).toMatchObject({
      name: "sweep/adam/small",
      configuration: { opt: "adam", size: "small", width: 10 },
    });
    expect([...[...runs.values()][2].measures.keys()]).toEqual(["loss"]);
  });

  test("numbered seeds are runs, a column that never changes is configuration and a measure", async () => {
    const { runs, run } = await read("s.csv", "seed,step,lr,loss\n0,1,0.1,3\n0,2,0.1,2\n1,1,0.1,4\n1,2,0.1,3\n");
    expect([...runs.keys()]).toEqual(["s.csv » seed=0", "s.csv » seed=1"]);
    expect(run.facts.configuration).toEqual({ lr: 0.1, step_column: "step" });
    expect([...run.measures.keys()]).toEqual(["lr", "loss"]);
  });

  test("text that goes with the step, or changes within one run, is named and left out", async () => {
    const { runs, sink } = await read(
      "a.csv",
      "step,when,part,loss\n1,mon x,warm,3\n2,tue x,warm,2\n3,wed x,cool,1\n4,thu x,cool,1\n",
    );
    expect(runs.size).toBe(1);
    expect(sink.skipped.get("TEXT_LEFT_OUT")).toMatchObject({
      count: 2,
      example: expect.stringContaining("when: goes with the step"),
    });
  });

  test("standard errors, and deviations over items, go with their values", async () => {
    const { run } = await read(
      "e.csv",
      "step,acc,acc_stderr,mean_reward,sd_reward,n_episodes\n1,0.5,0.01,10,4,16\n2,0.6,0.02,12,2,4\n",
    );
    expect(run.series("acc")).toMatchObject({ ses: [0.01, 0.02], ns: [16, 4] });
    expect(run.series("mean_reward").ses).toEqual([1, 1]);
    expect([...run.measures.keys()]).toEqual(["acc", "mean_reward", "sd_reward"]);
  });

  test("wandb's export of a chart: runs from the names, extremes left out", async () => {
    const { runs, sink } = await read(
      "chart.csv",
      '"Step","a-1 - loss","a-1 - loss__MIN","a-1 - loss__MAX","b - loss","b - loss__MIN","b - loss__MAX"\n"0","2.5","2.5","2.5","3","3","3"\n"1","","","","2","2","2"\n',
    );
    expect([...runs.keys()]).toEqual(["chart.csv » a-1", "chart.csv » b"]);
    expect([...runs.values()].map((run) => pointsOf(run, "loss"))).toEqual([
      [[0, 2.5]],
      [
        [0, 3],
        [1, 2],
      ],
    ]);
    expect(sink.skipped.get("COLUMN_LEFT_OUT")).toMatchObject({ count: 4 });
  });

  test("times in seconds, milliseconds or as dates; a duration is a measure", async () => {
    const { run } = await read("t.csv", "step,timestamp,_runtime,loss\n1,1700000000.5,3,1\n");
    expect(run.series("loss").wallMs).toEqual([1700000000500]);
    expect(run.series("_runtime").values).toEqual([3]);
    const dates = await read("t.csv", "step,time,loss\n1,2024-05-01T00:00:00Z,1\n");
    expect(dates.run.series("loss").wallMs).toEqual([Date.UTC(2024, 4, 1)]);
  });
});

describe("long tables", () => {
  test("the measure's name stands in a column; error and items beside it", async () => {
    const { runs, run } = await read(
      "g.csv",
      "model,checkpoint,step,task,mean_loss,stderr,n_items,n_bad\na,step_0001,1,arc,3,.1,100,0\na,step_0001,1,mmlu,4,.2,50,0\nb,step_0001,1,arc,2,.3,100,0\nb,step_0002,2,arc,1,.4,100,0\n",
    );
    expect([...runs.keys()]).toEqual(["g.csv » a", "g.csv » b"]);
    expect([...run.measures.keys()]).toEqual(["arc/mean_loss", "mmlu/mean_loss"]);
    expect(run.series("mmlu/mean_loss")).toMatchObject({ steps: [1], values: [4], ses: [0.2], ns: [50] });
    expect(run.facts.configuration).toMatchObject({ n_bad: 0 });
  });

  test("a column named value leaves the measure's name alone, a second text column is part of it", async () => {
    const { run } = await read(
      "v.csv",
      "step,metric,part,value\n1,acc,a,1\n1,acc,b,2\n1,loss,a,3\n1,loss,b,4\n2,acc,a,5\n2,acc,b,6\n",
    );
    expect([...run.measures.keys()]).toEqual(["acc/a", "acc/b", "loss/a", "loss/b"]);
  });

  test("a split in a column tells training from evaluation", async () => {
    const { run } = await read(
      "m.jsonl",
      '{"mode":"train","iter":1,"loss":3}\n{"mode":"val","iter":1,"loss":4}\n{"mode":"train","iter":2,"loss":2}\n',
    );
    expect([...run.measures.keys()]).toEqual(["train/loss", "val/loss"]);
  });
});

describe("a mapping", () => {
  const TABLE = "i,a,a_err,b,who,k,t\n1,10,1,20,x,7,1700000000\n2,11,2,21,x,8,1700000001\n1,12,3,22,y,9,1700000002\n";

  test("says what means what", async () => {
    const { runs, run } = await read("m.csv", TABLE, {
      step: ["i"],
      value: ["a", "b"],
      se: ["a_err"],
      run: ["who"],
      n: ["k"],
      time: ["t"],
    });
    expect([...runs.keys()]).toEqual(["m.csv » x", "m.csv » y"]);
    expect(run.series("a")).toMatchObject({
      steps: [1, 2],
      values: [10, 11],
      ses: [1, 2],
      ns: [7, 8],
      wallMs: [1700000000000, 1700000001000],
    });
    expect([...run.measures.keys()]).toEqual(["a", "b"]);
  });

  test("rows may be counted, columns ignored, the file taken as one run", async () => {
    const { runs, run } = await read("m.csv", TABLE, { step: ["#"], run: [""], ignore: ["a_err", "k", "t", "i"] });
    expect(runs.size).toBe(1);
    expect(pointsOf(run, "a")).toEqual([
      [0, 10],
      [1, 11],
      [2, 12],
    ]);
    expect([...run.measures.keys()]).toEqual(["a", "b"]);
  });

  test("names that the table lacks are named, with those it has", async () => {
    const { tree, runs } = await read("m.csv", TABLE, { step: ["iteration"] });
    expect(runs.size).toBe(0);
    expect(tree.skipped.get("MAP_COLUMN_MISSING")!.example).toContain("--map names iteration; the columns are i, a");
  });

  test("a meaning that there is not is refused", async () => {
    await expect(read("m.csv", TABLE, { steps: ["i"] })).rejects.toThrow(
      'expected step, value, run, measure, se, n, time, ignore, got "steps"',
    );
  });
});

describe("what is no trajectory is refused with its reason", () => {
  test.each([
    ["names.json", '{"3": "kr-vs-kp", "6": "letter"}', "NO_TABLE"],
    ["a/tokenizer.json", '[{"step": 1, "loss": 2}, {"step": 2, "loss": 1}]', "NO_TABLE"],
    ["package.json", '{"name": "x", "dependencies": {"a": "1"}}', "NO_TABLE"],
    ["arrays.json", "[[[1, 2], [3, 4]]]", "NO_TABLE"],
    ["text.jsonl", '{"text": "a"}\n{"text": "b"}\n', "STEP_UNKNOWN"],
    ["final.csv", "name,arc,piqa\na,1,2\nb,3,4\n", "STEP_UNKNOWN"],
    ["only.csv", "step,note\n1,a\n2,b\n", "NO_VALUES"],
    ["prose.csv", "just some words\nand more\n", "STEP_UNKNOWN"],
    ["head.csv", "step,loss\n", "NO_ROWS"],
    ["empty.csv", "", "EMPTY"],
    ["bytes.csv", Buffer.from([0, 1, 2, 3]), "NOT_TEXT"],
    ["bad.parquet", "PAX1", "PARQUET_INVALID"],
    ["cut.json", '[{"step": 1, "lo', "JSON_INVALID"],
  ])("%s", async (name, content, code) => {
    const { tree, runs } = await read(name, content);
    expect(runs.size).toBe(0);
    expect([...tree.skipped.keys()]).toEqual([code]);
  });

  test("with an example of the mapping that would help", async () => {
    const { tree } = await read("final.csv", "name,last_step,piqa\na,1,2\n");
    expect(tree.skipped.get("STEP_UNKNOWN")!.example).toContain("--map step=last_step");
  });
});

describe("JSON, JSONL and parquet", () => {
  const expected = [
    [1, 3],
    [2, Number.NaN],
  ];
  test.each([
    ["rows.json", '[{"step": 1, "loss": 3}, {"step": 2, "loss": NaN}]'],
    ["columns.json", '{"lr": 0.1, "step": [1, 2], "loss": [3, NaN]}'],
    ["split.json", '{"columns": ["step", "loss"], "data": [[1, 3], [2, NaN]]}'],
    ["pandas.json", '{"step": {"0": 1, "1": 2}, "loss": {"0": 3, "1": NaN}}'],
    ["inside.json", '{"lr": 0.1, "history": [{"step": 1, "loss": 3}, {"step": 2, "loss": NaN}]}'],
    ["lines.jsonl", '{"step": 1, "loss": 3}\n{"step": 2, "loss": NaN}\n'],
    ["lines.json", '{"step": 1, "loss": 3}\n{"step": 2, "loss": NaN}\n'],
    ["lines.log", '{"step": 1, "loss": 3}\n{"step": 2, "loss": NaN}\n'],
    ["unfinished.jsonl", '{"step": 1, "loss": 3}\n{"step": 2, "loss": "NaN"}'],
    ["nested.jsonl", '{"step": 1, "train": {"loss": 3}}\n{"step": 2, "train": {"loss": NaN}}\n'],
  ])("%s", async (name, content) => {
    const { run } = await read(name, content);
    expect(pointsOf(run, name.startsWith("nested") ? "train.loss" : "loss")).toEqual(expected);
    if (content.includes('"lr"')) expect(run.facts.configuration).toMatchObject({ lr: 0.1 });
  });

  test("an array whose axes a document beside it names", async () => {
    mkdirSync(join(root, "data"));
    writeFileSync(
      join(root, "meta.json"),
      JSON.stringify({
        learners: ["a", "b", "c"],
        sizes: [1, 2, 3, 4, 5],
        anchors: [16, 32, 64, 128],
        stat: ["mean", "stderr"],
        other: "x",
      }),
    );
    // learner, statistic, anchor
    const array = ["a", "b", "c"].map((_, i) => [[16, 32, 64, null].map((n) => n && i + 1 / n), [0.1, 0.2, 0.3, null]]);
    const { runs, units, tree } = await read("data/7.json", JSON.stringify(array));
    expect(units.map(({ key, companions }) => [key, companions?.map(({ relative }) => relative)])).toEqual([
      ["data/7.json", ["meta.json"]],
    ]);
    expect([...runs.keys()]).toEqual(["a", "b", "c"].map((learner) => `data/7.json » ${learner}`));
    expect([...runs.values()][1].series("mean")).toMatchObject({
      steps: [16, 32, 64],
      values: [1 + 1 / 16, 1 + 1 / 32, 1 + 1 / 64],
      ses: [0.1, 0.2, 0.3],
    });
    expect(tree.skipped.size).toBe(0);
  });

  test("an array whose axes nobody names, or two lists could, is no table", async () => {
    writeFileSync(join(root, "meta.json"), JSON.stringify({ a: ["x", "y"], b: ["u", "v"], anchors: [1, 2, 3] }));
    const { runs, tree } = await read("array.json", "[[1, 2, 3], [4, 5, 6]]");
    expect(runs.size).toBe(0);
    expect(tree.skipped.get("NO_TABLE")!.example).toContain("array.json");
  });

  test("lines without a step are configuration", async () => {
    const { run, sink } = await read(
      "g.jsonl",
      '{"_meta": {"lr": 0.1, "mech": true, "opt": {"name": "adam"}}}\n{"step": 1, "loss": 3, "hist": [1]}\n{"_summary": {"grokked": false, "lr": 0.1}}\n',
    );
    expect(run.facts.configuration).toMatchObject({
      lr: 0.1,
      mech: true,
      "opt.name": "adam",
      "summary.grokked": false,
      "summary.lr": 0.1,
    });
    expect(sink.skipped.get("LIST_LEFT_OUT")).toEqual({ count: 1, example: "g.jsonl: hist" });
  });

  test("parquet, with whole numbers of 64 bits, gaps and text", async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: "step", data: [1n, 2n, 1n], type: "INT64" },
        { name: "run", data: ["a", "a", "b"], type: "STRING" },
        { name: "loss", data: [3, null, 4], type: "DOUBLE" },
      ],
    });
    const { runs, run } = await read("p.parquet", new Uint8Array(bytes));
    expect([...runs.keys()]).toEqual(["p.parquet » a", "p.parquet » b"]);
    expect(pointsOf(run, "loss")).toEqual([[1, 3]]);
  });
});

describe("files that programs append to", () => {
  test("the header again is a restart, a changed header too; rows of another length are counted", async () => {
    const { run, sink } = await read(
      "h.csv",
      "step,loss\n1,5\n2,4\nstep,loss\n2,3\n3,2\nstep,acc,loss\n3,0.5,1\n4,1\n4,0.6,0.9\n",
    );
    expect(run.series("loss")).toMatchObject({
      steps: [1, 2, 2, 3, 3, 4],
      values: [5, 4, 3, 2, 1, 0.9],
      segments: [0, 0, 1, 1, 2, 2],
    });
    expect(pointsOf(run, "acc")).toEqual([
      [3, 0.5],
      [4, 0.6],
    ]);
    expect(sink.skipped.get("ROW_LENGTH")).toMatchObject({ count: 1 });
  });

  test("steps that begin anew with every epoch are put one after the other", async () => {
    const rows = [1, 2, 3].flatMap((epoch) =>
      [50, 100].map((iter) => JSON.stringify({ epoch, iter, loss: epoch + iter })),
    );
    const { run } = await read("e.jsonl", `${rows.join("\n")}\n`);
    expect(run.series("loss")).toMatchObject({ steps: [50, 100, 150, 200, 250, 300], segments: [0, 0, 0, 0, 0, 0] });
    expect(run.facts.configuration).toEqual({ step_column: "iter within epochs, one after the other" });
  });

  test("a step that goes back once is a restart; in a table in no order it is not", async () => {
    const back = await read("r.csv", "step,loss\n1,5\n2,4\n3,3\n2,3.5\n3,2\n");
    expect(back.run.series("loss").segments).toEqual([0, 0, 0, 1, 1]);
    const mixed = await read(
      "r.csv",
      `step,loss\n${Array.from({ length: 60 }, (_, i) => `${(i * 37) % 60},${i}`).join("\n")}\n`,
    );
    expect(new Set(mixed.run.series("loss").segments)).toEqual(new Set([0]));
  });

  test("byte-order mark, CRLF, quotes, comments, other delimiters, line feeds in quotes", async () => {
    const { run } = await read(
      "q.csv",
      '\ufeff#{"env": "x"}\r\n"step";"a ""b""";note\r\n1;2;"two\r\nlines"\r\n2;3;\r\n',
    );
    expect(pointsOf(run, 'a "b"')).toEqual([
      [1, 2],
      [2, 3],
    ]);
    const tabs = await read("q.tsv", "step\tloss\n1\t2\n");
    expect(pointsOf([...tabs.runs.values()].at(-1)!, "loss")).toEqual([[1, 2]]);
  });

  test.each([
    ["step,loss\n1,0.123456\n2,0.12345", 1],
    ["step,loss\n1,0.123456\n2,0.123457", 2],
    ["step,tokens\n1,1000\n2,20", 1],
    ["step,loss\n1,2\n2,3", 2],
    ["step,loss,acc\n1,2,3\n2,3", 1],
    ["step,loss\n1,2\n2,", 1],
  ])("an unfinished last line counts when it looks whole: %j", async (content, points) => {
    const { run, sink } = await read("u.csv", content);
    expect([...run.measures.values()][0].steps).toHaveLength(points);
    expect(sink.skipped.has("LAST_LINE_UNFINISHED")).toBe(points === 1);
  });
});

const DATA = join(import.meta.dirname, "../../../../shared/data");
describe.skipIf(!existsSync(DATA))("real tables (skipped where ../shared/data is absent)", () => {
  test.each([
    ["olmo-ladder", 34, 34],
    ["gemstones", 1, 13],
    ["grokking-muon-normcap", 70, 70],
    ["multipowerlaw", 9, 9],
    ["overtraining-gadre", 1, 95],
    ["rl-sb3-agents", 1, 59],
    ["lcdb-1.1", 14, 390],
  ])("%s: %i files, %i runs", async (folder, files, runs) => {
    const { sink, units } = await importAll(tablesBridge, join(DATA, folder));
    expect(units).toHaveLength(files);
    expect(sink.runs.size).toBe(runs);
    for (const run of sink.runs.values()) {
      expect(run.measures.size).toBeGreaterThan(0);
      for (const { steps, segments } of run.measures.values()) {
        expect(new Set(segments)).toEqual(new Set([0]));
        expect(steps.every((step, i) => i === 0 || step > steps[i - 1])).toBe(true);
      }
    }
  });

  test("modded-nanogpt's derived curves hold each replicate once", async () => {
    const { sink } = await importAll(tablesBridge, join(DATA, "modded-nanogpt"));
    expect(sink.runs.size).toBe(191);
  });
});
