/**
 * @file Progress of an import on stderr: one line that is rewritten on a terminal, nothing in a pipe.
 */
import type { ImportProgress } from "../study/import/importTree.ts";

const REDRAW_MS = 100;

export class ImportProgressLine {
  private drawn = false;
  private drawnAtMs = Number.NEGATIVE_INFINITY;

  update({ unit, done, total, bytesRead, bytesTotal, points }: ImportProgress): void {
    const nowMs = Date.now();
    if (process.stderr.isTTY !== true || nowMs - this.drawnAtMs < REDRAW_MS) return;
    this.drawnAtMs = nowMs;
    this.drawn = true;
    const share = bytesTotal > 0 ? Math.floor((100 * bytesRead) / bytesTotal) : 0;
    const text = `${String(share).padStart(3)}% · ${done + 1}/${total} · ${points.toLocaleString("en")} points · ${unit}`;
    process.stderr.write(`\r\u001b[K${[...text].slice(0, (process.stderr.columns ?? 80) - 1).join("")}`);
  }

  /** A line that stays. */
  say(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    if (this.drawn) process.stderr.write("\r\u001b[K");
    this.drawn = false;
  }
}
