/**
 * @file Takes a run's lease, waiting a while for a holder that is on its way out: a worker whose session was killed goes
 * on to its next safe place, and a killed process takes a moment to be gone. A holder that stays is LEASE_HELD.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { OntogenyError, type RunMeaning } from "../core/index.ts";
import type { RunWriter, Workspace } from "../store/index.ts";

const WAIT_MS = 100;
/** In all 15 seconds: many times what a worker needs to reach a safe place. */
const ATTEMPTS = 150;

export interface AcquireRunOptions {
  readonly workspace: Workspace;
  readonly meaning: RunMeaning;
  readonly signal: AbortSignal;
  readonly clock: () => number;
}

/** Undefined when the signal was raised meanwhile. */
export async function acquireRun(options: AcquireRunOptions): Promise<RunWriter | undefined> {
  const { workspace, meaning, signal, clock } = options;
  for (let attempt = 1; !signal.aborted; attempt++)
    try {
      return await workspace.acquireRun(meaning, { owner: `worker-${process.pid}`, clock });
    } catch (error) {
      if (!(error instanceof OntogenyError) || error.code !== "LEASE_HELD" || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS);
    }
  return undefined;
}
