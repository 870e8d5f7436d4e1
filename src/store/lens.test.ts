/**
 * @file The lens: what the tables hold, and what a query cannot do.
 */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openLens } from "./lens.ts";
import { codeOf, freshWorkspace, meaningOf, pointsAt, temporaryFolder } from "./testing.suite.ts";
import type { Workspace } from "./workspace.ts";

async function addRun(workspace: Workspace, seed: number, { seal = true, steps = [0, 10] } = {}) {
  const writer = await workspace.acquireRun(meaningOf(seed), { owner: "test" });
  for (const step of steps) writer.append(pointsAt(step));
  writer.commit({ step: steps.at(-1)!, status: seal ? "complete" : "running" });
  if (seal) await writer.seal();
  writer.release();
  return writer.id;
}

async function lensOver(fill: (workspace: Workspace) => Promise<unknown>) {
  const { workspace } = await freshWorkspace();
  await fill(workspace);
  return { workspace, lens: await openLens(workspace) };
}

test("points are the same through SQL and through the reader, sealed, live and extended", async () => {
  const { workspace, lens } = await lensOver(async (workspace) => {
    await addRun(workspace, 1);
    await addRun(workspace, 2, { seal: false });
    const id = await addRun(workspace, 3);
    const again = await workspace.acquireRun(meaningOf(3), { owner: "test" });
    again.append([
      ...pointsAt(10, { offset: 5 }),
      { step: 20, wallMs: 1, measure: "loss", value: Number.NaN },
      ...pointsAt(30),
    ]);
    again.commit({ step: 20, status: "running" });
    return id;
  });
  const { columns, rows } = await lens.query("SELECT * FROM points ORDER BY run, step, measure");
  const wanted = [];
  for (const id of workspace.runIds())
    for (const { step, wallMs, measure, value, se, n } of (await workspace.run(id).points()).points)
      wanted.push([id, step, wallMs, measure, value, se ?? null, n ?? null, 0]);
  expect(columns).toEqual(["run", "step", "wallMs", "measure", "value", "se", "n", "segment"]);
  expect(rows).toEqual(wanted);
  expect(rows).toHaveLength(13);
  expect(lens.problems).toEqual([]);
});

test("runs, events and the ledger are there, with JSON that can be asked into", async () => {
  const { lens } = await lensOver(async (workspace) => {
    const lineage = { parent: "rparent", forkStep: 4, changes: [] };
    const writer = await workspace.acquireRun(meaningOf(7, lineage), { owner: "test" });
    writer.writeEvents([
      { kind: "onset", measure: "loss", step: 3, low: 2, high: null, evidence: { slope: 2 }, method: "m" },
    ]);
    workspace.ledger("main").append({ kind: "note", key: "a'b", body: { value: 0.5 } });
  });
  expect((await lens.query("SELECT organism, status, step, parent, forkStep, seeds->>'init' FROM runs")).rows).toEqual([
    ["toy", "created", 4, "rparent", 4, "7"],
  ]);
  expect((await lens.query("SELECT kind, step, high, (evidence->'slope')::DOUBLE FROM events")).rows).toEqual([
    ["onset", 3, null, 2],
  ]);
  expect((await lens.query("SELECT segment, seq, key, body->>'value' FROM ledger")).rows).toEqual([
    ["main", 0, "a'b", "0.5"],
  ]);
});

test("values come as plain JavaScript", async () => {
  const { lens } = await lensOver(async () => undefined);
  const sql = `SELECT 1::BIGINT AS a, 9007199254740993 AS big, [1::BIGINT, NULL] AS list, {'x': 2::BIGINT} AS s,
    'NaN'::DOUBLE AS nan, TIMESTAMP '2026-01-02 03:04:05' AS t, 'ab'::BLOB AS bytes, count(*) AS n, 1.5::DECIMAL(9, 2) AS d FROM runs`;
  expect((await lens.query(sql)).rows).toEqual([
    [1, "9007199254740993", [1, null], { x: 2 }, Number.NaN, "2026-01-02T03:04:05.000Z", "6162", 0, 1.5],
  ]);
  expect((await lens.query("SELECT 1 AS a, 2 AS a")).columns).toEqual(["a", "a:1"]);
});

