/**
 * @file `ontogeny report`: draws a study's report again from its results, and prints where it is.
 */
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { print, printJson } from "../output.ts";
import { findStudy, requireResults } from "../studies.ts";

interface ReportOptions extends CommonOptions {
  readonly out?: string;
}

export function reportCommand(): Command {
  return makeCommand("report", "Draw a study's report again and print its path", [
    "ontogeny report shortcut-digits --out /tmp/report.html",
  ])
    .argument("<study>", "id of the study, its beginning, or its name")
    .option("--out <file>", "write it here instead of into the workspace")
    .action(report);
}

async function report(text: string, options: ReportOptions): Promise<void> {
  const study = findStudy(await openWorkspace(options), text);
  const results = requireResults(study);
  const { renderReport } = await import("../../study/report/index.ts");
  const { writeFileAtomic } = await import("../../store/index.ts");
  const path = resolve(options.out ?? join(study.folder, "report.html"));
  writeFileAtomic(path, renderReport(results));
  if (options.json) printJson({ study: study.id, report: path });
  else print(path);
}
