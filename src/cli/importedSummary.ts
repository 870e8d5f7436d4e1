/**
 * @file All that is known of one imported run: where it came from, its settings, its measures with their last values, how
 * they were evaluated, and what was skipped in its files.
 */
import type { EvaluationContext, MeasureSpec, RecordedRun } from "../core/index.ts";
import type { Skip, Workspace } from "../store/index.ts";
import type { ListedRun } from "../study/recorded/listRuns.ts";
import { loadRuns } from "../study/recorded/loadRuns.ts";
import { oneLine, renderPairs, renderTable, shortNumber } from "./table.ts";

const SHOWN = 40;

export interface ImportedSummary {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly status: string;
  readonly foreignId?: string;
  readonly sources: readonly { readonly where: string; readonly files: number; readonly readAtMs: number }[];
  readonly configuration: RecordedRun["configuration"];
  readonly tags: Readonly<Record<string, string>>;
  readonly contexts: readonly EvaluationContext[];
  readonly measures: readonly MeasureSummary[];
  readonly skipped: readonly Skip[];
}

export interface MeasureSummary {
  readonly measure: string;
  /** Steps with a value. */
  readonly steps: number;
  /** Points in the files beyond one a step: repeated steps, and what restarts withdrew. */
  readonly leftOut: number;
  readonly lastStep: number | null;
  readonly lastValue: number | null;
  readonly se: number | null;
  readonly n: number | null;
  readonly spec: Partial<MeasureSpec>;
}

export async function importedSummary(workspace: Workspace, listed: ListedRun): Promise<ImportedSummary> {
  const [run] = await loadRuns(workspace, [listed]);
  const latest = listed.imported[listed.imported.length - 1].run;
  return {
    id: run.id,
    name: run.name,
    format: run.format,
    status: latest.status,
    foreignId: latest.foreignId,
    sources: listed.imported.map(({ record }) => ({
      where: record.where,
      files: record.sources.length,
      readAtMs: record.lastAtMs,
    })),
    configuration: run.configuration,
    tags: Object.assign({}, ...listed.imported.map(({ run: { tags } }) => tags)),
    contexts: run.contexts,
    measures: [...run.series.values()].map(({ measure, steps, values, ses, ns }) => {
      const last = steps.length - 1;
      const stated = (column: readonly number[] | undefined) => {
        const value = column?.[last];
        return value === undefined || Number.isNaN(value) ? null : value;
      };
      return {
        measure,
        steps: steps.length,
        leftOut: (run.raw.get(measure)?.steps.length ?? steps.length) - steps.length,
        lastStep: steps[last] ?? null,
        lastValue: values[last] ?? null,
        se: stated(ses),
        n: stated(ns),
        spec: run.specs.get(measure) ?? {},
      };
    }),
    skipped: listed.imported.flatMap(({ record }) => record.skipped),
  };
}

export function importedText(summary: ImportedSummary): string {
  const { configuration, contexts, measures, skipped, tags } = summary;
  const leftOut = measures.reduce((sum, one) => sum + one.leftOut, 0);
  const parts = [
    renderPairs([
      ["run", summary.id],
      ["name", oneLine(summary.name)],
      ["format", summary.format],
      ["status", summary.status],
      ...summary.sources.map(({ where, files, readAtMs }): [string, string] => [
        "from",
        `${oneLine(where)} (${files} ${files === 1 ? "file" : "files"}, read ${new Date(readAtMs).toISOString()})`,
      ]),
      ...limited(Object.entries(configuration)).map(([name, value]): [string, string] => [
        name,
        typeof value === "object" ? JSON.stringify(value) : oneLine(String(value)),
      ]),
      ...limited(Object.entries(tags)).map(([name, value]): [string, string] => [`tag ${name}`, oneLine(value)]),
      ["evaluations", contexts.length === 0 ? "not stated" : `${contexts.length} kinds (--json names them)`],
      [
        "left out",
        leftOut === 0 ? "nothing" : `${leftOut} points of repeated steps or before restarts (kept in the store)`,
      ],
    ]),
    renderTable(measures.slice(0, SHOWN), [
      { title: "MEASURE", text: ({ measure }) => oneLine(measure) },
      { title: "FAMILY", text: ({ spec }) => spec.family ?? "" },
      { title: "STEPS", text: ({ steps }) => String(steps), align: "right" },
      { title: "LAST STEP", text: ({ lastStep }) => shortNumber(lastStep), align: "right" },
      { title: "VALUE", text: ({ lastValue }) => shortNumber(lastValue), align: "right" },
      { title: "SE", text: ({ se }) => shortNumber(se), align: "right" },
      { title: "N", text: ({ n }) => shortNumber(n), align: "right" },
    ]),
  ];
  if (measures.length > SHOWN) parts.push(`… and ${measures.length - SHOWN} more measures (--json names them all)`);
  if (skipped.length > 0)
    parts.push(
      `Not read from its files:\n${skipped.map(({ code, count, example }) => `  ${code} × ${count}, e.g. ${oneLine(example)}`).join("\n")}`,
    );
  return parts.join("\n\n");
}

function limited<T>(entries: readonly T[]): readonly T[] {
  return entries.slice(0, SHOWN);
}
