import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OntogenyError, Rng } from "../../core/index.ts";
import { importAll, MemorySink, treeOf } from "../memorySink.fixture.ts";
import { mlflowDatabaseBridge } from "./mlflowDatabaseBridge.ts";

// What fixtures/make_mlflow.py wrote with mlflow 3.17.2, and what MLflow itself reads from it.
const BYTES = new Uint8Array(gunzipSync(readFileSync(join(import.meta.dirname, "fixtures/mlflow.db.gz"))));
const { database: EXPECTED } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/expected.json"), "utf8"),
) as {
  database: Record<string, { runId: string; status: string; metrics: Record<string, [number, string, number][]> }>;
};
const STATUS: Record<string, string> = { FINISHED: "complete", RUNNING: "running", FAILED: "failed" };

// MLflow stores the largest double for ∞, and gives that back.
const infinityFrom = (value: number) => (Math.abs(value) === Number.MAX_VALUE ? value * 2 : value);

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mlflow-db-"));
  writeFileSync(join(root, "mlflow.db"), BYTES);
});
afterEach(() => {
  chmodSync(root, 0o755);
  rmSync(root, { recursive: true, force: true });
});

describe("a database that MLflow wrote", () => {
  test("every run has the points, times and status that MLflow reads", async () => {
    const { sink } = await importAll(mlflowDatabaseBridge, root);
    const byName = new Map([...sink.runs.values()].map((run) => [run.facts.name, run]));
    expect([...byName.keys()].sort()).toEqual(
      Object.keys(EXPECTED)
        .map((name) => `grokking sweep/${name}`)
        .sort(),
    );
    for (const [name, { runId, status, metrics }] of Object.entries(EXPECTED)) {
      const run = byName.get(`grokking sweep/${name}`)!;
      expect(run.facts).toMatchObject({ foreignId: runId, status: STATUS[status] });
      expect([...run.measures.keys()].sort()).toEqual(Object.keys(metrics).sort());
      for (const [metric, points] of Object.entries(metrics)) {
        const { steps, values, wallMs } = run.measures.get(metric)!;
        const got = steps.map((step, i) => [step, values[i], wallMs[i]]).sort((a, b) => a[2] - b[2]);
        expect(got, metric).toEqual(points.map(([step, value, time]) => [step, infinityFrom(Number(value)), time]));
      }
    }
  });

  test("parameters are configuration, numbers as numbers; tags and the experiment stay tags", async () => {
    const { sink } = await importAll(mlflowDatabaseBridge, root);
    const run = [...sink.runs.values()].find(({ facts }) => facts.name === "grokking sweep/seed 0")!;
    expect(run.facts.configuration).toEqual({ lr: 0.001, "model/width": 128, amsgrad: true, tag: "007" });
    expect(run.facts.tags).toMatchObject({
      "mlflow.user": "ada",
      "mlflow.source.git.commit": "0123abcd",
      "mlflow.parentRunId": EXPECTED.parent.runId,
      "mlflow.experiment": "grokking sweep",
    });
  });

  test("a deleted run and the run of a deleted experiment are counted, their points are nobody's", async () => {
    const { sink } = await importAll(mlflowDatabaseBridge, root);
    expect(sink.skipped.get("MLFLOW_RUN_DELETED")?.count).toBe(2);
    expect([...sink.skipped.keys()]).toEqual(["MLFLOW_RUN_DELETED"]);
  });

  test("a folder that cannot be written to is read, and nothing in it changes", async () => {
    chmodSync(root, 0o555);
    const before = statSync(join(root, "mlflow.db"));
    await importAll(mlflowDatabaseBridge, root);
    expect(readdirSync(root)).toEqual(["mlflow.db"]);
    expect(statSync(join(root, "mlflow.db")).mtimeMs).toBe(before.mtimeMs);
    expect(readFileSync(join(root, "mlflow.db")).equals(BYTES)).toBe(true);
  });

  test("other databases are not claimed, whatever they are called", async () => {
    writeFileSync(join(root, "empty.db"), "");
    writeFileSync(join(root, "text.db"), "SQLite format 3 is what this is not");
    const broken = BYTES.slice(0, 4096);
    broken[16] = 7;
    writeFileSync(join(root, "broken.db"), broken);
    const tree = treeOf(root);
    expect((await mlflowDatabaseBridge.claim(tree)).map(({ key }) => key)).toEqual(["mlflow.db"]);
    expect([...tree.skipped.keys()]).toEqual(["SQLITE_INVALID"]);
    expect(tree.skipped.get("SQLITE_INVALID")?.example).toMatch(/^broken\.db: .*page size/);
  });
});

test("a database that is cut off gives what is whole of it, and says so", async () => {
  writeFileSync(join(root, "mlflow.db"), BYTES.subarray(0, Math.floor(BYTES.length * 0.6)));
  const { sink } = await importAll(mlflowDatabaseBridge, root);
  expect(sink.skipped.get("SQLITE_DAMAGED")?.count).toBeGreaterThan(0);
});

test("300 databases with flipped bits are read or refused, and no file is made or changed", async () => {
  const rng = Rng.of(6, "mlflow.db flips");
  const unit = (await mlflowDatabaseBridge.claim(treeOf(root)))[0];
  let [refused, differs] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const bytes = BYTES.slice();
    for (let k = 0; k < 60; k++) bytes[Math.floor(rng.uniform() * bytes.length)] ^= 1 << Math.floor(rng.uniform() * 8);
    writeFileSync(join(root, "mlflow.db"), bytes);
    const sink = new MemorySink();
    try {
      await mlflowDatabaseBridge.read(unit, { sink });
    } catch (error) {
      expect(error).toBeInstanceOf(OntogenyError);
      refused++;
    }
    if (sink.skipped.size > 1) differs++;
    expect(readdirSync(root)).toEqual(["mlflow.db"]);
  }
  expect(refused).toBeLessThan(50);
  expect(differs).toBeGreaterThan(10);
}, 120_000);
