/**
 * @file `ontogeny forecast`: how a run will end, from what it has shown so far and from how a study's cohort ended.
 */
import type { Command } from "commander";
import type { Distribution } from "../../core/index.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { resolveId } from "../resolve.ts";
import { findStudy, requireResults } from "../studies.ts";
import { renderTable, shortNumber } from "../table.ts";

interface ForecastOptions extends CommonOptions {
  readonly study: string;
  readonly target?: string;
  readonly at?: number;
}

export function forecastCommand(): Command {
  return makeCommand("forecast", "Forecast how a run ends, from a study's cohort", [
    "ontogeny forecast r1a2b3 --study shortcut-digits --target conflict.accuracy",
    "ontogeny forecast r1a2b3 --study shortcut-digits --at 200   (as if only the first 200 steps were known)",
  ])
    .argument("<run>", "id of the run, or its beginning")
    .requiredOption("--study <id>", "the study whose cohort the methods are fitted on")
    .option("--target <name>", "measure, or label of a target of the study (default: the study's first target)")
    .option("--at <step>", "cutoff (default: as far as the run has got)", wholeNumber(1))
    .action(forecast);
}

async function forecast(text: string, options: ForecastOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const run = resolveId(text, workspace.runIds(), "run");
  const results = requireResults(findStudy(workspace, options.study));
  const { forecastRun } = await import("../../study/commands/forecastRun.ts");
  const { home, target, at } = options;
  const answer = await forecastRun({ home, run, results, target, cutoff: at });
  if (options.json) {
    printJson(answer);
    return;
  }
  const how = answer.registered
    ? `registered in the ledger (segment cli, entry ${answer.forecasts[0]?.seq}): the outcome did not exist`
    : `retrospective: ${answer.why}`;
  print(`${answer.target} of ${run} at step ${answer.targetStep}, forecast from step ${answer.cutoff}; ${how}\n`);
  if (answer.differs.length > 0) print(`note: unlike the cohort, this run has ${answer.differs.join(", ")}\n`);
  print(
    renderTable(answer.forecasts, [
      { title: "METHOD", text: ({ method }) => method },
      { title: "ROLE", text: ({ role }) => role },
      { title: "5%", text: ({ distribution }) => shortNumber(quantileOf(distribution, 0.05)), align: "right" },
      { title: "MEDIAN", text: ({ distribution }) => shortNumber(quantileOf(distribution, 0.5)), align: "right" },
      { title: "95%", text: ({ distribution }) => shortNumber(quantileOf(distribution, 0.95)), align: "right" },
    ]),
  );
  if (answer.outcome !== undefined)
    print(answer.outcome === null ? "\nIt had not happened by then." : `\nIt ended at ${shortNumber(answer.outcome)}.`);
}

/** The quantile at the nearest stated probability. */
function quantileOf({ probabilities, quantiles }: Distribution, probability: number): number {
  const distances = probabilities.map((stated) => Math.abs(stated - probability));
  return quantiles[distances.indexOf(Math.min(...distances))];
}
