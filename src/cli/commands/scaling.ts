/**
 * @file `ontogeny scaling`: a scaling law over models of several sizes, and how it does on sizes it has not seen.
 */
import type { Command } from "commander";
import type { ScalingQuestion, ScalingRequest } from "../../study/commands/scalingOf.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { scalingText } from "../scalingText.ts";

interface ScalingOptions extends CommonOptions {
  readonly measure: string;
  readonly size: string;
  readonly data: string;
  readonly compute?: string;
  readonly points: "final" | "all";
  readonly table?: string;
  readonly run?: string;
  readonly where?: { column: string; text: string }[];
  readonly predict?: { size: number; data: number }[];
  readonly ratio: number;
  readonly draws: number;
  readonly seed: number;
  readonly dropHighest: number;
  readonly grid?: boolean;
  readonly despite?: boolean;
}

export function scalingCommand(): Command {
  return makeCommand("scaling", "Fit a scaling law over models of several sizes, and test it on the larger ones", [
    "ontogeny scaling 'losses/rpj*' --measure 'c4_val*/loss' --size params",
    "ontogeny scaling 'losses/rpj*' --measure 'c4_val*/loss' --predict 7e9,1.4e11",
    "ontogeny scaling --table points.csv --measure loss --size params --compute flop",
  ])
    .argument("[run...]", "ids, names or patterns (default: all runs)")
    .requiredOption("--measure <name>", "the loss; with --table its column")
    .option(
      "--size <key>",
      "where the number of parameters stands: from-name, or a key of the configuration",
      "from-name",
    )
    .option("--data <key>", "the amount of data: step, another measure, or a key of the configuration", "step")
    .option("--points <which>", "final: each run's last value; all: every checkpoint", pointsOf, "final" as const)
    .option("--table <file>", "a CSV file with one model a row, instead of runs")
    .option("--compute <column>", "with --table: training compute; data is then compute / (6 · size)")
    .option("--run <column>", "with --table: rows that agree in it belong to one run")
    .option("--where <column=text>", "with --table: only these rows (repeatable)", whereOf)
    .option("--predict <size,data>", "the loss of a model not yet trained (repeatable)", predictOf)
    .option("--ratio <factor>", "scale transfer: judge sizes at least this many times the largest fitted", factorOf, 4)
    .option("--draws <n>", "resamples for intervals", wholeNumber(100), 1000)
    .option("--seed <n>", "of the resamples", wholeNumber(0), 1)
    .option("--drop-highest <n>", "leave out the n highest losses", wholeNumber(0), 0)
    .option("--grid", "also the L-BFGS grid of 4500 starts (slow), to compare")
    .option("--despite", "go on where the audit finds an error; it is stated")
    .action(scaling);
}

async function scaling(selectors: readonly string[], options: ScalingOptions): Promise<void> {
  const { scalingOf } = await import("../../study/commands/scalingOf.ts");
  const { predict, ratio, draws, seed, dropHighest } = options;
  const question: ScalingQuestion = { predict, ratio, draws, seed, dropHighest, hasGrid: options.grid };
  if (options.table === undefined) await openWorkspace(options);
  const answer = await scalingOf(
    options.table === undefined
      ? runsRequest(selectors, options, question)
      : tableRequest(selectors, options, question),
  );
  if (options.json) printJson(answer);
  else print(scalingText(answer));
}

function runsRequest(selectors: readonly string[], options: ScalingOptions, question: ScalingQuestion): ScalingRequest {
  for (const name of ["compute", "run", "where"] as const)
    if (options[name] !== undefined) throw new UsageError(`--${name} is for --table: expected both or neither`);
  const { home, measure, size, data, points: which, despite } = options;
  return { home, selectors, measure, size, data, which, despite, ...question };
}

function tableRequest(
  selectors: readonly string[],
  options: ScalingOptions,
  question: ScalingQuestion,
): ScalingRequest {
  const { table: path, measure, size, data, compute, run, where } = options;
  if (selectors.length > 0) throw new UsageError("--table: expected no runs beside a table, got some");
  if (size === "from-name") throw new UsageError("--table: expected --size with the column of sizes, got none");
  if (compute === undefined && data === "step")
    throw new UsageError("--table: expected --data with the column of data, or --compute, got none");
  const amount = compute === undefined ? { column: data } : { compute };
  return { table: { path: path!, measure, size, data: amount, run, where }, ...question };
}

function pointsOf(text: string): "final" | "all" {
  if (text === "final" || text === "all") return text;
  throw new UsageError(`--points: expected final or all, got "${text}"`);
}

function whereOf(text: string, before: { column: string; text: string }[] = []) {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`--where: expected column=text, got "${text}"`);
  return [...before, { column: text.slice(0, at), text: text.slice(at + 1) }];
}

function predictOf(text: string, before: { size: number; data: number }[] = []) {
  const [size, data, more] = text.split(",").map(Number);
  if (!(size > 0 && data > 0 && Number.isFinite(size + data)) || more !== undefined)
    throw new UsageError(`--predict: expected size,data such as 7e9,1.4e11, got "${text}"`);
  return [...before, { size, data }];
}

function factorOf(text: string): number {
  const factor = Number(text);
  if (!(factor > 1 && Number.isFinite(factor)))
    throw new UsageError(`--ratio: expected a factor above 1, got "${text}"`);
  return factor;
}