test("a query can read no file, write no file, and change no setting or table", async () => {
  const outside = temporaryFolder();
  const { workspace, lens } = await lensOver((workspace) => addRun(workspace, 1));
  const inside = workspace.home;
  const parquet = path.join(workspace.runsDir, workspace.runIds()[0], "metrics.parquet");
  const before = fs.readdirSync(inside, { recursive: true }).sort();
  const attempts = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    `SELECT * FROM read_parquet('${parquet}')`,
    `COPY points TO '${outside}/points.csv'`,
    `COPY points TO '${inside}/points.csv'`,
    `COPY (SELECT 1) TO '${inside}/ledger/main.jsonl'`,
    `EXPORT DATABASE '${outside}/all'`,
    `ATTACH '${outside}/other.db' AS other`,
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET temp_directory = '/tmp'",
    "RESET threads",
    "PRAGMA enable_profiling",
    "PRAGMA threads = 1",
    "CREATE TABLE mine AS SELECT 1",
    "CREATE SECRET s (TYPE S3)",
    "INSERT INTO points SELECT * FROM points",
    "DELETE FROM points",
    "UPDATE runs SET status = 'complete'",
    "DROP TABLE ledger",
    "EXPLAIN ANALYZE DELETE FROM points",
    `EXPLAIN ANALYZE COPY points TO '${outside}/points.csv'`,
    "PREPARE p AS SELECT 1",
    "CALL enable_logging()",
    `SELECT * FROM enable_logging(storage := 'file', storage_path := '${outside}/log')`,
    "SELECT * FROM query('SELECT * FROM enable_' || 'logging()')",
    'WITH a AS MATERIALIZED (SELECT * FROM "Enable_Logging"()) SELECT (SELECT 1 FROM a)',
    "DESCRIBE SELECT * FROM enable_logging()",
    "EXPLAIN SELECT * FROM enable_logging()",
    "SELECT * FROM arrow_scan(1::POINTER, 1::POINTER, 1::POINTER)",
    "EXPLAIN ANALYZE SELECT 1; DROP TABLE points",
    "EXPLAIN (FORMAT json) DELETE FROM points",
    "BEGIN TRANSACTION",
    "COMMIT",
    "SELECT 1; DELETE FROM points",
    "",
    "nonsense",
  ];
  for (const sql of attempts)
    expect([sql, await codeOf(() => lens.query(sql))]).toEqual([sql, expect.stringMatching(/^SQL_(REFUSED|FAILED)$/)]);
  expect(fs.readdirSync(outside)).toEqual([]);
  expect(fs.readdirSync(inside, { recursive: true }).sort()).toEqual(before);
  expect((await lens.query("SELECT count(*) FROM points")).rows).toEqual([[4]]);
});

test("looking around is allowed", async () => {
  const { lens } = await lensOver((workspace) => addRun(workspace, 1));
  for (const sql of [
    "EXPLAIN SELECT * FROM points",
    "explain analyze select 1",
    "EXPLAIN (FORMAT json) SELECT 1",
    "SELECT 1;",
    "SELECT * FROM range(3)",
    "DESCRIBE points",
    "SHOW TABLES",
    "SUMMARIZE points",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "FROM points LIMIT 1",
    "VALUES (1)",
  ])
    expect([sql, (await lens.query(sql)).rows.length > 0]).toEqual([sql, true]);
});

test("queries asked at once are answered one after the other", async () => {
  const { lens } = await lensOver((workspace) => addRun(workspace, 1));
  const asked = [1, 2, 3, 4].map((number) => lens.query(number === 2 ? "nonsense" : `SELECT ${number}`));
  const answers = await Promise.allSettled(asked);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});

test("a damaged run is named and does not blind the rest", async () => {
  let damaged = "";
  const { lens } = await lensOver(async (workspace) => {
    await addRun(workspace, 1);
    damaged = await addRun(workspace, 2);
    fs.truncateSync(path.join(workspace.runsDir, damaged, "metrics.parquet"), 30);
    const broken = await addRun(workspace, 3);
    fs.writeFileSync(path.join(workspace.runsDir, broken, "run.json"), "{");
  });
  expect((await lens.query("SELECT count(DISTINCT run) FROM points")).rows).toEqual([[1]]);
  expect((await lens.query("SELECT count(*) FROM runs")).rows).toEqual([[2]]);
  expect(lens.problems).toHaveLength(2);
  expect(JSON.stringify(lens.problems)).toContain(damaged);
});
