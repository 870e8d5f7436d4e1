import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  double,
  exitRecord,
  historyRecord,
  item,
  joined,
  message,
  metricRecord,
  nested,
  oldItem,
  row,
  runRecord,
  text,
  varint,
  wandbFile,
  zigzag,
} from "../../formats/encode.fixture.ts";
import { parseTolerantJson, WANDB_HEADER } from "../../formats/index.ts";
import { countOf, importOnce, withFolder } from "../binaryLogs.fixture.ts";
import { importAll, type MemorySink, treeOf } from "../memorySink.fixture.ts";
import expected from "./fixtures/expected.json" with { type: "json" };
import { wandbBridge } from "./wandbBridge.ts";

const FIXTURES = fileURLToPath(new URL("./fixtures/wandb", import.meta.url));
const NAME = "wandb/run-20260101_000000-abc/run-abc.wandb";
const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);

const importFile = (bytes: Uint8Array): Promise<MemorySink> => importOnce(wandbBridge, [{ name: NAME, bytes }]);
const importRecords = (...records: readonly Uint8Array[]) => importFile(wandbFile(runRecord("abc"), ...records));
const measuresOf = (sink: MemorySink) => sink.run("").measures;

describe("what wandb 0.31 wrote offline", () => {
  test("has every number of every history row, as wandb's own classes read them", async () => {
    const { sink } = await importAll(wandbBridge, FIXTURES);
    for (const name of ["finished", "failed"] as const) {
      const { measures } = sink.run(name);
      const wanted = new Map<string, { steps: number[]; values: number[] }>();
      for (const { items } of expected[name].rows) {
        const numbers = items.flatMap(([key, json]) => {
          const value = parseTolerantJson(json);
          const number = typeof value === "boolean" ? Number(value) : value;
          return typeof number === "number" ? [[key, number] as const] : [];
        });
        const [step, epoch] = ["_step", "epoch"].map(
          (key) => numbers.find(([other]) => other === key)?.[1] ?? Number.NaN,
        );
        for (const [key, number] of numbers) {
          if (/^_|^(image|weights)\./.test(key)) continue;
          const series = wanted.get(key) ?? { steps: [], values: [] };
          wanted.set(key, series);
          series.steps.push(/^val\/|^by epoch$/.test(key) ? epoch : step);
          series.values.push(number);
        }
      }
      const read = [...measures.values()].filter(({ measure }) => !/^(summary|weights)\//.test(measure));
      expect(Object.fromEntries(read.map(({ measure, steps, values }) => [measure, { steps, values }]))).toEqual(
        Object.fromEntries(wanted),
      );
    }
  });

  test("has its settings, names, tags, status and what stands in the summary only", async () => {
    const { sink } = await importAll(wandbBridge, FIXTURES);
    const { facts, measures } = sink.run("finished");
    expect(facts.configuration).toEqual({
      lr: 0.1,
      "optimizer.name": "adam",
      "optimizer.betas": [0.9, 0.95],
      none: null,
      "added later": 5,
    });
    expect(facts).toMatchObject({ name: "finished run", foreignId: "fixtures/finished", status: "complete" });
    expect(facts.tags).toMatchObject({ "wandb.project": "fixtures", "wandb.group": "g", "wandb.tags": "a, b" });
    expect([...measures.keys()].filter((measure) => measure.startsWith("summary/"))).toEqual(["summary/best"]);
    expect(measures.get("summary/best")).toMatchObject({ steps: [20], values: [0.75] });
    expect(sink.run("failed").facts).toMatchObject({ status: "failed", tags: { "wandb.exitCode": "3" } });
  });

  test("has the histogram's summary, and counts text, null, lists, media and rounded numbers", async () => {
    const { sink } = await importAll(wandbBridge, FIXTURES);
    const { measures } = sink.run("finished");
    // Counts 1, 0, 3 between 0, 1, 2 and 4: middles .5 and 3.
    expect(measures.get("weights/mean")).toMatchObject({ steps: [2], values: [2.375] });
    expect(measures.get("weights/count")!.values).toEqual([4]);
    expect([...measures.keys()].filter((measure) => /^(image|weights)\./.test(measure))).toEqual([]);
    expect(countOf(sink.skipped)).toEqual({
      WANDB_TEXT: 8,
      WANDB_NULL: 8,
      WANDB_LIST: 8,
      WANDB_MEDIA: 1,
      INTEGER_ROUNDED: 8,
    });
  });
});

test("times are those of the rows, in milliseconds", async () => {
  const sink = await importRecords(row(3, { a: 1 }), historyRecord(4, item("a", "2")));
  expect(measuresOf(sink).get("a")).toMatchObject({ steps: [3, 4], wallMs: [1000 * (1.7e9 + 3), Number.NaN] });
});

test("a row without a step follows the last one", async () => {
  const bare = nested(2, nested(1, oldItem("a", "1")));
  const sink = await importRecords(bare, bare, historyRecord(7, item("a", "2")), bare);
  expect(measuresOf(sink).get("a")!.steps).toEqual([0, 1, 7, 8]);
});

test("items by key, by nested key, and of types of their own give the same names and numbers", async () => {
  const typed = (name: string, ...value: readonly Uint8Array[]) => message(text(2, name), ...value);
  const sink = await importRecords(
    historyRecord(1, oldItem("a", "0.5"), item(["n", "b"], "2"), oldItem("d", '{"e":{"f":3},"g":"NaN"}')),
    historyRecord(2, typed("a", double(6, 0.25)), typed("i", zigzag(5, -(2n ** 60n))), typed("f", varint(4, 1))),
    historyRecord(3, typed("s", text(7, "words")), typed("z", varint(3, 1)), typed("j", text(8, "[1]"))),
  );
  const read = Object.fromEntries([...measuresOf(sink)].map(([name, { values }]) => [name, values]));
  expect(read).toEqual({ a: [0.5, 0.25], "n.b": [2], "d.e.f": [3], "d.g": [Number.NaN], i: [-(2 ** 60)], f: [1] });
  expect(countOf(sink.skipped)).toEqual({ INTEGER_ROUNDED: 1, WANDB_TEXT: 1, WANDB_NULL: 1, WANDB_LIST: 1 });
});

describe("define_metric", () => {
  test("places a metric against its step metric's value in the same row, and says so", async () => {
    const sink = await importRecords(
      metricRecord("val/*", "epoch"),
      row(0, { "val/loss": 3, epoch: 10, "train/loss": 1 }),
      row(1, { epoch: 11, "val/loss": 2 }),
    );
    expect(measuresOf(sink).get("val/loss")).toMatchObject({
      steps: [10, 11],
      spec: { description: 'steps are values of "epoch"' },
    });
    expect(measuresOf(sink).get("train/loss")!.steps).toEqual([0]);
    expect(measuresOf(sink).get("epoch")!.steps).toEqual([0, 1]);
  });

  test("carries the step metric's last value on where it was defined so; otherwise the value is counted and kept apart", async () => {
    const rows = [row(0, { a: 1 }), row(1, { epoch: 5, a: 2 }), row(2, { a: 3 })];
    const synced = await importRecords(metricRecord("a", "epoch", true), ...rows);
    expect(measuresOf(synced).get("a")).toMatchObject({ steps: [5, 5], values: [2, 3] });
    expect(countOf(synced.skipped)).toEqual({ WANDB_NO_STEP_METRIC: 1 });
    const unsynced = await importRecords(metricRecord("a", "epoch", false), ...rows);
    expect(measuresOf(unsynced).get("a")).toMatchObject({ steps: [5], values: [2] });
    expect(countOf(unsynced.skipped)).toEqual({ WANDB_NO_STEP_METRIC: 2 });
    expect(measuresOf(unsynced).get("a (by _step)")).toMatchObject({ steps: [0, 2], values: [1, 3] });
  });

  test("an exact name goes before a pattern, an earlier pattern before a later; the step metric is no function of itself", async () => {
    const sink = await importRecords(
      metricRecord("*", "step"),
      metricRecord("loss*", "epoch"),
      metricRecord("loss 2", "epoch"),
      row(0, { step: 7, epoch: 9, loss: 1, "loss 2": 2, "a*b": 3 }),
    );
    const steps = Object.fromEntries([...measuresOf(sink)].map(([name, series]) => [name, series.steps]));
    expect(steps).toEqual({ step: [0], epoch: [7], loss: [7], "loss 2": [9], "a*b": [7] });
  });

  test("after a metric's first value it is reported and not followed: one series has one axis", async () => {
    const sink = await importRecords(
      row(0, { loss: 1, epoch: 5 }),
      metricRecord("loss", "epoch"),
      row(1, { loss: 2, epoch: 6, new: 1 }),
    );
    expect(measuresOf(sink).get("loss")!.steps).toEqual([0, 1]);
    expect(countOf(sink.skipped)).toEqual({ WANDB_DEFINED_LATE: 1 });
  });

  test("a goal is the measure's direction", async () => {
    const sink = await importRecords(nested(12, text(1, "accuracy"), varint(8, 2)), row(0, { accuracy: 1 }));
    expect(measuresOf(sink).get("accuracy")!.spec).toEqual({ direction: "higher" });
  });
});

test("a step that goes back begins a segment; equal steps do not", async () => {
  const sink = await importRecords(...[0, 5, 5, 9, 3, 4].map((step) => row(step, { a: step })));
  expect(measuresOf(sink).get("a")).toMatchObject({ steps: [0, 5, 5, 9, 3, 4], segments: [0, 0, 0, 0, 1, 1] });
});

test("the folders of one id beside each other are one run: a segment each, the last one's status", async () => {
  const [first, second] = ["offline-run-20260102_000000-abc", "run-20260101_000000-abc"];
  const files = [
    { name: `wandb/${first}/run-abc.wandb`, bytes: wandbFile(runRecord("abc"), row(1, { a: 2 }), row(2, { a: 3 })) },
    {
      name: `wandb/${second}/run-abc.wandb`,
      bytes: wandbFile(runRecord("abc"), row(0, { a: 0 }), row(1, { a: 1 }), exitRecord(0)),
    },
    { name: "wandb/run-20260101_000000-other/run-other.wandb", bytes: wandbFile(runRecord("other"), row(0, { a: 9 })) },
  ];
  await withFolder(files, async (folder) => {
    const { sink, units } = await importAll(wandbBridge, folder);
    expect(units.map(({ key }) => key).sort()).toEqual(["wandb/abc", "wandb/other"]);
    const { facts, measures } = sink.run("wandb/abc");
    expect(measures.get("a")).toMatchObject({ values: [0, 1, 2, 3], segments: [0, 0, 1, 1] });
    expect(facts.status).toBe("unknown");
  });
});

test("a run has one place whether its folder or one above it is imported", async () => {
  const bytes = wandbFile(runRecord("abc"), row(0, { a: 0 }));
  await withFolder([{ name: NAME, bytes }], async (folder) => {
    for (const inner of ["", "wandb", "wandb/run-20260101_000000-abc", NAME]) {
      const from = path.join(folder, inner);
      const [{ key }] = await wandbBridge.claim(treeOf(from));
      const root = from.endsWith(".wandb") ? path.dirname(from) : from;
      expect(path.resolve(root, key)).toBe(path.join(folder, "wandb", "abc"));
    }
  });
});

test("a log is found by its first bytes whatever its name and place; empty and damaged ones are reported", async () => {
  const bytes = wandbFile(runRecord("abc"), row(0, { a: 0 }));
  await withFolder(
    [
      { name: "copied.bin", bytes },
      { name: "elsewhere/run-x.wandb", bytes: Uint8Array.from(WANDB_HEADER.slice(0, 3)) },
      { name: "empty.wandb", bytes: new Uint8Array() },
      { name: "version-1.wandb", bytes: joined(Uint8Array.from(WANDB_HEADER.slice(0, 6)), Uint8Array.of(1), bytes) },
      { name: "data.bin", bytes: utf8(":W&B is not enough") },
    ],
    async (folder) => {
      const tree = treeOf(folder);
      const units = await wandbBridge.claim(tree);
      expect(units.map(({ key }) => key).sort()).toEqual(["copied.bin", "elsewhere/run-x.wandb"]);
      expect(countOf(tree.skipped)).toEqual({ WANDB_EMPTY: 1, WANDB_DAMAGED: 1 });
    },
  );
});

test("system statistics are measures at the last row's step and their own time, objects taken apart", async () => {
  const stats = (seconds: number, ...items: readonly Uint8Array[]) =>
    nested(7, nested(2, varint(1, seconds), varint(2, 500_000_000)), ...items.map((one) => nested(3, one)));
  const sink = await importRecords(
    stats(10, oldItem("cpu", "1.5")),
    row(4, { a: 1 }),
    stats(20, oldItem("cpu", "2.5"), oldItem("network", '{"sent": 3, "recv": 4}'), oldItem("gpu", '"none"')),
  );
  expect(measuresOf(sink).get("system/cpu")).toMatchObject({
    steps: [0, 4],
    values: [1.5, 2.5],
    wallMs: [10_500, 20_500],
  });
  expect(measuresOf(sink).get("system/network.recv")!.values).toEqual([4]);
  expect(countOf(sink.skipped)).toEqual({ WANDB_TEXT: 1 });
});

test("the summary gives what no history has, once the run has ended; what is derived of a history is not repeated", async () => {
  const summary = (...items: readonly Uint8Array[]) => nested(3, ...items.map((one) => nested(1, one)));
  const records = [
    summary(item("loss", "1"), item(["acc", "max"], "0.5"), item("_step", "0")),
    row(3, { loss: 1, acc: 0.5 }),
    summary(item("test", "0.25"), item("words", '"text"'), item("inner", '{"a":1}')),
  ];
  const open = await importRecords(...records);
  expect([...measuresOf(open).keys()]).toEqual(["loss", "acc"]);
  const ended = await importRecords(...records, exitRecord(0), summary(item("after", "7")));
  const only = [...measuresOf(ended)].filter(([name]) => name.startsWith("summary/"));
  expect(only.map(([name, { steps, values }]) => [name, steps, values])).toEqual([
    ["summary/test", [3], [0.25]],
    ["summary/inner.a", [3], [1]],
    ["summary/after", [3], [7]],
  ]);
  expect(countOf(ended.skipped)).toEqual({ WANDB_TEXT: 1 });
});

test("settings come from the log, then from config.yaml; W&B's own are left out", async () => {
  const config = nested(
    5,
    nested(1, item("lr", "0.1")),
    nested(1, item(["net", "depth"], "3")),
    nested(1, item("_wandb", "{}")),
  );
  const yaml =
    "wandb_version: 1\n_wandb:\n  value: {cli_version: 0.1}\nlr:\n  desc: null\n  value: 0.2\nlate:\n  value: [1, 2]\n";
  const sink = await importOnce(wandbBridge, [
    { name: NAME, bytes: wandbFile(runRecord("abc"), config) },
    { name: "wandb/run-20260101_000000-abc/files/config.yaml", bytes: utf8(yaml) },
  ]);
  expect(sink.run("").facts.configuration).toEqual({ lr: 0.2, "net.depth": 3, late: [1, 2] });
});

test("a config.yaml that is no YAML, or all aliases, is counted and the log read", async () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi".replace(/./g, (name, at) => `${name}: &${name} [${`*${"abcdefgh"[at]},`.repeat(9)}]\n`)}`;
  for (const yaml of ["a: [1,", bomb]) {
    const sink = await importOnce(wandbBridge, [
      { name: NAME, bytes: wandbFile(runRecord("abc"), row(0, { a: 1 })) },
      { name: "wandb/run-20260101_000000-abc/files/config.yaml", bytes: utf8(yaml) },
    ]);
    expect(countOf(sink.skipped)).toEqual({ YAML_INVALID: 1 });
    expect(measuresOf(sink).get("a")!.values).toEqual([1]);
  }
});

