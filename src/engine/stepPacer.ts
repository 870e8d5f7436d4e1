/**
 * @file Chooses how many steps a call makes, so that a call lasts about a tenth of a second whatever the model and the
 * machine: long enough to cost nothing, short enough that progress is seen and a stop is heeded.
 *
 * Pure given its clock. It learns only from durations; results must not depend on how steps are cut into calls, so neither do
 * bits. A clock that stands still or runs backwards makes a call count as instant.
 */

/** What a call should last. */
export const TARGET_CALL_MS = 100;
/** A call of more than one step is never planned to last longer, by what the last call cost. */
export const MOST_CALL_MS = 200;
/** A call makes at most this many times the steps of the longest of the recent calls: one lucky measurement costs little. */
const GROWTH = 4;
/** Calls that are remembered: a single slow or fast one does not move their median. */
const REMEMBERED = 5;

interface Call {
  readonly steps: number;
  readonly msPerStep: number;
}

export class StepPacer {
  private readonly nowMs: () => number;
  private calls: Call[] = [];

  constructor({ nowMs }: { readonly nowMs: () => number }) {
    this.nowMs = nowMs;
  }

  /** Steps of the next call: at least 1, at most `limit`; 1 as long as nothing is known. */
  next(limit: number): number {
    const last = this.calls.at(-1);
    if (last === undefined) return Math.min(1, limit);
    const planned = Math.min(
      TARGET_CALL_MS / this.typicalMsPerStep(),
      MOST_CALL_MS / last.msPerStep,
      GROWTH * Math.max(...this.calls.map(({ steps }) => steps)),
    );
    return Math.min(Math.max(1, Math.floor(planned)), limit);
  }

  /** Makes the call and remembers what it cost; a call that throws teaches nothing. */
  async timed<T>(steps: number, call: () => Promise<T>): Promise<T> {
    const beganMs = this.nowMs();
    const result = await call();
    const msPerStep = Math.max(0, this.nowMs() - beganMs) / steps;
    this.calls = [...this.calls.slice(1 - REMEMBERED), { steps, msPerStep }];
    return result;
  }

  /** The median, the lower of two: a first call also loads and compiles. */
  private typicalMsPerStep(): number {
    const sorted = this.calls.map(({ msPerStep }) => msPerStep).sort((a, b) => a - b);
    return sorted[(sorted.length - 1) >> 1];
  }
}
