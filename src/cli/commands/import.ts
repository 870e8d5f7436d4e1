/**
 * @file `ontogeny import`: reads what other tools wrote, and says what it read, skipped and why.
 */
import type { Command } from "commander";
import type { ImportOptions, ImportReport } from "../../study/import/importTree.ts";
import { type CommonOptions, makeCommand } from "../common.ts";
import { UsageError } from "../failure.ts";
import { importProgressText, importText } from "../importText.ts";
import { withInterrupt } from "../interrupt.ts";
import { collect } from "../options.ts";
import { jsonLine, print, printJson } from "../output.ts";
import { StatusLine } from "../statusLine.ts";

interface ImportCommandOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly follow?: boolean;
  readonly map?: Record<string, string[]>;
  readonly format?: string[];
}

const POLL_MS = 500;

export function importCommand(): Command {
  return makeCommand("import", "Import runs that other tools recorded", [
    "ontogeny import lightning_logs/",
    "ontogeny import results.csv --map step=iter --map value=loss,acc --map run=model,seed",
    "ontogeny import runs/ --follow       (goes on as the files grow, until Ctrl-C)",
  ])
    .argument("<path...>", "files or folders; what is in them is found out")
    .option("--dry-run", "read and report, write nothing")
    .option("--follow", "keep importing while the files grow")
    .option(
      "--map <meaning=columns>",
      "for tables without a known form: step, value, run, measure, se, n, time, ignore = column names (repeatable)",
      collectMapping,
    )
    .option("--format <name>", "only files of this format (repeatable)", collect)
    .action(importPaths);
}

async function importPaths(paths: readonly string[], options: ImportCommandOptions): Promise<void> {
  const { home, json, dryRun = false, follow = false, map, format } = options;
  if (follow && dryRun) throw new UsageError("expected --follow or --dry-run, got both");
  const { followTree, importTree } = await import("../../study/import/importTree.ts");
  const line = new StatusLine();
  const show = (report: ImportReport) => {
    line.clear();
    if (json) follow ? print(jsonLine(report)) : printJson(report);
    else print(importText(report));
  };
  try {
    await withInterrupt(
      async (signal) => {
        const request: ImportOptions = {
          paths,
          home,
          mapping: map,
          formats: format,
          dryRun,
          signal,
          progress: (progress) => line.draw(() => importProgressText(progress)),
        };
        if (follow) await followTree({ ...request, everyMs: POLL_MS, onReport: show });
        else show(await importTree(request));
      },
      { say: (text) => line.say(text) },
    );
  } finally {
    line.clear();
  }
}

/** `value=loss,acc` → { value: ["loss", "acc"] }; a comma in a column's name is written `\,`. */
function collectMapping(text: string, before: Record<string, string[]> = {}): Record<string, string[]> {
  const at = text.indexOf("=");
  const columns = text
    .slice(at + 1)
    .split(/(?<!\\),/)
    .map((column) => column.trim().replaceAll("\\,", ","))
    .filter((column) => column !== "");
  const meaning = text.slice(0, at).trim();
  // "run=" says that the file is one run.
  if (at <= 0 || (columns.length === 0 && meaning !== "run"))
    throw new UsageError(`--map: expected meaning=column[,column…], such as step=iter, got "${text}"`);
  if (!MEANINGS.includes(meaning))
    throw new UsageError(`--map: expected one of ${MEANINGS.join(", ")} before "=", got "${meaning}"`);
  return { ...before, [meaning]: [...(Object.hasOwn(before, meaning) ? before[meaning] : []), ...columns] };
}

const MEANINGS = ["step", "value", "run", "measure", "se", "n", "time", "ignore"];
