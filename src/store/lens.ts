/**
 * @file The lens: SQL over a workspace, that can read nothing else and change nothing at all.
 *
 * DuckDB in memory. The tables are filled from the files when it is opened (a view would need the file system later,
 * and DuckDB's allowed folders may be written to); then external access is turned off, the configuration is locked,
 * spilling to disk is off, and only statements that lensGuard.ts lets through run, each in a read-only transaction.
 * So a lens shows the moment it was opened: open another for a later one. Errors: SQL_REFUSED (see lensGuard.ts),
 * SQL_FAILED (what DuckDB says). DuckDB is loaded at the first `openLens`.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { OntogenyError } from "../core/index.ts";
import { assertHarmless } from "./lensGuard.ts";
import { fillLens, type LensProblem } from "./lensTables.ts";
import type { Workspace } from "./workspace.ts";

/**
 * As in JSON, but NaN and ±∞ are numbers. Integers beyond 2^53 come as text, times as ISO text,
 * bytes as hex.
 */
export type LensCell = null | boolean | number | string | LensCell[] | { [key: string]: LensCell };

export interface LensResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly LensCell[])[];
}

const MEMORY_LIMIT = "2GB";

export async function openLens(workspace: Workspace): Promise<Lens> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    memory_limit: MEMORY_LIMIT,
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  const problems = await fillLens(connection, workspace);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
  return new Lens(instance, connection, problems);
}

export class Lens {
  /** What could not be read, and is therefore not in the tables. */
  readonly problems: readonly LensProblem[];
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;
  /** Queries run one after the other: they share a connection, and each has its own transaction. */
  private last: Promise<unknown> = Promise.resolve();

  /** Use `openLens`. */
  constructor(instance: DuckDBInstance, connection: DuckDBConnection, problems: readonly LensProblem[]) {
    this.instance = instance;
    this.connection = connection;
    this.problems = problems;
  }

  query(sql: string): Promise<LensResult> {
    const result = this.last.then(() => this.run(sql));
    this.last = result.catch(() => undefined);
    return result;
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  private async run(sql: string): Promise<LensResult> {
    await this.connection.run("BEGIN TRANSACTION READ ONLY");
    try {
      await assertHarmless(this.connection, sql);
      const reader = await this.connection.runAndReadAll(sql);
      return { columns: reader.deduplicatedColumnNames(), rows: reader.getRowsJS().map((row) => row.map(cellFrom)) };
    } catch (cause) {
      if (cause instanceof OntogenyError) throw cause;
      throw new OntogenyError("SQL_FAILED", cause instanceof Error ? cause.message : String(cause), { cause });
    } finally {
      await this.connection.run("ROLLBACK");
    }
  }
}

function cellFrom(value: unknown): LensCell {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    default:
      return cellFromObject(value as object);
  }
}

function cellFromObject(value: object): LensCell {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(cellFrom);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cellFrom(item)]));
}
