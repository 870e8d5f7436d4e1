/**
 * @file Fills the lens: tables `runs`, `points`, `events`, `ledger` from a workspace's files.
 *
 * Sealed points go straight from parquet into DuckDB; runs that are alive or were extended go through the reader,
 * which knows what is superseded. What cannot be read is left out and listed as a problem, so that one damaged run
 * does not blind the rest.
 */
import fs from "node:fs";
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import type { Manifest } from "../core/index.ts";
import { fenceNumbers } from "./fence.ts";
import { readSegment, segmentWriters } from "./ledgerSegment.ts";
import type { RunReader } from "./runReader.ts";
import type { Workspace } from "./workspace.ts";

export interface LensProblem {
  readonly where: string;
  readonly what: string;
}

/** Documented in `ontogeny sql --help`. */
export const LENS_SCHEMA = `
CREATE TABLE runs (run VARCHAR, organism VARCHAR, status VARCHAR, step DOUBLE, attempts BIGINT, parent VARCHAR, forkStep BIGINT,
  seeds JSON, factors JSON, changes JSON, lineageChanges JSON, numericsKey VARCHAR, createdAtMs DOUBLE, updatedAtMs DOUBLE, failure VARCHAR,
  name VARCHAR, format VARCHAR, configuration JSON);  -- the last three for imported runs; they have no organism
CREATE TABLE points (run VARCHAR, step DOUBLE, wallMs DOUBLE, measure VARCHAR, value DOUBLE, se DOUBLE, n DOUBLE, segment BIGINT);
  -- imported points are those of the files: repeated steps, and restarts (segment 1, 2, …), are all there
CREATE TABLE events (run VARCHAR, kind VARCHAR, measure VARCHAR, step DOUBLE, low DOUBLE, high DOUBLE, method VARCHAR, evidence JSON);
CREATE TABLE ledger (segment VARCHAR, seq BIGINT, "at" VARCHAR, kind VARCHAR, key VARCHAR, body JSON, prev VARCHAR, hash VARCHAR);
`;

export async function fillLens(connection: DuckDBConnection, workspace: Workspace): Promise<LensProblem[]> {
  const problems: LensProblem[] = [];
  await connection.run(LENS_SCHEMA);
  const runs = await fillRuns(connection, workspace, problems);
  const sealed = runs.filter(({ reader }) => isPurelySealed(reader));
  const mixed = runs.filter((run) => !sealed.includes(run));
  try {
    await fillSealed(connection, sealed);
  } catch {
    // One damaged file fails the whole read: take them singly, so that it is named and the others stay.
    await connection.run("DELETE FROM points");
    mixed.push(...sealed);
  }
  await fillMixed(connection, mixed, problems);
  await fillImported(connection, workspace, problems);
  await fillEvents(connection, runs, problems);
  await fillLedger(connection, workspace, problems);
  return problems;
}

interface LensRun {
  readonly reader: RunReader;
  readonly manifest: Manifest;
}

async function fillRuns(
  connection: DuckDBConnection,
  workspace: Workspace,
  problems: LensProblem[],
): Promise<LensRun[]> {
  const runs: LensRun[] = [];
  for (const id of workspace.runIds()) {
    const reader = workspace.run(id);
    try {
      runs.push({ reader, manifest: reader.manifest() });
    } catch (error) {
      problems.push(problemOf(reader.paths.manifest, error));
    }
  }
  const rows = runs.map(({ manifest: { id, meaning, status, step, attempts, ...rest } }) => [
    id,
    meaning.process.organism,
    status,
    step,
    BigInt(attempts),
    meaning.lineage?.parent,
    meaning.lineage && BigInt(meaning.lineage.forkStep),
    JSON.stringify(meaning.seeds),
    JSON.stringify(meaning.process.factors),
    JSON.stringify(meaning.process.changes),
    meaning.lineage && JSON.stringify(meaning.lineage.changes),
    rest.numericsKey,
    rest.createdAtMs,
    rest.updatedAtMs,
    rest.failure,
    undefined,
    undefined,
    undefined,
  ]);
  await appendRows(connection, "runs", rows);
  return runs;
}

function isPurelySealed({ paths }: RunReader): boolean {
  return (
    fs.existsSync(paths.points) &&
    !fenceNumbers(paths.attempts).some((attempt) => fs.existsSync(paths.attemptMetrics(attempt)))
  );
}

async function fillSealed(connection: DuckDBConnection, runs: readonly LensRun[]): Promise<void> {
  if (runs.length === 0) return;
  const files = runs.map(({ reader }) => `'${reader.paths.points.replaceAll("'", "''")}'`).join(",");
  await connection.run(`
    INSERT INTO points
    SELECT runs.run, sealed.step, wallMs, measure, value, se, n, 0
    FROM (SELECT *, string_split(replace(filename, '\\', '/'), '/')[-2] AS folder FROM read_parquet([${files}], filename = true)) AS sealed
    JOIN runs ON runs.run = sealed.folder
    WHERE sealed.step <= runs.step`);
}

