/**
 * @file Counts what a reader skips, by code, and hands it on in one go: a hostile file may hold a million bad records.
 */
import type { ImportSink } from "./bridge.ts";

export class SkipCounter {
  private readonly counts = new Map<string, { count: number; readonly example: string }>();

  /** The example's text is made for the first one only. */
  add(code: string, example: () => string, count = 1): void {
    const known = this.counts.get(code);
    if (known === undefined) this.counts.set(code, { count, example: example() });
    else known.count += count;
  }

  /** Call before each `drain`, and at the end. */
  flush(sink: Pick<ImportSink, "skip">): void {
    for (const [code, { count, example }] of this.counts) if (count > 0) sink.skip(code, example, count);
    this.counts.clear();
  }
}
