/**
 * @file Rows of a parquet file, through DuckDB: every codec and encoding that writers use, and lengths checked before memory is
 * asked for (a reader in JavaScript was led into endless loops and gigabytes by single flipped bits).
 *
 * The database is in memory, may use 512 MB, writes nothing, installs nothing, and is asked for this one file. Numbers come as
 * doubles (64-bit integers beyond 2^53 rounded), times as epoch milliseconds; lists, structures and bytes are named and left
 * out. What DuckDB refuses is reported as PARQUET_INVALID. DuckDB is loaded with the first file.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { SourceFile } from "../bridge.ts";
import type { Cell, ReportSkip, RowBatch, RowSource } from "./rowSource.ts";

/** One for all files of the process: opening costs more than reading a small file. */
let database: Promise<DuckDBInstance> | undefined;

async function openDatabase(): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  return DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "512MB",
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
}

export class ParquetTable implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;

  constructor(file: SourceFile, report: ReportSkip) {
    this.file = file;
    this.report = report;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    database ??= openDatabase();
    const connection = await (await database).connect();
    try {
      yield* this.rows(connection);
    } finally {
      connection.closeSync();
    }
  }

  resume(): undefined {
    return undefined;
  }

  private async *rows(connection: DuckDBConnection): AsyncGenerator<RowBatch> {
    const { file } = this;
    const from = `FROM read_parquet('${literalGlob(file.path).replaceAll("'", "''")}')`;
    try {
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * ${from}`);
      const columns = described
        .getRowsJS()
        .map(([name, type]) => ({ name: String(name), sql: sqlOf(String(name), String(type)) }));
      const read = columns.filter(({ sql }) => sql !== undefined);
      for (const { name, sql } of columns)
        if (sql === undefined) this.report("LIST_LEFT_OUT", `${file.relative}: ${name}`);
      if (read.length === 0) return;
      const header = read.map(({ name }) => name);
      const result = await connection.stream(`SELECT ${read.map(({ sql }) => sql).join(", ")} ${from}`);
      let bytesRead = file.bytes;
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        const rows = (chunk.getRows() as Cell[][]).map((row) => row.map((cell) => cell ?? null));
        yield { header, rows, isRestart: false, bytesRead };
        bytesRead = 0;
      }
    } catch (error) {
      const what = error instanceof Error ? error.message.split("\n")[0] : String(error);
      this.report("PARQUET_INVALID", `${file.relative}: ${what.slice(0, 200)}; restore it from a copy`);
    }
  }
}

/** The expression that reads a column; undefined: it holds no scalars. */
function sqlOf(name: string, type: string): string | undefined {
  const column = `"${name.replaceAll('"', '""')}"`;
  if (/^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$|^(?:FLOAT|DOUBLE|DECIMAL)/.test(type)) return `${column}::DOUBLE`;
  if (/^(?:VARCHAR|UUID|ENUM)/.test(type) && !type.endsWith("]")) return `${column}::VARCHAR`;
  if (type === "BOOLEAN") return column;
  if (/^(?:DATE|TIMESTAMP)/.test(type) && !type.endsWith("]")) return `epoch_ms(${column}::TIMESTAMP)::DOUBLE`;
  return undefined;
}

/** DuckDB takes paths for patterns; a class of one character is that character. */
function literalGlob(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}
