/**
 * @file Runs that failed: training broke (a loss or a state that is not finite). That is an outcome like any other: it comes
 * again with the same bits, so a failed run is not tried again, and what it has up to there counts.
 */
import type { LossNotFiniteError, RunMeaning } from "../core/index.ts";
import { maybeBrokenTensor } from "../lab/index.ts";
import type { RunReader, Workspace } from "../store/index.ts";
import { maybeRun } from "./startState.ts";

export interface RunFailure {
  /** The run has a state and measures up to this step and none after it. */
  readonly step: number;
  readonly text: string;
}

/** Undefined for a run that did not fail. A branch fails where its parent did, when that was before the fork. */
export function failureOf(workspace: Workspace, run: RunReader): RunFailure | undefined {
  const { status, step, failure, meaning } = run.manifest();
  if (status !== "failed") return undefined;
  const inherited = parentFailure(workspace, meaning);
  return { step: inherited?.step ?? step, text: failure ?? "it failed" };
}

/** How the parent failed, when it did so before the branch leaves it: then there is nothing to branch from. */
export function parentFailure(workspace: Workspace, { lineage }: RunMeaning): RunFailure | undefined {
  if (lineage === undefined) return undefined;
  const parent = maybeRun(workspace, lineage.parent);
  const failure = parent === undefined ? undefined : failureOf(workspace, parent);
  return failure !== undefined && failure.step < lineage.forkStep ? failure : undefined;
}

/** One line for the manifest. `run` has the checkpoints that it will have. */
export function failureText({ message }: LossNotFiniteError, run: RunReader): string {
  const step = lastFiniteCheckpoint(run);
  const last = step === undefined ? "no checkpoint is finite" : `last finite checkpoint: step ${step}`;
  return `${message}; ${last}`;
}

/** Damaged ones are passed over. */
function lastFiniteCheckpoint(run: RunReader): number | undefined {
  return run
    .checkpoints()
    .map(({ step }) => step)
    .findLast((step) => {
      try {
        return maybeBrokenTensor(run.loadCheckpoint(step).tensors) === undefined;
      } catch {
        return false;
      }
    });
}
