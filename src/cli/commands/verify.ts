/**
 * @file `ontogeny verify`: trains a run again and says whether it is the run that is stored, checkpoint by checkpoint. Exit
 * code 1 when anything differs.
 */
import type { Command } from "commander";
import { OntogenyError } from "../../core/index.ts";
import type { VerifyResult } from "../../study/commands/verifyRun.ts";
import type { CheckpointRow, ReplayProgress } from "../../study/replay/replayRun.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { withInterrupt } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { ProgressDisplay } from "../progress.ts";
import { resolveId } from "../resolve.ts";
import { shortNumber } from "../table.ts";

interface VerifyCommandOptions extends CommonOptions {
  readonly from?: number;
  readonly until?: number;
  readonly acrossNumerics?: boolean;
}

const SHOWN = 10;

export function verifyCommand(): Command {
  return makeCommand("verify", "Train a run again and compare it with itself, bit for bit", [
    "ontogeny verify r1a2b3",
    "ontogeny verify r1a2b3 --from 500 --until 1000   (from the checkpoint of step 500)",
    "ontogeny verify r1a2b3 --across-numerics   (made on another machine: within a tolerance)",
  ])
    .argument("<run>", "id of the run, or its beginning")
    .option("--from <step>", "begin from the checkpoint of this step (default: 0, the start)", wholeNumber(0))
    .option("--until <step>", "replay up to this step (default: the run's last)", wholeNumber(1))
    .option("--across-numerics", "compare within a stated tolerance, also with a run of another engine or machine")
    .action(verify);
}

async function verify(text: string, options: VerifyCommandOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const run = resolveId(text, workspace.runIds(), "run");
  const { ACROSS_NUMERICS_TOLERANCE, verifyRun } = await import("../../study/commands/verifyRun.ts");
  const { home, from, until, acrossNumerics, json } = options;
  const display = new ProgressDisplay();
  let stepsDone = 0;
  const progress = (event: ReplayProgress): void => {
    if (event.kind === "step") {
      stepsDone += event.stepsAdded;
      display.update({ phase: `replay of ${run}`, done: 0, total: 1, stepsDone, stepsTotal: event.total });
      return;
    }
    display.clear();
    if (json) return;
    if (event.kind === "checkpoint") print(rowText(event.row));
    else {
      print(
        `The run was made with other numerics; values count as the same within ${ACROSS_NUMERICS_TOLERANCE} of a tensor's largest:`,
      );
      for (const { component, there, here } of event.differences) print(`  ${component}: ${there} there, ${here} here`);
    }
  };
  const result = await withInterrupt(
    (signal) => verifyRun({ home, run, from, until, acrossNumerics, signal, progress }),
    { say: (line) => display.line(line) },
  ).finally(() => display.clear());
  if (json) printJson(result);
  else print(closing(result));
  if (!result.ok) throw new ReplayDiffersError(result);
}

/** "step 500  3f2a…  3f2a…  same" */
function rowText({ step, stored, replayed, same, problem }: CheckpointRow): string {
  const columns = [
    `step ${String(step).padStart(9)}`,
    stored === undefined ? "unreadable  " : stored.slice(0, 12),
    replayed.slice(0, 12),
    same ? "same" : "DIFFERENT",
  ];
  return `${columns.join("  ")}${problem === undefined ? "" : `  (${problem})`}`;
}

function closing({ from, until, checkpoints, measures, firstDifference, tolerance }: VerifyResult): string {
  const same = checkpoints.filter((row) => row.same).length;
  const how = tolerance === undefined ? "bit for bit" : `within ${tolerance} of the largest value`;
  const agreeing = measures.compared - measures.differences.length;
  const lines = [
    "",
    `Steps ${from} to ${until}, ${how}: ${same} of ${checkpoints.length} checkpoints and ${agreeing} of ${measures.compared} measured values are the same.`,
  ];
  if (measures.unknown.length > 0)
    lines.push(`Not compared, since this version does not take them: ${measures.unknown.join(", ")}.`);
  if (firstDifference !== undefined) lines.push(...differenceText(firstDifference));
  for (const { step, measure, stored, replayed } of measures.differences.slice(0, SHOWN))
    lines.push(`  ${measure} at step ${step}: ${stored} stored, ${replayed} replayed`);
  if (measures.differences.length > SHOWN) lines.push(`  … and ${measures.differences.length - SHOWN} more`);
  return lines.join("\n");
}

function differenceText({ step, tensors, problem }: CheckpointRow): string[] {
  if (tensors.length === 0) return [`First difference: the checkpoint of step ${step}: ${problem}`];
  return [
    `First difference at step ${step}, ${tensors.length} tensors (largest absolute difference, of a largest value of):`,
    ...tensors.map(({ tensor, maxAbsDifference, maxAbsStored, mismatch }) =>
      mismatch === undefined
        ? `  ${tensor}: ${shortNumber(maxAbsDifference)} of ${shortNumber(maxAbsStored)}`
        : `  ${tensor} ${mismatch}`,
    ),
  ];
}

class ReplayDiffersError extends OntogenyError {
  constructor({ run, firstDifference, measures }: VerifyResult) {
    const where =
      firstDifference === undefined
        ? `${measures.differences.length} measured values`
        : `the state at step ${firstDifference.step}`;
    super(
      "REPLAY_DIFFERS",
      `Replay of run ${run}: expected the bits that are stored, got others, first in ${where}; the files were altered after they were written, or this machine does not compute reproducibly: compare with a copy, then remove the run's folder to train it again`,
    );
  }
}
