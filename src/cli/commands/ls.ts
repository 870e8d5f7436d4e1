/**
 * @file `ontogeny ls`: the studies and runs of a workspace. A run whose manifest cannot be read is listed as damaged.
 */
import type { Command } from "commander";
import { type Manifest, OntogenyError } from "../../core/index.ts";
import type { Workspace } from "../../store/index.ts";
import { listRuns } from "../../study/recorded/listRuns.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { print, printJson } from "../output.ts";
import { listStudies } from "../studies.ts";
import { oneLine, renderTable, shortNumber } from "../table.ts";

const SHOWN_RUNS = 40;

interface LsOptions extends CommonOptions {
  readonly all?: boolean;
  readonly status?: string;
}

interface RunRow {
  readonly id: string;
  readonly organism: string;
  readonly seeds: string;
  readonly step: number;
  readonly status: string;
  readonly attempts: number;
  readonly parent: string;
  /** Why it failed. */
  readonly failure?: string;
  readonly updatedAtMs: number;
}

export function lsCommand(): Command {
  return makeCommand("ls", "List the studies and runs of a workspace", ["ontogeny ls grokking --status complete"])
    .argument("[text]", "show only what has this text in its id, organism, seeds or parent")
    .option("--status <status>", "only runs that are created, running, paused, complete, failed or damaged")
    .option("--all", `every run, not only the ${SHOWN_RUNS} latest`)
    .action(ls);
}

async function ls(text: string | undefined, options: LsOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const wanted = (fields: readonly string[]) => text === undefined || fields.some((field) => field.includes(text));
  const studies = listStudies(workspace)
    .map(({ id, folder, results }) => ({
      id,
      title: results?.study.title ?? "",
      status: results === undefined ? "unfinished" : "complete",
      quick: results?.study.quick ?? false,
      runs: results?.cost.runs ?? null,
      folder,
    }))
    .filter(({ id, title }) => wanted([id, title]));
  const imported = importedRows(workspace)
    .filter((row) => wanted([row.id, row.name, row.format]))
    .filter((row) => options.status === undefined || row.status === options.status);
  const runs = workspace
    .runIds()
    .map((id) => runRow(workspace, id))
    .filter((row) => wanted([row.id, row.organism, row.seeds, row.parent]))
    .filter((row) => options.status === undefined || row.status === options.status)
    .sort((a, b) => b.updatedAtMs - a.updatedAtMs);
  if (options.json) {
    printJson({ studies, runs, imported });
    return;
  }
  if (studies.length + runs.length + imported.length === 0) {
    print(
      text === undefined
        ? "Nothing here yet: `ontogeny run` runs a study, `ontogeny import` brings runs in."
        : `Nothing matches "${text}".`,
    );
    return;
  }
  const parts: string[] = [];
  if (studies.length > 0)
    parts.push(
      renderTable(studies, [
        { title: "STUDY", text: ({ id }) => id },
        { title: "STATUS", text: ({ status, quick }) => (quick ? `${status} (quick)` : status) },
        { title: "RUNS", text: (row) => shortNumber(row.runs), align: "right" },
        { title: "TITLE", text: ({ title }) => title },
      ]),
    );
  const shown = options.all ? runs : runs.slice(0, SHOWN_RUNS);
  if (shown.length > 0)
    parts.push(
      renderTable(shown, [
        { title: "RUN", text: ({ id }) => id.slice(0, 13) },
        { title: "ORGANISM", text: ({ organism }) => organism },
        { title: "SEEDS", text: ({ seeds }) => seeds },
        { title: "STEP", text: ({ step }) => String(step), align: "right" },
        { title: "STATUS", text: ({ status }) => status },
        { title: "TRIES", text: ({ attempts }) => String(attempts), align: "right" },
        { title: "BRANCH OF", text: ({ parent }) => parent },
      ]),
    );
  const failed = shown.filter(({ failure }) => failure !== undefined);
  if (failed.length > 0)
    parts.push(failed.map(({ id, failure }) => `${id.slice(0, 13)} failed: ${failure}`).join("\n"));
  if (shown.length < runs.length) parts.push(`… and ${runs.length - shown.length} older runs (--all shows them)`);
  const shownImported = options.all ? imported : imported.slice(0, SHOWN_RUNS);
  if (shownImported.length > 0)
    parts.push(
      renderTable(shownImported, [
        { title: "IMPORTED", text: ({ id }) => id.slice(0, 13) },
        { title: "NAME", text: ({ name }) => oneLine(name) },
        { title: "FORMAT", text: ({ format }) => format },
        { title: "MEASURES", text: ({ measures }) => String(measures), align: "right" },
        { title: "POINTS", text: ({ points }) => points.toLocaleString("en"), align: "right" },
        { title: "STATUS", text: ({ status }) => status },
      ]),
    );
  if (shownImported.length < imported.length)
    parts.push(`… and ${imported.length - shownImported.length} more imported runs (--all shows them)`);
  print(parts.join("\n\n"));
}

interface ImportedRow {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly measures: number;
  readonly points: number;
  readonly status: string;
}

/** By name. An import that cannot be read is listed as damaged. */
function importedRows(workspace: Workspace): ImportedRow[] {
  const { records, unreadable } = workspace.imports.records();
  const rows = listRuns(workspace, records)
    .filter(({ imported }) => imported.length > 0)
    .map(({ id, name, format, imported }) => {
      const measures = imported.flatMap(({ run }) => run.measures);
      return {
        id,
        name,
        format,
        measures: new Set(measures.map((measure) => measure.name)).size,
        points: measures.reduce((sum, measure) => sum + measure.points, 0),
        status: imported[imported.length - 1].run.status,
      };
    });
  const damaged = unreadable.map(({ file }) => ({
    id: "?",
    name: file,
    format: "?",
    measures: 0,
    points: 0,
    status: "damaged",
  }));
  return [...rows, ...damaged];
}

function runRow(workspace: Workspace, id: string): RunRow {
  try {
    return rowOf(workspace.run(id).manifest());
  } catch (error) {
    if (!(error instanceof OntogenyError)) throw error;
    return { id, organism: "?", seeds: "?", step: 0, status: "damaged", attempts: 0, parent: "", updatedAtMs: 0 };
  }
}

function rowOf({ id, meaning, step, status, attempts, updatedAtMs, failure }: Manifest): RunRow {
  const { process, seeds, lineage } = meaning;
  const values = Object.entries(seeds);
  const same = new Set(values.map(([, seed]) => seed)).size === 1;
  return {
    id,
    organism: process.organism,
    seeds: same ? String(values[0][1]) : values.map(([name, seed]) => `${name} ${seed}`).join(", "),
    step,
    status,
    attempts,
    parent: lineage === undefined ? "" : `${lineage.parent.slice(0, 13)} @ ${lineage.forkStep}`,
    failure,
    updatedAtMs,
  };
}
