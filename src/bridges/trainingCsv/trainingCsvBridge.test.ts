import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Json, Rng } from "../../core/index.ts";
import { importAll, MemorySink, treeOf } from "../memorySink.fixture.ts";
import { trainingCsvBridge } from "./trainingCsvBridge.ts";

// What Lightning 2.6.6 and Keras 3.15.1 wrote (fixtures/make_training_csv.py).
const LOGS: Record<string, string> = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/logs.json"), "utf8"));
const REAL = join(import.meta.dirname, "../../../../shared/data/run-logs");

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "training-csv-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  return join(root, path);
}
function putAll(): void {
  for (const [path, text] of Object.entries(LOGS)) put(path, text);
}
async function readOne(path: string, from?: Json, sink = new MemorySink()) {
  const unit = (await trainingCsvBridge.claim(treeOf(root))).find(({ key }) => key === path)!;
  return { sink, run: sink.run(""), state: await trainingCsvBridge.read(unit, { sink, from }) };
}
/** By the plainest reading of the text: rows of cells. */
function cellsOf(path: string, column: string, delimiter = ",") {
  const [header, ...rows] = LOGS[path]
    .trim()
    .split("\r\n")
    .map((line) => line.split(delimiter));
  return rows.map((row) => row[header.indexOf(column)]).filter((cell) => cell !== "" && cell !== "NA");
}

describe("logs that the tools wrote", () => {
  test("each version of Lightning is a run; every column has its cells, at their steps", async () => {
    putAll();
    const { run } = await readOne("lightning_logs/version_0/metrics.csv");
    expect(run.facts).toMatchObject({ name: "lightning_logs/version_0", configuration: { lr: 0.1, width: 4 } });
    expect([...run.measures.keys()].sort()).toEqual([
      "epoch",
      "lr-SGD",
      "train_loss_epoch",
      "train_loss_step",
      "val/late",
      "val_loss",
    ]);
    for (const name of ["lr-SGD", "train_loss_epoch", "train_loss_step", "val_loss"])
      expect(run.measures.get(name)!.values).toEqual(cellsOf("lightning_logs/version_0/metrics.csv", name).map(Number));
    expect(run.measures.get("train_loss_epoch")!.steps).toEqual([5, 11, 17]);
    expect(run.measures.get("val/late")).toMatchObject({ steps: [11, 17], values: [Number.NaN, Number.NaN] });
    expect(run.measures.get("epoch")).toMatchObject({
      steps: [1, 3, 5, 7, 9, 11, 13, 15, 17],
      values: [0, 0, 0, 1, 1, 1, 2, 2, 2],
    });
    expect(new Set([...run.measures.values()].flatMap(({ segments }) => segments))).toEqual(new Set([0]));
    expect(run.measures.get("val_loss")!.spec).toMatchObject({ direction: "lower", family: "loss" });
  });

  test("Keras' log is one run over epochs: NA is a gap, inf a value", async () => {
    putAll();
    const { run, sink } = await readOne("training.log");
    expect(run.measures.get("loss")).toMatchObject({
      steps: [0, 1, 2],
      values: cellsOf("training.log", "loss").map(Number),
    });
    expect(run.measures.get("learning_rate")).toMatchObject({ steps: [0], values: [0.1] });
    expect(run.measures.get("odd")).toMatchObject({ steps: [0], values: [Number.POSITIVE_INFINITY] });
    expect(run.measures.has("epoch")).toBe(false);
    expect(sink.skipped.size).toBe(0);
  });

  test("an epoch that comes again in Keras' appended log begins a segment of all columns", async () => {
    putAll();
    const { run } = await readOne("history.csv");
    for (const name of ["loss", "val_loss", "accuracy", "val_accuracy"])
      expect(run.measures.get(name)).toMatchObject({
        steps: [0, 1, 2, 2, 3],
        segments: [0, 0, 0, 1, 1],
        values: cellsOf("history.csv", name, ";").map(Number),
      });
  });

  test("files of other kinds are not claimed", async () => {
    put("a/metrics.csv", "name,value\nx,1\n");
    put("b/results.csv", "step,loss\n1,2\n");
    put("c/results.csv", "epoch,step,loss\n1,2,3\n");
    put("d/results.csv", "epoch,accuracy\n1,2\n");
    put("e/metrics.csv", "step,loss\n1,2\n");
    put("f/metrics.csv", "step,epoch,loss");
    put("g/metrics.csv", "");
    expect(await trainingCsvBridge.claim(treeOf(root))).toEqual([]);
  });

  test("metrics.csv without an epoch is Lightning's where hparams.yaml or version_N says so", async () => {
    put("a/metrics.csv", "step,loss\n1,2\n");
    put("a/hparams.yaml", "{}\n");
    put("version_3/metrics.csv", "loss,step\n1,2\n");
    const units = await trainingCsvBridge.claim(treeOf(root));
    expect(units.map(({ key, companions }) => [key, companions?.length])).toEqual([
      ["a/metrics.csv", 1],
      ["version_3/metrics.csv", 0],
    ]);
  });
});

