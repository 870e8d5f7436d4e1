/**
 * @file `ontogeny audit`: what is wrong with recorded runs, before anyone theorises about them.
 */
import type { Command } from "commander";
import { auditText } from "../auditText.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { collect } from "../options.ts";
import { print, printJson } from "../output.ts";

interface AuditCommandOptions extends CommonOptions {
  readonly measure?: string[];
  readonly level?: number;
  readonly notes?: boolean;
}

export function auditCommand(): Command {
  return makeCommand("audit", "What is wrong with recorded runs: swapped, repeated, mislabelled, mismeasured", [
    "ontogeny audit",
    "ontogeny audit pythia-70m 'pythia-v0/*' --notes",
  ])
    .argument("[run...]", "runs, by id, name, whole parts of a name, or a pattern with *; default: all")
    .option("--measure <name>", "only measures of this name or pattern (repeatable)", collect)
    .option("--level <p>", "false alarms that each check may raise per clean run (default: 0.01)", probability)
    .option("--notes", "show notes too, not only errors and warnings")
    .action(auditSelected);
}

async function auditSelected(selectors: readonly string[], options: AuditCommandOptions): Promise<void> {
  await openWorkspace(options);
  const { auditRuns } = await import("../../study/commands/auditRuns.ts");
  const { home, measure, level } = options;
  const report = await auditRuns({ home, selectors, measures: measure, level });
  if (options.json) printJson(report);
  else print(auditText(report, { notes: options.notes ?? false }));
}

function probability(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new UsageError(`--level: expected a number between 0 and 1, got "${text}"`);
  return value;
}
