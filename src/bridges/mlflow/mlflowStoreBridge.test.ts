import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Json, Rng } from "../../core/index.ts";
import type { ImportUnit } from "../bridge.ts";
import { importAll, MemorySink, treeOf } from "../memorySink.fixture.ts";
import { mlflowStoreBridge } from "./mlflowStoreBridge.ts";

// What fixtures/make_mlflow.py wrote with mlflow 3.17.2, and what MLflow itself reads from it.
const FILES: Record<string, string> = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/mlruns.json"), "utf8"),
);
const { store: EXPECTED } = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/expected.json"), "utf8")) as {
  store: Record<string, { runId: string; status: string; metrics: Record<string, [number, string, number][]> }>;
};
const REAL = join(import.meta.dirname, "../../../../shared/data/run-logs/mlruns-mltrace");
const STATUS: Record<string, string> = { FINISHED: "complete", RUNNING: "running", FAILED: "failed" };

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mlruns-"));
  for (const [path, text] of Object.entries(FILES)) put(path, text);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): string {
  const at = join(root, path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, text);
  return at;
}
const numberOf = (text: string) => Number(text.replace("inf", "Infinity"));
const folderOfRun = (name: string) =>
  dirname(Object.keys(FILES).find((path) => path.endsWith(`${EXPECTED[name].runId}/meta.yaml`))!);