async function fillMixed(
  connection: DuckDBConnection,
  runs: readonly LensRun[],
  problems: LensProblem[],
): Promise<void> {
  const rows: LensValue[][] = [];
  for (const { reader } of runs) {
    try {
      const { points, report } = await reader.points();
      for (const { step, wallMs, measure, value, se, n } of points)
        rows.push([reader.id, step, wallMs, measure, value, se, n, 0n]);
      for (const { file, line, what } of report.bad) problems.push({ where: `${file}, line ${line}`, what });
    } catch (error) {
      problems.push(problemOf(reader.paths.folder, error));
    }
  }
  await appendRows(connection, "points", rows);
}

/** Units that feed one run are one row. */
async function fillImported(
  connection: DuckDBConnection,
  { imports }: Workspace,
  problems: LensProblem[],
): Promise<void> {
  const { records, unreadable } = imports.records();
  for (const { file, error } of unreadable) problems.push({ where: file, what: error.message });
  const rows = new Map<string, LensValue[]>();
  for (const record of records) {
    for (const { id, name, status, configuration, startedAtMs } of record.runs) {
      const facts = [
        id,
        undefined,
        status,
        undefined,
        undefined,
        undefined,
        undefined,
        "{}",
        "{}",
        "[]",
        undefined,
        undefined,
      ];
      const times = [startedAtMs ?? record.firstAtMs, record.lastAtMs];
      rows.set(id, [...facts, ...times, undefined, name, record.bridge, JSON.stringify(configuration)]);
    }
    for (const { file } of record.parts) {
      const at = imports.partFile(record.id, file);
      try {
        await fillPart(connection, at);
      } catch (error) {
        problems.push(problemOf(at, error));
      }
    }
  }
  await appendRows(connection, "runs", [...rows.values()]);
  await connection.run(`
    UPDATE runs SET step = last FROM (SELECT run AS ran, max(step) AS last FROM points WHERE NOT isnan(step) GROUP BY run)
    WHERE run = ran AND runs.step IS NULL`);
}

/** What a part does not state has no column in it. */
async function fillPart(connection: DuckDBConnection, file: string): Promise<void> {
  const from = `read_parquet('${file.replaceAll("'", "''")}')`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const names = new Set(described.getRowsJS().map(([name]) => name));
  const stated = (name: string, absent: string) =>
    names.has(name) ? `CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END` : absent;
  await connection.run(`
    INSERT INTO points
    SELECT run, step, ${stated("wallMs", "NULL")}, measure, value, ${stated("se", "NULL")}, ${stated("n", "NULL")},
      ${names.has("segment") ? "segment" : "0"}
    FROM ${from}`);
}

async function fillEvents(
  connection: DuckDBConnection,
  runs: readonly LensRun[],
  problems: LensProblem[],
): Promise<void> {
  const rows: LensValue[][] = [];
  for (const { reader } of runs) {
    try {
      for (const { kind, measure, step, low, high, method, evidence } of reader.events())
        rows.push([
          reader.id,
          kind,
          measure,
          step ?? undefined,
          low,
          high ?? undefined,
          method,
          JSON.stringify(evidence),
        ]);
    } catch (error) {
      problems.push(problemOf(reader.paths.events, error));
    }
  }
  await appendRows(connection, "events", rows);
}

async function fillLedger(
  connection: DuckDBConnection,
  { ledgerDir }: Workspace,
  problems: LensProblem[],
): Promise<void> {
  const rows: LensValue[][] = [];
  for (const writer of segmentWriters(ledgerDir)) {
    const { entries, bad } = readSegment(ledgerDir, writer);
    for (const { seq, at, kind, key, body, prev, hash } of entries)
      rows.push([writer, BigInt(seq), at, kind, key, JSON.stringify(body), prev, hash]);
    if (bad !== undefined)
      problems.push({ where: `${bad.file}, line ${bad.line}`, what: `${bad.what}: ${bad.detail}` });
  }
  await appendRows(connection, "ledger", rows);
}

type LensValue = string | number | bigint | undefined;

async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (readonly LensValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await connection.createAppender(table);
  for (const row of rows) {
    for (const value of row) appendValue(appender, value);
    appender.endRow();
  }
  appender.closeSync();
}

function appendValue(appender: DuckDBAppender, value: LensValue): void {
  if (value === undefined) appender.appendNull();
  else if (typeof value === "string") appender.appendVarchar(value);
  else if (typeof value === "bigint") appender.appendBigInt(value);
  else appender.appendDouble(value);
}

function problemOf(where: string, error: unknown): LensProblem {
  return { where, what: error instanceof Error ? error.message : String(error) };
}
