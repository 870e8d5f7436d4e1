/**
 * @file One line on stderr that is rewritten on a terminal; in a pipe nothing is rewritten. Never writes to stdout.
 */

export interface StatusSink {
  readonly isTTY: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

/** Rewrites at most this often. */
const REDRAW_MS = 100;

export class StatusLine {
  readonly sink: StatusSink;
  private drawn = false;
  private drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(sink: StatusSink = stderrSink()) {
    this.sink = sink;
  }

  /** `text` is made only when it is shown. `now`: however recently the line was rewritten. */
  draw(text: () => string, { now = false } = {}): void {
    const nowMs = this.sink.nowMs();
    if (!this.sink.isTTY || (!now && nowMs - this.drawnAtMs < REDRAW_MS)) return;
    this.drawnAtMs = nowMs;
    this.drawn = true;
    this.sink.write(`\r\u001b[K${[...text()].slice(0, this.sink.columns - 1).join("")}`);
  }

  /** A line that stays, above the one that is rewritten. */
  say(text: string): void {
    this.clear();
    this.sink.write(`${text}\n`);
  }

  /** Takes the rewritten line away. */
  clear(): void {
    if (this.drawn) this.sink.write("\r\u001b[K");
    this.drawn = false;
  }
}

function stderrSink(): StatusSink {
  return {
    isTTY: process.stderr.isTTY === true,
    get columns() {
      return process.stderr.columns ?? 80;
    },
    write: (text) => process.stderr.write(text),
    nowMs: Date.now,
  };
}