describe("files that grow and files that are damaged", () => {
  test("going on from a state gives what reading whole gives, whatever the place of the cut", async () => {
    const [path, text] = ["history.csv", LOGS["history.csv"]];
    put(path, text);
    const whole = (await readOne(path)).run;
    for (let cut = 1 + text.indexOf("\n"); cut < text.length; cut += 7) {
      const at = put(path, text.slice(0, cut));
      const { sink, state } = await readOne(path);
      appendFileSync(at, text.slice(cut));
      const { run } = await readOne(path, state, sink);
      for (const [name, series] of whole.measures) expect({ ...run.measures.get(name) }).toEqual({ ...series });
    }
  });

  test("Lightning's rows after a step that goes back are the next segment, of all columns together", async () => {
    put("version_0/metrics.csv", "epoch,step,a,b\n0,1,1,\n0,2,2,2\n0,3,3,\n0,2,2.5,\n0,3,3.5,1.5\n");
    const { run } = await readOne("version_0/metrics.csv");
    expect(run.measures.get("a")).toMatchObject({ steps: [1, 2, 3, 2, 3], segments: [0, 0, 0, 1, 1] });
    expect(run.measures.get("b")).toMatchObject({ steps: [2, 3], segments: [0, 1] });
  });

  test("rows and cells that are none are counted with the first of them; the rest is read", async () => {
    put(
      "version_0/metrics.csv",
      "epoch,step,a,a,__proto__\n0,1,1,9,5\n0,x,1,1,1\n0,2\n\n0,3,tensor(1.),1,2\n0,,1,1,1\n0,4,2,1,",
    );
    const { run, sink } = await readOne("version_0/metrics.csv");
    expect(run.measures.get("a")).toMatchObject({ steps: [1], values: [1] });
    expect(run.measures.get("__proto__")).toMatchObject({ steps: [1, 3], values: [5, 2] });
    expect(sink.skipped.get("CSV_ROW_INVALID")).toMatchObject({ count: 3, example: expect.stringContaining("0,x,1") });
    expect(sink.skipped.get("CSV_CELL_NOT_A_NUMBER")).toMatchObject({
      count: 1,
      example: expect.stringContaining("tensor(1.)"),
    });
    expect(sink.skipped.get("CSV_COLUMN_REPEATED")?.count).toBe(1);
    expect(sink.skipped.get("CSV_ROW_UNFINISHED")?.count).toBe(1);
  });

  test("2,400 files with flipped bits: no crash, no point without a cell, what is lost is counted", async () => {
    const rng = Rng.of(8, "training csv flips");
    const paths = ["history.csv", "training.log", "lightning_logs/version_1/metrics.csv"];
    putAll();
    const units = await trainingCsvBridge.claim(treeOf(root));
    let counted = 0;
    for (let i = 0; i < 2400; i++) {
      const path = paths[i % 3];
      const bytes = Buffer.from(LOGS[path]);
      for (let k = 1 + (i % 3); k > 0; k--)
        bytes[Math.floor(rng.uniform() * bytes.length)] ^= 1 << Math.floor(rng.uniform() * 8);
      writeFileSync(join(root, path), bytes);
      const sink = new MemorySink();
      await trainingCsvBridge.read(units.find(({ key }) => key === path)!, { sink });
      const points = [...sink.run("").measures.values()].reduce((sum, { values }) => sum + values.length, 0);
      expect(points).toBeLessThan(bytes.length / 2);
      if (sink.skipped.size > 0) counted++;
    }
    expect(counted).toBeGreaterThan(300);
  }, 120_000);
});

test.skipIf(!existsSync(REAL))(
  "all 18 Lightning logs are read whole, whatever the order of their columns [needs ../shared/data/run-logs]",
  async () => {
    const { sink, units } = await importAll(trainingCsvBridge, REAL);
    expect(units.length).toBe(18);
    expect([...sink.skipped]).toEqual([]);
    for (const unit of units) {
      const run = sink.runs.get(unit.key)!;
      const [header, ...rows] = readFileSync(unit.files[0].path, "utf8")
        .trim()
        .split(/\r?\n/)
        .map((line) => line.split(","));
      for (const name of header.filter((name) => name !== "step" && name !== "epoch"))
        expect(run.measures.get(name)?.values ?? [], `${unit.key} ${name}`).toEqual(
          rows
            .map((row) => row[header.indexOf(name)])
            .filter((cell) => cell !== "")
            .map((cell) => Number(cell.replace("inf", "Infinity"))),
        );
    }
  },
);
