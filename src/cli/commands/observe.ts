/**
 * @file `ontogeny observe`: what happened along recorded runs, and how sure that is.
 */
import type { Command } from "commander";
import { EVENT_KINDS } from "../../core/index.ts";
import type { EventKind } from "../../study/observe/observeRuns.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { observeText } from "../observeText.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";

interface ObserveOptions extends CommonOptions {
  readonly measure?: string[];
  readonly events?: EventKind[];
  readonly onset?: string[];
  readonly hold: string;
  readonly limit: number;
}

const DEFAULT_LIMIT = 25;

export function observeCommand(): Command {
  return makeCommand("observe", "Find what happened along runs: onsets, changes, spikes, collapses", [
    "ontogeny observe pythia-70m --measure 'lambada*'",
    'ontogeny observe \'ladder_*\' --onset "train_acc>=0.99" --onset "test_acc>=0.95" --hold 1   (two onsets: the delay)',
    "ontogeny observe --events collapse,spike --json",
  ])
    .argument("[runs...]", "runs by id, name, part of a name or pattern with *; default: all")
    .option("--measure <pattern>", "only these measures (repeatable)", collect)
    .option("--events <kinds>", `only these kinds: ${EVENT_KINDS.join(", ")}`, kindsOf)
    .option("--onset <claim>", 'when a measure reached a threshold, e.g. "test_acc>=0.95" (repeatable)', collect)
    .option("--hold <k/n>", "an onset must hold at k of n evaluations", "2")
    .option("--limit <n>", "rows shown", wholeNumber(1), DEFAULT_LIMIT)
    .action(observe);
}

async function observe(selectors: readonly string[], options: ObserveOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const { listRuns, selectRuns } = await import("../../study/recorded/listRuns.ts");
  const { loadRuns } = await import("../../study/recorded/loadRuns.ts");
  const { observeRuns } = await import("../../study/observe/observeRuns.ts");
  const { parseHold, parseOnset } = await import("../../study/observe/onsetClaim.ts");
  const onsets = (options.onset ?? []).map(parseOnset);
  const hold = parseHold(options.hold);
  const runs = await loadRuns(workspace, selectRuns(listRuns(workspace), selectors));
  const observation = observeRuns({ runs, measures: options.measure, kinds: options.events, onsets, hold });
  if (options.json) printJson(observation);
  else print(observeText(observation, { limit: options.limit }));
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function kindsOf(text: string): EventKind[] {
  return text.split(",").map((word) => {
    const kind = EVENT_KINDS.find((one) => one === word.trim());
    if (kind === undefined) throw new UsageError(`expected kinds of ${EVENT_KINDS.join(", ")}, got "${word}"`);
    return kind;
  });
}
