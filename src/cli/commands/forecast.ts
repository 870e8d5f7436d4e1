/**
 * @file `ontogeny forecast`: how a run will end, from what it has shown so far and from how others ended: a study's cohort,
 * or other recorded runs. `--score` scores the registered ones whose outcome has come.
 */
import type { Command } from "commander";
import type { Distribution } from "../../core/index.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { collect, targetStep, wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { resolveId } from "../resolve.ts";
import { scoringText } from "../scoringText.ts";
import { findStudy, requireResults } from "../studies.ts";
import { renderTable, shortNumber } from "../table.ts";

interface ForecastOptions extends CommonOptions {
  readonly study?: string;
  readonly target?: string;
  readonly measure?: string[];
  readonly onset?: string;
  readonly at?: number;
  readonly to?: "final" | number;
  readonly cohort?: string[];
  readonly leaveOut?: string;
  readonly covariate?: string[];
  readonly despite?: boolean;
  readonly curve?: boolean;
  readonly score?: boolean;
}

export function forecastCommand(): Command {
  return makeCommand("forecast", "Forecast how a run ends, from its beginning and from other runs", [
    "ontogeny forecast r1a2b3 --study shortcut-digits --target conflict.accuracy",
    "ontogeny forecast r1a2b3 --study shortcut-digits --at 200   (as if only the first 200 steps were known)",
    "ontogeny forecast pythia-1.4b/zero-shot --measure 'lambada_openai/*' --at 33000",
    "ontogeny forecast my-run --measure val_loss --to 100000 --cohort 'sweep/*'",
    'ontogeny forecast my-run --onset "test_acc>=0.95" --at 600   (when, from runs that had not got there either)',
    "ontogeny forecast --score   (the registered ones whose outcome has been imported since)",
  ])
    .argument("[run]", "id or name of the run, or the beginning of its id")
    .option("--study <id>", "the study whose cohort the methods are fitted on")
    .option("--target <name>", "with --study: measure, or label of a target of the study (default: its first target)")
    .option("--measure <pattern>", "of a recorded run: * stands for anything (repeatable)", collect)
    .option("--onset <claim>", 'of a recorded run: when, e.g. "test_acc>=0.95"')
    .option("--at <step>", "cutoff (default: as far as the run has got)", wholeNumber(1))
    .option(
      "--to <step>",
      "of a recorded run: the step to forecast, or final (default: where the others end)",
      targetStep,
    )
    .option(
      "--cohort <run>",
      "other runs to learn from, ids, names or patterns (repeatable; default: all alike)",
      collect,
    )
    .option("--leave-out <unit>", "what counts as one unit: run, size, or a key of the configuration")
    .option("--covariate <key>", "numbers of the configuration that methods may use (repeatable)", collect)
    .option("--curve", "with --measure: also how it goes on up to the target, step by step")
    .option("--despite", "go on where the audit finds an error; it is stated")
    .option("--score", "score registered forecasts whose outcome is there by now")
    .action(forecast);
}

async function forecast(text: string | undefined, options: ForecastOptions): Promise<void> {
  if (options.score) return score(options);
  if (text === undefined) throw new UsageError("expected a run, or --score; see `ontogeny forecast --help`");
  if (options.study !== undefined) return forecastInStudy(text, { ...options, study: options.study });
  if (options.onset !== undefined) return forecastWhen(text, { ...options, onset: options.onset });
  if (options.measure === undefined)
    throw new UsageError(
      "expected --measure or --onset for a recorded run, or --study; see `ontogeny forecast --help`",
    );
  await openWorkspace(options);
  const { forecastRecorded } = await import("../../study/commands/forecastRecorded.ts");
  const { home, measure, at, to = "final", cohort, leaveOut, covariate, despite, curve } = options;
  const answer = await forecastRecorded({
    home,
    run: text,
    measures: measure,
    cutoff: at,
    target: to,
    cohort,
    leaveOut,
    covariates: covariate,
    despite,
    curve,
  });
  if (options.json) printJson(answer);
  else print((await import("../recordedForecastText.ts")).recordedForecastText(answer));
}

async function forecastWhen(text: string, options: ForecastOptions & { readonly onset: string }): Promise<void> {
  if (options.measure !== undefined || options.leaveOut !== undefined || options.curve)
    throw new UsageError(
      "--onset names its measure and leaves out runs; leave --measure, --leave-out and --curve away",
    );
  await openWorkspace(options);
  const { forecastOnset } = await import("../../study/commands/forecastOnset.ts");
  const { home, onset, at, to = "final", cohort, covariate, despite } = options;
  const answer = await forecastOnset({
    home,
    run: text,
    onset,
    cutoff: at,
    target: to,
    cohort,
    covariates: covariate,
    despite,
  });
  if (options.json) printJson(answer);
  else print((await import("../onsetForecastText.ts")).onsetForecastText(answer));
}

async function score(options: ForecastOptions): Promise<void> {
  await openWorkspace(options);
  const { scoreForecasts } = await import("../../study/commands/scoreForecasts.ts");
  const answer = await scoreForecasts({ home: options.home });
  if (options.json) printJson(answer);
  else print(scoringText(answer));
}

async function forecastInStudy(text: string, options: ForecastOptions & { readonly study: string }): Promise<void> {
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