describe("a store that MLflow wrote", () => {
  test("every run has the points, times and status that MLflow reads", async () => {
    const { sink } = await importAll(mlflowStoreBridge, root);
    const byName = new Map([...sink.runs.values()].map((run) => [run.facts.name, run]));
    expect([...byName.keys()].sort()).toEqual(
      Object.keys(EXPECTED)
        .map((name) => `grokking sweep/${name}`)
        .sort(),
    );
    for (const [name, { runId, status, metrics }] of Object.entries(EXPECTED)) {
      const run = byName.get(`grokking sweep/${name}`)!;
      expect(run.facts.foreignId).toBe(runId);
      expect(run.facts.status).toBe(STATUS[status]);
      expect([...run.measures.keys()].sort()).toEqual(Object.keys(metrics).sort());
      for (const [metric, points] of Object.entries(metrics)) {
        const { steps, values, wallMs } = run.measures.get(metric)!;
        expect(values).toEqual(points.map(([, value]) => numberOf(value)));
        expect(wallMs).toEqual(points.map(([, , time]) => time));
        // MLflow reads step 0 from lines that name a data set, although it wrote the step there.
        expect(steps).toEqual(metric === "on data" ? [7, 8] : points.map(([step]) => step));
      }
    }
  });

  test("parameters are configuration, numbers as numbers; tags and the experiment stay tags", async () => {
    const { sink } = await importAll(mlflowStoreBridge, root);
    const run = [...sink.runs.values()].find(({ facts }) => facts.name === "grokking sweep/seed 0")!;
    expect(run.facts.configuration).toEqual({ lr: 0.001, "model/width": 128, amsgrad: true, tag: "007" });
    expect(run.facts.tags).toMatchObject({
      "mlflow.user": "ada",
      "mlflow.source.git.commit": "0123abcd",
      "mlflow.parentRunId": EXPECTED.parent.runId,
      "mlflow.experiment": "grokking sweep",
    });
    expect(run.measures.get("val/acc")!.spec).toMatchObject({ direction: "higher" });
    expect(run.contexts).toEqual([{ details: { dataset: "heldout", datasetDigest: "d1" } }]);
  });

  test("deleted runs, the trash and logged models are no runs: counted and named", async () => {
    const { sink, units, tree } = await importAll(mlflowStoreBridge, root);
    expect(sink.skipped.get("MLFLOW_RUN_DELETED")?.count).toBe(2);
    expect(sink.skipped.get("MLFLOW_LOGGED_MODEL")?.count).toBe(1);
    expect(sink.skipped.get("MLFLOW_EXPERIMENT_DELETED")?.example).toMatch(/^mlruns\/\.trash\//);
    expect(sink.skipped.get("MLFLOW_EXPERIMENT_WITHOUT_RUNS")?.example).toBe("mlruns/0");
    expect([...sink.runs.values()].map(({ facts }) => facts.name).join()).not.toContain("deleted");
    const taken = new Set(
      units.flatMap(({ files, companions = [] }) => [...files, ...companions]).map(({ path }) => path),
    );
    expect(tree.files.filter(({ path }) => !taken.has(path)).map(({ relative }) => relative)).toEqual([]);
  });

  test("all values of a step stay, and a step that goes back begins a segment", async () => {
    const { sink } = await importAll(mlflowStoreBridge, root);
    const run = [...sink.runs.values()].find(({ facts }) => facts.name === "grokking sweep/seed 0")!;
    expect(run.measures.get("repeated")).toMatchObject({ steps: [3, 3, 3], values: [1, 2, 2.5], segments: [0, 0, 0] });
    expect(run.measures.get("late")).toMatchObject({ steps: [0, 2, 1, 3], segments: [0, 0, 1, 1] });
  });

  test("the import may begin at the store, an experiment or a run", async () => {
    const folder = folderOfRun("seed 0");
    for (const at of ["mlruns", dirname(folder), folder]) {
      const { sink } = await importAll(mlflowStoreBridge, join(root, at));
      const run = [...sink.runs.values()].find(({ facts }) => facts.foreignId === EXPECTED["seed 0"].runId)!;
      expect(run.measures.get("train/loss")?.values.length, at).toBe(10);
    }
  });

  test("files that are no runs of MLflow are not claimed", async () => {
    put("other/meta.yaml", "name: something else\n");
    put(`${folderOfRun("seed 0")}/artifacts/metrics.csv`, "step,loss\n1,2\n");
    const units = await mlflowStoreBridge.claim(treeOf(root));
    const taken = units
      .flatMap(({ files, companions = [] }) => [...files, ...companions])
      .map(({ relative }) => relative);
    expect(taken.filter((name) => name.startsWith("other/") || name.includes("/artifacts/"))).toEqual([]);
  });
});

describe("files that grow and files that are damaged", () => {
  async function unitOf(name: string): Promise<ImportUnit> {
    const folder = folderOfRun(name);
    return (await mlflowStoreBridge.claim(treeOf(root))).find(({ key }) => key === folder)!;
  }

  test("going on from a state gives what reading whole gives", async () => {
    const at = join(root, folderOfRun("seed 0"), "metrics/train/loss");
    const [parts, whole] = [new MemorySink(), new MemorySink()];
    let state: Json | undefined = await mlflowStoreBridge.read(await unitOf("seed 0"), { sink: parts });
    for (const text of [
      "1763000000050 0.5 50\n17630000",
      "00055 0.4 55\n",
      "1763000000060 0.3 5\n1763000000061 0.2 6\n",
    ]) {
      appendFileSync(at, text);
      state = await mlflowStoreBridge.read(await unitOf("seed 0"), { sink: parts, from: state });
    }
    put(`${folderOfRun("seed 0")}/metrics/new`, "1 2 3\n");
    await mlflowStoreBridge.read(await unitOf("seed 0"), { sink: parts, from: state });
    await mlflowStoreBridge.read(await unitOf("seed 0"), { sink: whole });
    expect([...parts.run("").measures.keys()].sort()).toEqual([...whole.run("").measures.keys()].sort());
    for (const [name, series] of whole.run("").measures)
      expect({ ...parts.run("").measures.get(name) }).toEqual({ ...series });
    expect(whole.run("").measures.get("train/loss")!.steps.slice(-4)).toEqual([50, 55, 5, 6]);
    expect(parts.skipped.get("MLFLOW_LINE_UNFINISHED")?.count).toBe(1);
  });

  test("a last line without line feed waits; lines that are no points are counted with the first of them", async () => {
    put(
      `${folderOfRun("seed 1")}/metrics/train/loss`,
      "1 0.5 0\n1 2 3 4\n2 x 1\n\n3 0.25\n4 0.125 -2\n5 1 99999999999999999999\n6 0.1 1",
    );
    const sink = new MemorySink();
    await mlflowStoreBridge.read(await unitOf("seed 1"), { sink });
    expect(sink.run("").measures.get("train/loss")).toMatchObject({
      steps: [0, 0, -2],
      values: [0.5, 0.25, 0.125],
      wallMs: [1, 3, 4],
    });
    expect(sink.skipped.get("MLFLOW_LINE_INVALID")).toMatchObject({
      count: 3,
      example: expect.stringContaining('"1 2 3 4"'),
    });
    expect(sink.skipped.get("MLFLOW_LINE_UNFINISHED")?.count).toBe(1);
  });

  test("names such as __proto__ are measures and parameters like any other", async () => {
    const folder = folderOfRun("seed 1");
    put(`${folder}/metrics/__proto__`, "1 2 3\n");
    put(`${folder}/params/__proto__`, "1");
    const sink = new MemorySink();
    const state = await mlflowStoreBridge.read(await unitOf("seed 1"), { sink });
    expect(sink.run("").measures.get("__proto__")?.values).toEqual([2]);
    expect(JSON.stringify(state)).toContain("__proto__");
    expect(Object.prototype).not.toHaveProperty("polluted");
  });

  test("a meta.yaml without a readable id leaves the run its folder's id and its points", async () => {
    const folder = folderOfRun("seed 1");
    put(`${folder}/meta.yaml`, "artifact_uri: x\nexperiment_id: '1'\nrun_id: [\n");
    const sink = new MemorySink();
    await mlflowStoreBridge.read(await unitOf("seed 1"), { sink });
    expect(sink.run("").facts.foreignId).toBe(EXPECTED["seed 1"].runId);
    expect(sink.run("").measures.get("train/loss")?.values).toEqual([4.5]);
  });
});

test("2,100 stores with flipped bits are read to an end: no crash, no point without a line, what is lost is counted", async () => {
  const rng = Rng.of(7, "mlruns flips");
  const folder = folderOfRun("seed 0");
  const kept = /\/(?:meta\.yaml|metrics\/odd|metrics\/train\/loss|params\/lr)$/;
  const paths = Object.keys(FILES).filter((path) => path.startsWith(folder) && kept.test(path));
  rmSync(join(root, folder), { recursive: true });
  for (const path of paths) put(path, FILES[path]);
  const lines = paths
    .filter((path) => path.includes("/metrics/"))
    .reduce((sum, path) => sum + FILES[path].split("\n").length, 0);
  let counted = 0;
  for (let i = 0; i < 2100; i++) {
    const path = paths[i % paths.length];
    const bytes = Buffer.from(FILES[path]);
    for (let k = 1 + (i % 4); k > 0; k--)
      bytes[Math.floor(rng.uniform() * bytes.length)] ^= 1 << Math.floor(rng.uniform() * 8);
    writeFileSync(join(root, path), bytes);
    const { sink } = await importAll(mlflowStoreBridge, join(root, folder));
    const points = [...sink.runs.values()]
      .flatMap((run) => [...run.measures.values()])
      .reduce((sum, { values }) => sum + values.length, 0);
    // A flip may make a line feed, and so a line more.
    expect(points).toBeLessThanOrEqual(lines + 4);
    if (sink.skipped.size > 0) counted++;
    writeFileSync(join(root, path), FILES[path]);
  }
  expect(counted).toBeGreaterThan(400);
}, 120_000);

test.skipIf(!existsSync(REAL))(
  "all six runs of mltrace are read, equal steps kept [needs ../shared/data/run-logs]",
  async () => {
    const { sink } = await importAll(mlflowStoreBridge, REAL);
    expect(sink.runs.size).toBe(6);
    for (const { facts, measures } of sink.runs.values()) {
      expect(facts).toMatchObject({ status: "complete", configuration: { param1: expect.any(Number) } });
      expect(facts.name).toMatch(/^Default\/[0-9a-f]{8}$/);
      expect([...measures.keys()].sort()).toEqual(["foo", "zoo"]);
      expect(new Set(measures.get("foo")!.steps)).toEqual(new Set([0]));
    }
    const total = [...sink.runs.values()].reduce((sum, { measures }) => sum + measures.get("foo")!.values.length, 0);
    expect(total).toBeGreaterThanOrEqual(6 * 2);
    expect(sink.skipped.get("MLFLOW_EXPERIMENT_WITHOUT_RUNS")?.example).toBe("mlruns/0");
  },
);
