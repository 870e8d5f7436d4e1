/**
 * @file `ontogeny backtest`: how every forecasting method would have done on finished runs, leaving out a unit at a time.
 */
import type { Command } from "commander";
import type { BacktestAnswer, Cutoff } from "../../study/commands/backtestRuns.ts";
import { backtestText } from "../backtestText.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { collect, targetStep } from "../options.ts";
import { print, printJson } from "../output.ts";

interface BacktestOptions extends CommonOptions {
  readonly measure?: string[];
  readonly cutoffs: Cutoff[];
  readonly targetStep: "final" | number;
  readonly leaveOut?: string;
  readonly covariate?: string[];
  readonly despite?: boolean;
}

export function backtestCommand(): Command {
  return makeCommand("backtest", "Score every forecasting method on finished runs", [
    "ontogeny backtest 'pythia-*/zero-shot' --measure '*/acc' --cutoffs 3000,13000,33000,63000",
    "ontogeny backtest 'sweep/*' --leave-out seed --cutoffs 10%,25%,50%",
  ])
    .argument("[run...]", "ids, names or patterns (default: all runs)")
    .option("--measure <pattern>", "only these measures; * stands for anything (repeatable)", collect)
    .option("--cutoffs <list>", "steps, or shares of the target such as 25%", cutoffList, cutoffList("10%,25%,50%"))
    .option("--target-step <step>", "the step to forecast, or final", targetStep, "final" as const)
    .option("--leave-out <unit>", "what is left out at a time: run, size, or a key of the configuration")
    .option(
      "--covariate <key>",
      "numbers of the configuration that methods may use (repeatable; default: size, or all that differ)",
      collect,
    )
    .option("--despite", "go on where the audit finds an error; it is stated")
    .action(backtest);
}

async function backtest(selectors: readonly string[], options: BacktestOptions): Promise<void> {
  await openWorkspace(options);
  const { backtestRuns } = await import("../../study/commands/backtestRuns.ts");
  const { home, measure, cutoffs, leaveOut, covariate, despite } = options;
  const answer: BacktestAnswer = await backtestRuns({
    home,
    selectors,
    measures: measure,
    cutoffs,
    target: options.targetStep,
    leaveOut,
    covariates: covariate,
    despite,
  });
  if (options.json) printJson(answer);
  else print(backtestText(answer));
}

/** "3000,25%" → cutoffs. */
function cutoffList(text: string): Cutoff[] {
  return text.split(",").map((part): Cutoff => {
    const word = part.trim();
    const number = Number(word.replace(/%$/, ""));
    if (word === "" || !Number.isFinite(number) || number <= 0)
      throw new UsageError(`--cutoffs: expected steps or shares such as 3000,25%, got "${word}"`);
    return word.endsWith("%") ? { share: number / 100 } : { step: number };
  });
}
