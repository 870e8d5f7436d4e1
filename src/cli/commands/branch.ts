/**
 * @file `ontogeny branch`: a treated and a control arm from one state of a run, and what the change did.
 */
import type { Command } from "commander";
import type { Json } from "../../core/index.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { effectTable } from "../effectTable.ts";
import { withInterrupt } from "../interrupt.ts";
import { assignment, wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { ProgressDisplay } from "../progress.ts";
import { resolveId } from "../resolve.ts";

interface BranchCommandOptions extends CommonOptions {
  readonly at: number;
  readonly set?: Readonly<Record<string, Json>>;
  readonly until?: number;
  readonly to?: number;
  readonly name?: string;
}

export function branchCommand(): Command {
  return makeCommand("branch", "Fork a run at a step: one arm with a change, one without, and the difference", [
    "ontogeny branch r1a2b3 --at 1000 --set objective.conflictWeight=20",
    "ontogeny branch r1a2b3 --at 500 --until 750 --set data.cueDecorrelation=1   (a change for 250 steps)",
    "ontogeny branch r1a2b3 --at 1000   (no change: an exact placebo, compared with the run bit for bit)",
  ])
    .argument("<run>", "id of the run, or its beginning")
    .requiredOption("--at <step>", "step at which the arms part", wholeNumber(0))
    .option("--set <path=value>", "a factor and its new value; may be given again", assignment)
    .option("--until <step>", "the change ends before this step (default: it stays)", wholeNumber(1))
    .option("--to <step>", "train both arms to this step (default: as far as the run)", wholeNumber(1))
    .option("--name <text>", "name of the treated arm in the ledger")
    .action(branch);
}

async function branch(text: string, options: BranchCommandOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const run = resolveId(text, workspace.runIds(), "run");
  const { branchRun } = await import("../../study/commands/branchRun.ts");
  const { home, at, until, to, set = {}, name } = options;
  const display = new ProgressDisplay();
  const result = await withInterrupt(
    (signal) => branchRun({ home, run, at, until, horizon: to, set, name, signal, progress: display.update }),
    { say: (line) => display.line(line) },
  ).finally(() => display.clear());
  if (options.json) {
    printJson(result);
    return;
  }
  const { treated, control, placebo, horizon, effects, failures } = result;
  print(`Branches of ${run} at step ${at}, judged at step ${horizon}:`);
  if (treated !== undefined)
    print(
      `  treated  ${treated}  ${Object.entries(set)
        .map(([path, value]) => `${path}=${JSON.stringify(value)}`)
        .join(" ")}`,
    );
  print(`  control  ${control}  ${placeboText(placebo)}`);
  for (const { run: arm, text } of failures) print(`  failed   ${arm}  ${text}`);
  if (effects.length > 0) print(`\n${effectTable(effects)}`);
}

function placeboText(placebo: { readonly compared: string; readonly identical: boolean } | undefined): string {
  if (placebo === undefined) return "(nothing of the run to compare it with there)";
  const what = placebo.compared === "state" ? "whole state" : "every common measure";
  return placebo.identical ? `(same bits as the run: ${what})` : `(NOT the bits of the run: ${what} differs)`;
}
