/**
 * @file Watching one series as it grows: an alarm as soon as its present stretch is no longer a continuation of the one
 * before.
 *
 * The first 20 finite values after the beginning, and after each alarm, are learnt from and cannot give one. The first
 * of several non-finite values in a row is an alarm of its own; they are left out otherwise. Steps must ascend.
 */
import { DomainError, type Event } from "../../../core/index.ts";
import { trajectoryNoise } from "../courses/trajectoryNoise.ts";
import { OnlineChanges } from "./onlineChanges.ts";

export interface LiveWatchOptions {
  /** Posterior of a change within the last ten values that raises the alarm; default .95. */
  readonly alarmAt?: number;
  /** Values expected between changes; default 1000. */
  readonly meanRun?: number;
}

const CALM = 20;

/**
 * Bayesian online detection (onlineChanges.ts) with straight segments; prior from the calm values: noise at the sd of
 * trajectoryNoise.ts, levels within five times their range of the first. Delay and false alarms, measured:
 * docs/observe.md.
 */
export class LiveWatch {
  private readonly measure: string;
  private readonly alarmAt: number;
  private readonly meanRun: number;
  private calm: number[] = [];
  private detector: OnlineChanges | undefined;
  private steps: number[] = [];
  private isFinite = true;

  constructor(measure: string, { alarmAt = 0.95, meanRun = 1000 }: LiveWatchOptions = {}) {
    if (!(alarmAt > 0 && alarmAt < 1)) throw new DomainError("LiveWatch: alarmAt", "a probability", alarmAt);
    this.measure = measure;
    this.alarmAt = alarmAt;
    this.meanRun = meanRun;
  }

  push(step: number, value: number): Event | undefined {
    const last = this.steps[this.steps.length - 1];
    if (last !== undefined && !(step > last)) throw new DomainError("LiveWatch: step", `a step after ${last}`, step);
    if (!Number.isFinite(value)) {
      const isNew = this.isFinite;
      this.isFinite = false;
      return isNew ? this.divergence(step, value) : undefined;
    }
    this.isFinite = true;
    this.steps.push(step);
    if (this.detector === undefined) {
      this.learn(value);
      return undefined;
    }
    const { changed, runLength } = this.detector.push(value);
    if (!(changed > this.alarmAt)) return undefined;
    const began = Math.max(0, this.steps.length - 1 - runLength);
    const event: Event = {
      kind: "change-point",
      measure: this.measure,
      step: this.steps[Math.min(began + 1, this.steps.length - 1)],
      low: this.steps[began],
      high: step,
      evidence: { seenAt: step, value },
      method: `online: straight segments, change expected every ${this.meanRun} values`,
      certainty: { kind: "posterior", value: changed, of: "that a new segment began within the last ten values" },
    };
    this.calm = [];
    this.detector = undefined;
    this.steps = [step];
    return event;
  }

  private learn(value: number): void {
    this.calm.push(value);
    if (this.calm.length < CALM) return;
    const range = Math.max(...this.calm) - Math.min(...this.calm);
    const { slowSd } = trajectoryNoise(
      this.calm.map((_, i) => i),
      this.calm,
    );
    const least = 1e-6 * Math.max(range, Math.abs(this.calm[0]), Number.MIN_VALUE * 1e10);
    this.detector = new OnlineChanges({
      noiseSd: Math.max(slowSd, least),
      level: this.calm[0],
      levelSd: 5 * Math.max(range, least),
      meanRun: this.meanRun,
    });
    for (const calm of this.calm) this.detector.push(calm);
  }

  private divergence(step: number, value: number): Event {
    return {
      kind: "divergence",
      measure: this.measure,
      step,
      low: this.steps[this.steps.length - 1] ?? Math.min(0, step),
      high: step,
      evidence: { value: String(value) },
      method: "online: a value that is not finite",
    };
  }
}
