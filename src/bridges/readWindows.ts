/**
 * @file Moves a window over a file of records until nothing whole is left, telling the sink between stretches.
 */
import type { Json } from "../core/index.ts";
import type { ImportSink } from "./bridge.ts";
import type { FileWindow } from "./fileWindow.ts";
import type { SkipCounter } from "./skipCounter.ts";

const DRAIN_BYTES = 2 ** 22;

/**
 * Bytes read of a unit's files, told to the sink every few megabytes together with what was skipped and with the state from
 * which reading could go on.
 */
export class ReadProgress {
  private readonly sink: ImportSink;
  private readonly skips: SkipCounter;
  private bytesRead = 0;
  private told = 0;

  constructor(sink: ImportSink, skips: SkipCounter) {
    this.sink = sink;
    this.skips = skips;
  }

  /** `state` is undefined where it would be too large: a stop then loses what was read of the unit. */
  async advance(bytes: number, state: () => Json | undefined): Promise<void> {
    this.bytesRead += bytes;
    if (this.bytesRead - this.told < DRAIN_BYTES) return;
    this.told = this.bytesRead;
    this.skips.flush(this.sink);
    await this.sink.drain(this.bytesRead, state);
  }
}

/** `takeWhole` wants no more of the file. */
export const STOP = -1;

/**
 * `takeWhole` takes every whole record in the window, moves its `begin`, and returns how many bytes the next one needs (at
 * least) from there, or STOP. It is a function of its own, called for each window, so that the compiler sees it early
 * and whole. Ends when it stops, or when the file holds less than that.
 */
export async function readWindows(
  window: FileWindow,
  takeWhole: (window: FileWindow) => number,
  onRead: (bytes: number) => Promise<void>,
): Promise<void> {
  for (;;) {
    const needed = takeWhole(window);
    if (needed === STOP) return;
    // Nothing is gained by making room for a record that the file does not hold whole yet.
    if (needed > window.left && window.end - window.begin === window.left) return;
    const before = window.bytesRead;
    if (!window.more(Math.min(needed, window.left))) return;
    await onRead(window.bytesRead - before);
  }
}
