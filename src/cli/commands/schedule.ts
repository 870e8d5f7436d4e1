/**
 * @file `ontogeny schedule`: the loss curve under a learning-rate schedule that was not run, or of the rest of a run.
 */
import type { Command } from "commander";
import type { ScheduleForecastRequest } from "../../study/commands/scheduleForecast.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";

interface ScheduleOptions extends CommonOptions {
  readonly measure: string;
  readonly rate?: string;
  readonly warmup?: number;
  readonly law: "multi-power" | "annealing";
  readonly schedule?: string;
  readonly restOf?: string;
  readonly at?: number;
  readonly points: number;
  readonly level: number;
  readonly seed: number;
}

export function scheduleCommand(): Command {
  return makeCommand("schedule", "Forecast a loss curve under another learning-rate schedule, or the rest of a run", [
    "ontogeny schedule 'sweep/*' --schedule cosine:peak=3e-4,final=3e-5,updates=72000,warmup=2160",
    "ontogeny schedule 'sweep/*' --rest-of sweep/long --at 30000",
  ])
    .argument("[run...]", "the runs that the law is fitted on: ids, names or patterns (default: all runs)")
    .option("--measure <name>", "the loss", "loss")
    .option(
      "--rate <name>",
      "the measure that holds the learning rate (default: the one named like lr or learning_rate)",
    )
    .option("--warmup <updates>", "updates of the linear warm-up before the first logged step", wholeNumber(0))
    .option("--law <name>", "multi-power or annealing", lawOf, "multi-power" as const)
    .option(
      "--schedule <words>",
      "constant, cosine, linear or exponential with peak, final, updates, warmup, decayFrom",
    )
    .option("--rest-of <run>", "the rest of this run, under its logged rates or under --schedule")
    .option("--at <step>", "with --rest-of: as if only what came up to it were known", wholeNumber(1))
    .option("--points <n>", "steps of the forecast that are shown", wholeNumber(2), 12)
    .option("--level <share>", "of the intervals", shareOf, 0.9)
    .option("--seed <n>", "of the simulated band", wholeNumber(0), 1)
    .action(schedule);
}

async function schedule(selectors: readonly string[], options: ScheduleOptions): Promise<void> {
  const { home, measure, rate, warmup, law, points, level, seed, at } = options;
  await openWorkspace(options);
  const { scheduleForecast } = await import("../../study/commands/scheduleForecast.ts");
  const ask = askOf(options);
  if (at !== undefined && !("run" in ask)) throw new UsageError("--at is for --rest-of: expected both or neither");
  const answer = await scheduleForecast({ home, selectors, measure, rate, warmup, law, ask, points, level, seed });
  if (options.json) printJson(answer);
  else print((await import("../scheduleForecastText.ts")).scheduleForecastText(answer));
}

function askOf({ restOf, schedule: words, at }: ScheduleOptions): ScheduleForecastRequest["ask"] {
  if (restOf !== undefined) return { run: restOf, at, schedule: words };
  if (words !== undefined) return { schedule: words };
  throw new UsageError("expected --schedule with a schedule in words, or --rest-of with a run, got neither");
}

function lawOf(text: string): "multi-power" | "annealing" {
  if (text === "multi-power" || text === "annealing") return text;
  throw new UsageError(`--law: expected multi-power or annealing, got "${text}"`);
}

function shareOf(text: string): number {
  const share = Number(text);
  if (!(share >= 0.5 && share <= 0.99)) throw new UsageError(`--level: expected a share in .5….99, got "${text}"`);
  return share;
}