test("a fork says where it comes from", async () => {
  const point = nested(23, text(1, "parent"), double(2, 120), text(3, "_step"));
  const sink = await importFile(wandbFile(runRecord("abc", varint(22, 1), point)));
  expect(sink.run("").facts.tags).toMatchObject({ "wandb.forkedFrom": "parent", "wandb.forkedAt": "120" });
});

test("histograms in one object, in packed bins, and broken ones", async () => {
  const sink = await importRecords(
    historyRecord(1, oldItem("h", '{"_type":"histogram","values":[1,3],"bins":[0,1,2]}')),
    historyRecord(
      2,
      item(["h", "_type"], '"histogram"'),
      item(["h", "values"], "[2,2]"),
      item(["h", "packedBins", "min"], "0"),
      item(["h", "packedBins", "size"], "2"),
      item(["h", "packedBins", "count"], "2"),
    ),
    historyRecord(3, oldItem("h", '{"_type":"histogram","values":[1,3],"bins":[0,1]}')),
    historyRecord(4, item(["h", "_type"], '"histogram"')),
  );
  expect(measuresOf(sink).get("h/mean")).toMatchObject({ steps: [1, 2], values: [1.25, 2] });
  expect(countOf(sink.skipped)).toEqual({ WANDB_HISTOGRAM: 2 });
  expect([...measuresOf(sink).keys()].some((name) => name.startsWith("h."))).toBe(false);
});

