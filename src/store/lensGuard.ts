/**
 * @file Which SQL the lens runs: one SELECT (or EXPLAIN of one) that calls only table functions known to be harmless.
 *
 * The statement's kind is not enough: `SELECT * FROM enable_logging(…)` changes the database, `arrow_scan(…)` reads
 * memory by address, and `query('…')` hides either in a text. So DuckDB's own syntax tree is searched, not the text.
 * Errors: SQL_REFUSED, SQL_FAILED when it does not parse.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { OntogenyError } from "../core/index.ts";

const TABLE_FUNCTIONS = new Set([
  "duckdb_columns",
  "duckdb_functions",
  "duckdb_keywords",
  "duckdb_tables",
  "duckdb_types",
  "generate_series",
  "json_each",
  "json_tree",
  "pragma_table_info",
  "range",
  "repeat",
  "unnest",
]);

const EXPLAIN = /^\s*explain(\s+analyze\b|\s*\([^)]*\))?\s*/i;

export async function assertHarmless(connection: DuckDBConnection, sql: string): Promise<void> {
  const statements = await syntaxTreeOf(connection, sql.replace(EXPLAIN, ""));
  if (statements.length !== 1) throw refused(`one statement, got ${statements.length}`);
  const name = maybeForeignFunction(statements[0]);
  if (name !== undefined) throw refused(`no table function but ${[...TABLE_FUNCTIONS].join(", ")}, got ${name}`);
}

async function syntaxTreeOf(connection: DuckDBConnection, select: string): Promise<unknown[]> {
  const reader = await connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [select]);
  const tree = JSON.parse(String(reader.getRowsJS()[0][0]));
  if (tree.error === false) return tree.statements;
  if (tree.error_type === "parser") throw new OntogenyError("SQL_FAILED", `SQL: ${tree.error_message}`);
  throw refused(`one SELECT or EXPLAIN, got ${JSON.stringify(select.trim().split(/\s/)[0])}`);
}

/** Name of the first table function in the tree that is not on the list. */
function maybeForeignFunction(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const { type, function: called } = node as { type?: unknown; function?: { function_name?: unknown } };
  if (type === "TABLE_FUNCTION") {
    const name = String(called?.function_name).toLowerCase();
    if (!TABLE_FUNCTIONS.has(name)) return name;
  }
  for (const child of Object.values(node)) {
    const found = maybeForeignFunction(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function refused(expectedGot: string): OntogenyError {
  return new OntogenyError(
    "SQL_REFUSED",
    `SQL: expected ${expectedGot}; the lens only reads, and only the tables runs, points, events, ledger`,
  );
}
