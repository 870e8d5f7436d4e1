/**
 * @file `ontogeny observe`: what happened along recorded runs, and how sure that is.
 */
import type { Command } from "commander";
import { EVENT_KINDS, type RecordedRun } from "../../core/index.ts";
import type { EventKind } from "../../study/observe/observeRuns.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { UsageError } from "../failure.ts";
import { withInterrupt } from "../interrupt.ts";
import { alarmText, observeText } from "../observeText.ts";
import { collect, wholeNumber } from "../options.ts";
import { jsonLine, print, printJson } from "../output.ts";

interface ObserveOptions extends CommonOptions {
  readonly measure?: string[];
  readonly events?: EventKind[];
  readonly onset?: string[];
  readonly hold: string;
  readonly limit: number;
  readonly live?: boolean;
}

const DEFAULT_LIMIT = 25;
const POLL_MS = 1000;

export function observeCommand(): Command {
  return makeCommand("observe", "Find what happened along runs: onsets, changes, spikes, collapses", [
    "ontogeny observe pythia-70m --measure 'lambada*'",
    'ontogeny observe \'ladder_*\' --onset "train_acc>=0.99" --onset "test_acc>=0.95" --hold 1   (two onsets: the delay)',
    "ontogeny observe --events collapse,spike --json",
    "ontogeny observe my-run --live   (while `ontogeny import … --follow` runs beside it)",
  ])
    .argument("[runs...]", "runs by id, name, part of a name or pattern with *; default: all")
    .option("--measure <pattern>", "only these measures (repeatable)", collect)
    .option("--events <kinds>", `only these kinds: ${EVENT_KINDS.join(", ")}`, kindsOf)
    .option("--onset <claim>", 'when a measure reached a threshold, e.g. "test_acc>=0.95" (repeatable)', collect)
    .option("--hold <k/n>", "an onset must hold at k of n evaluations", "2")
    .option("--live", "watch runs that are still being imported, and tell of changes as they come, until Ctrl-C")
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
  const load = () => loadRuns(workspace, selectRuns(listRuns(workspace), selectors));
  if (options.live) {
    if (onsets.length > 0 || options.events !== undefined)
      throw new UsageError("expected --live alone or with --measure, got it with --onset or --events");
    await watch(load, options);
    return;
  }
  const runs = await load();
  const observation = observeRuns({ runs, measures: options.measure, kinds: options.events, onsets, hold });
  if (options.json) printJson(observation);
  else print(observeText(observation, { limit: options.limit }));
}

async function watch(load: () => Promise<RecordedRun[]>, { measure, json }: ObserveOptions): Promise<void> {
  const { watchRuns } = await import("../../study/observe/watchRuns.ts");
  let begun = false;
  await withInterrupt(
    (signal) =>
      watchRuns({
        load,
        measures: measure,
        everyMs: POLL_MS,
        signal,
        onAlarm: (alarm) => print(json ? jsonLine(alarm) : alarmText(alarm)),
        onRound: (points) => {
          if (!begun) process.stderr.write(`Watching from here on; ${points} points so far. Ctrl-C ends.\n`);
          begun = true;
        },
      }),
    { say: (text) => process.stderr.write(`${text}\n`) },
  );
}

function kindsOf(text: string): EventKind[] {
  return text.split(",").map((word) => {
    const kind = EVENT_KINDS.find((one) => one === word.trim());
    if (kind === undefined) throw new UsageError(`expected kinds of ${EVENT_KINDS.join(", ")}, got "${word}"`);
    return kind;
  });
}
