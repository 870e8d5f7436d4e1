/**
 * @file `ontogeny sql`: one query over the files of the workspace, through the locked-down lens.
 */
import type { Command } from "commander";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { jsonLine, print } from "../output.ts";
import { renderTable } from "../table.ts";

interface SqlOptions extends CommonOptions {
  readonly csv?: boolean;
}

export function sqlCommand(): Command {
  return makeCommand("sql", "Query runs, points, checkpoints, events and the ledger with SQL", [
    'ontogeny sql "SELECT measure, count(*) FROM points GROUP BY 1" --csv',
  ])
    .argument("[query]", "one SELECT or EXPLAIN statement (DuckDB); without it, the tables are listed")
    .option("--csv", "comma-separated values; --json gives one object a line")
    .action(sql);
}

async function sql(query: string | undefined, options: SqlOptions): Promise<void> {
  if (options.csv && options.json) throw new UsageError("expected --csv or --json, got both");
  const workspace = await openWorkspace(options);
  const { LENS_SCHEMA, openLens } = await import("../../store/index.ts");
  if (query === undefined) {
    print(LENS_SCHEMA.trim());
    return;
  }
  const lens = await openLens(workspace);
  for (const problem of lens.problems) process.stderr.write(`note: left out: ${jsonLine(problem)}\n`);
  try {
    const { columns, rows } = await lens.query(query);
    if (options.json) {
      for (const row of rows) print(jsonLine(Object.fromEntries(columns.map((name, i) => [name, row[i]]))));
      return;
    }
    const cells = rows.map((row) => row.map(cellText));
    if (options.csv) print([columns, ...cells].map((line) => line.map(csvCell).join(",")).join("\n"));
    else
      print(
        renderTable(
          cells,
          columns.map((title, i) => ({ title, text: (line: readonly string[]) => line[i] })),
        ),
      );
  } finally {
    await lens.close();
  }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return jsonLine(value);
  return String(value);
}

function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
