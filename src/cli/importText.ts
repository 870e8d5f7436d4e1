/**
 * @file The report of an import as text: what was read, what was skipped and why, with counts and an example each.
 */
import type { ImportProgress, ImportReport } from "../study/import/importTree.ts";
import type { UnitReport } from "../study/import/importUnit.ts";
import { oneLine, renderTable, shortNumber } from "./table.ts";

const SHOWN_RUNS = 30;
const SHOWN_ENDINGS = 8;

interface Row {
  readonly unit: UnitReport;
  readonly run: UnitReport["runs"][number];
}

export function importText(report: ImportReport): string {
  const { units, dryRun } = report;
  const rows = units
    .filter(({ action }) => action !== "unchanged")
    .flatMap((unit) => unit.runs.map((run): Row => ({ unit, run })));
  const parts = [headline(report)];
  if (rows.length > 0) parts.push(runTable(rows));
  if (rows.length > SHOWN_RUNS) parts.push(`… and ${rows.length - SHOWN_RUNS} more runs (--json names them all)`);
  const skips = skipLines(report);
  if (skips.length > 0) parts.push(`Not read:\n${skips.map((line) => `  ${line}`).join("\n")}`);
  if (dryRun) parts.push("Dry run: nothing was written.");
  else if (rows.length > 0)
    parts.push("Next: `ontogeny audit` says what is wrong with them, `ontogeny ls` lists them.");
  return parts.join("\n\n");
}

/** On one line, while it runs. */
export function importProgressText({ unit, done, total, bytesRead, bytesTotal, points }: ImportProgress): string {
  const share = bytesTotal > 0 ? Math.floor((100 * bytesRead) / bytesTotal) : 0;
  return `${String(share).padStart(3)}% · ${done + 1}/${total} · ${points.toLocaleString("en")} points · ${oneLine(unit)}`;
}

function headline({ units, files }: ImportReport): string {
  if (units.length === 0) return `Nothing to import in ${files.toLocaleString("en")} files.`;
  if (units.every(({ action }) => action === "unchanged"))
    return `Nothing new: ${units.length} sources are as they were at the last import.`;
  const runs = units.flatMap((unit) => unit.runs);
  const added = runs.reduce((sum, run) => sum + run.added, 0);
  const unchanged = units.filter(({ action }) => action === "unchanged").length;
  const failed = units.filter(({ action }) => action === "failed").length;
  const parts = [
    `${added.toLocaleString("en")} points in ${runs.filter(({ added: one }) => one > 0).length} runs from ${units.length - unchanged - failed} sources`,
  ];
  if (unchanged > 0) parts.push(`${unchanged} sources unchanged since the last import`);
  if (failed > 0) parts.push(`${failed} failed`);
  return `${parts.join("; ")} (${files.toLocaleString("en")} files looked at).`;
}

function runTable(rows: readonly Row[]): string {
  return renderTable(rows.slice(0, SHOWN_RUNS), [
    { title: "RUN", text: ({ run }) => run.id.slice(0, 13) },
    { title: "NAME", text: ({ run }) => oneLine(run.name) },
    { title: "FORMAT", text: ({ unit }) => unit.format },
    { title: "MEASURES", text: ({ run }) => String(run.measures), align: "right" },
    { title: "POINTS", text: ({ run }) => run.points.toLocaleString("en"), align: "right" },
    {
      title: "STEPS",
      text: ({ run: { steps } }) => (steps === null ? "—" : `${shortNumber(steps[0])} to ${shortNumber(steps[1])}`),
      align: "right",
    },
    { title: "", text: ({ unit: { action } }) => (action === "read" ? "" : action) },
  ]);
}

function skipLines({ units, unknown, leftOut }: ImportReport): string[] {
  const counts = new Map<string, { count: number; example: string }>();
  const add = (code: string, count: number, example: string) => {
    const seen = counts.get(code);
    if (seen === undefined) counts.set(code, { count, example });
    else seen.count += count;
  };
  for (const { skipped, where, error, action } of units) {
    if (action === "unchanged") continue;
    for (const { code, count, example } of skipped) add(code, count, example);
    if (error !== undefined) add(error.code, 1, `${where}: ${error.message}`);
  }
  for (const { relative, code, why } of leftOut) add(code, 1, `${relative}: ${why}`);
  const lines = [...counts].map(([code, { count, example }]) => line(code, count, example));
  const others = unknown.reduce((sum, { count }) => sum + count, 0);
  if (others > 0) {
    const endings = unknown.slice(0, SHOWN_ENDINGS).map(({ ending, count }) => `${oneLine(ending)} × ${count}`);
    const more = unknown.length > SHOWN_ENDINGS ? ", …" : "";
    lines.push(`${line("UNKNOWN_FORMAT", others, unknown[0].example)} (${endings.join(", ")}${more})`);
  }
  return lines;
}

function line(code: string, count: number, example: string): string {
  return `${code} × ${count.toLocaleString("en")}, e.g. ${oneLine(example)}`;
}
