/**
 * @file Progress on stderr: one line that is rewritten on a terminal, with rate and time left; in a pipe at most one
 * plain line a phase. Never writes to stdout.
 */
import type { StudyProgress } from "../study/session.ts";
import { StatusLine, type StatusSink } from "./statusLine.ts";

/** The rate is that of the steps done in this last stretch. */
const RATE_WINDOW_MS = 10_000;

export class ProgressDisplay {
  private readonly status: StatusLine;
  private phase = "";
  private readonly samples: { atMs: number; steps: number }[] = [];

  constructor(sink?: StatusSink) {
    this.status = new StatusLine(sink);
  }

  readonly update = (event: StudyProgress): void => {
    const { sink } = this.status;
    const nowMs = sink.nowMs();
    this.samples.push({ atMs: nowMs, steps: event.stepsDone });
    while (this.samples.length > 2 && nowMs - this.samples[0].atMs > RATE_WINDOW_MS) this.samples.shift();
    if (event.message !== undefined) this.line(event.message);
    const newPhase = event.phase !== this.phase;
    this.phase = event.phase;
    if (!sink.isTTY) {
      if (newPhase) sink.write(`${event.phase}\n`);
      return;
    }
    this.status.draw(() => this.textOf(event), { now: newPhase });
  };

  /** A line that stays, above the one that is rewritten. */
  line(text: string): void {
    this.status.say(text);
  }

  /** Takes the rewritten line away. */
  clear(): void {
    this.status.clear();
  }

  private textOf({ phase, done, total, stepsDone, stepsTotal }: StudyProgress): string {
    const share = stepsTotal > 0 ? Math.min(1, stepsDone / stepsTotal) : 0;
    const parts = [`${percent(share)} ${bar(share)} ${done}/${total} runs`];
    const rate = this.stepsPerSec();
    if (rate !== undefined) {
      parts.push(`${Math.round(rate).toLocaleString("en")} steps/s`);
      const left = (stepsTotal - stepsDone) / rate;
      if (Number.isFinite(left) && left >= 0) parts.push(`${duration(left)} left`);
    }
    return [...parts, phase].join(" · "); // the phase last: on a narrow terminal it is what can be spared
  }

  private stepsPerSec(): number | undefined {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 500 || last.steps <= first.steps)
      return undefined;
    return (1000 * (last.steps - first.steps)) / (last.atMs - first.atMs);
  }
}

/** `8 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(secs: number): string {
  const whole = Math.round(secs);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

function percent(share: number): string {
  return `${Math.floor(100 * share)}%`.padStart(4);
}

function bar(share: number): string {
  const full = Math.round(20 * share);
  return `${"━".repeat(full)}${"─".repeat(20 - full)}`;
}
