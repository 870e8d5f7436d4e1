/**
 * @file `ontogeny run`: plans, runs and reports a study; what is already on disk is not done again.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { formatEstimate } from "../../core/index.ts";
import type { EnsembleMode } from "../../study/ensemble/ensemblePlans.ts";
import type { StudyResults } from "../../study/results.ts";
import { type CommonOptions, makeCommand } from "../common.ts";
import { withInterrupt } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { duration, ProgressDisplay } from "../progress.ts";

const FLAGSHIP = "studies/shortcut-digits.yaml";

interface RunOptions extends CommonOptions {
  readonly quick?: boolean;
  readonly workers?: number;
  readonly ensembles: EnsembleMode;
}

export function runCommand(): Command {
  return makeCommand("run", "Run a study: observe, predict, intervene, design, and write its report", [
    "ontogeny run studies/grokking.yaml --quick",
  ])
    .argument("[file]", "study file", FLAGSHIP)
    .option("--quick", "the smaller sizes that the study file names; the report says so")
    .option("--workers <n>", "runs trained at the same time (default: one per core)", wholeNumber(1))
    .addOption(
      new Option("--ensembles <which>", "train runs of one shape as one program where that is measured to be faster")
        .choices(["exact", "close", "off"])
        .default("exact", "exact: only where the bits stay the same"),
    )
    .action(run);
}

async function run(file: string, { home, quick, workers, ensembles, json }: RunOptions): Promise<void> {
  const startedMs = Date.now();
  const { runStudy } = await import("../../study/runStudy.ts");
  const display = new ProgressDisplay();
  try {
    const { results, reportPath, cached } = await withInterrupt(
      (signal) =>
        runStudy({ file: studyPath(file), home, quick, workers, ensembles, signal, progress: display.update }),
      { say: (line) => display.line(line) },
    );
    display.clear();
    if (json) printJson({ study: results.study.id, reportPath, cached, findings: results.findings, results });
    else print(closing({ results, reportPath, cached, secs: (Date.now() - startedMs) / 1000 }));
  } finally {
    display.clear();
  }
}

/** As given; when there is no such file here, the one of that name that comes with Ontogeny. */
function studyPath(file: string): string {
  if (existsSync(file)) return file;
  const own = fileURLToPath(new URL(`../../../${file}`, import.meta.url));
  return file.startsWith("studies/") && existsSync(own) ? own : file;
}

interface Closing {
  readonly results: StudyResults;
  readonly reportPath: string;
  readonly cached: boolean;
  readonly secs: number;
}

function closing({ results, reportPath, cached, secs }: Closing): string {
  const { study, cost, ledger } = results;
  return [
    `${study.title}${study.quick ? " (quick: fewer seeds)" : ""}`,
    "",
    ...results.findings.map(({ rung, text }) => `${`${rung[0].toUpperCase()}${rung.slice(1)}`.padEnd(9)}  ${text}`),
    "",
    cached
      ? `Everything was there already (${secs.toFixed(1)} s).`
      : `${cost.runs} runs, ${cost.stepsTrained.toLocaleString("en")} steps at ${formatEstimate(cost.msPerStep)} ms, in ${duration(secs)}.`,
    `Ledger: ${ledger.entries} entries, head ${ledger.head.slice(0, 16)}…`,
    `Report: ${reportPath}`,
  ].join("\n");
}
