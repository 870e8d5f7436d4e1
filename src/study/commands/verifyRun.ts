/**
 * @file Verifies one run: trains it again from its start or from one of its checkpoints, through the same trainer, and
 * compares the state at every later checkpoint, and what was measured, with what is stored. Nothing is written.
 */
import { OntogenyError } from "../../core/index.ts";
import type { CheckpointRow, ReplayProgress, ReplayResult } from "../replay/replayRun.ts";
import type { ReplayJob } from "../runSpec.ts";
import { openWorkers } from "../session.ts";

/** Of a tensor's or measure's largest value: what float32 sums in another order come to over a stretch between checkpoints. */
export const ACROSS_NUMERICS_TOLERANCE = 1e-3;

export interface VerifyOptions {
  readonly home: string;
  /** Full id. */
  readonly run: string;
  /** 0, or the step of a checkpoint; absent: 0. */
  readonly from?: number;
  /** Absent: the run's last step. */
  readonly until?: number;
  /** Compare within ACROSS_NUMERICS_TOLERANCE, whatever the numerics of the run. */
  readonly acrossNumerics?: boolean;
  readonly signal: AbortSignal;
  readonly progress?: (event: ReplayProgress) => void;
}

export interface VerifyResult extends ReplayResult {
  readonly run: string;
  /** All that was compared agrees, and something was. */
  readonly ok: boolean;
  /** Absent: compared bit for bit. */
  readonly tolerance?: number;
  readonly firstDifference?: CheckpointRow;
}

export async function verifyRun(options: VerifyOptions): Promise<VerifyResult> {
  const { home, run, from, until, acrossNumerics = false, signal, progress } = options;
  const tolerance = acrossNumerics ? ACROSS_NUMERICS_TOLERANCE : undefined;
  const payload: ReplayJob = { kind: "replay", home, run, from, until, tolerance };
  await using executor = openWorkers(1);
  const outcome = await executor.run(
    { name: `replay of run ${run}`, payload },
    { signal, onProgress: (event) => progress?.(event as ReplayProgress) },
  );
  if (outcome.status === "stopped")
    throw new OntogenyError(
      "STOPPED",
      "Stopped: the replay is not finished; it wrote nothing, so there is nothing to go on from",
    );
  const result = outcome.result as ReplayResult;
  const { checkpoints, measures } = result;
  if (checkpoints.length + measures.compared === 0)
    throw new OntogenyError(
      "NOTHING_TO_VERIFY",
      `Replay of run ${run}: expected a checkpoint or a measure after step ${result.from} and up to ${result.until}, got none; choose an earlier --from or a later --until`,
    );
  const firstDifference = checkpoints.find(({ same }) => !same);
  return {
    run,
    ...result,
    ok: firstDifference === undefined && measures.differences.length === 0,
    tolerance,
    firstDifference,
  };
}