test("hostile insides are counted or bounded: deep JSON, long names, __proto__, broken items", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const objects = `${'{"a":'.repeat(40)}1${"}".repeat(40)}`;
  const sink = await importRecords(
    historyRecord(
      1,
      item("deep", deep),
      item("__proto__", "1"),
      item(["constructor", "prototype"], "2"),
      item("ok", "3"),
    ),
    historyRecord(
      2,
      item("x".repeat(5000), "1"),
      item(["y".repeat(4000), "z".repeat(4000)], "1"),
      item("cut", '{"a":1'),
    ),
    historyRecord(3, item("forty", objects), item("proto", '{"__proto__":{"polluted":4}}'), message(text(16, "5"))),
    nested(2, Uint8Array.of(0x0a, 0x50, 1)),
    nested(5, nested(1, item("__proto__", '{"polluted":true}')), nested(1, item("deep", deep))),
  );
  expect([...measuresOf(sink)].map(([name, { values }]) => [name, values])).toEqual([
    ["__proto__", [1]],
    ["constructor.prototype", [2]],
    ["ok", [3]],
    ["(no name)", [5]],
    ["proto.__proto__.polluted", [4]],
  ]);
  expect(countOf(sink.skipped)).toEqual({ WANDB_JSON: 4, WANDB_NAME_REFUSED: 2, WANDB_MALFORMED: 1 });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("a record above the bound is passed over and the next row read", async () => {
  const sink = await importRecords(historyRecord(1, item("large", `"${"x".repeat(33 * 2 ** 20)}"`)), row(2, { a: 1 }));
  expect(measuresOf(sink).get("a")!.steps).toEqual([2]);
  expect([...sink.skipped.keys()].sort()).toEqual(["WANDB_INCOMPLETE", "WANDB_TOO_LARGE"]);
});

test("a row of 20,000 numbers is read whole", async () => {
  const values = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`layer ${at}`, at / 7]));
  const sink = await importRecords(row(1, values));
  expect(measuresOf(sink).size).toBe(20_000);
  expect(measuresOf(sink).get("layer 19999")!.values).toEqual([19_999 / 7]);
});
