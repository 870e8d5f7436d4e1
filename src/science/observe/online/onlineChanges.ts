/**
 * @file Bayesian online change-point detection for series that are still growing: after each value, the posterior of
 * how long ago the present segment began.
 *
 * Non-finite values are refused: a live series that turns NaN has diverged (divergence.ts). A segment is a constant or
 * a straight line plus independent normal noise of unknown variance; correlated noise gives more alarms than stated.
 */
import { DomainError } from "../../../core/index.ts";
import { studentTLogPdf } from "../studentT.ts";

export interface OnlineChangeOptions {
  /** Values expected between changes: the hazard is 1/this. Default 250. */
  readonly meanRun?: number;
  /** Default line: a straight line in the order of the values. */
  readonly segment?: "mean" | "line";
  /** Prior guess of the noise sd, in the measure's unit; worth `priorWeight` values. */
  readonly noiseSd: number;
  /** Prior guess of the level of any segment, and its sd. */
  readonly level: number;
  readonly levelSd: number;
  /** Values that the prior of the variance is worth; default 2. */
  readonly priorWeight?: number;
  /** Run lengths with less posterior than this are dropped; default 1e-6. */
  readonly prune?: number;
}

export interface OnlineState {
  /** Values seen. */
  readonly n: number;
  /**
   * Posterior that the present segment began at most `recent` values ago (recent = 10), the first 10 values excluded:
   * there is nothing yet to change from.
   */
  readonly changed: number;
  /** Most probable length of the present segment, in values. */
  readonly runLength: number;
  /** Run lengths kept and their posterior, ascending; it sums to 1. */
  readonly posterior: readonly { readonly runLength: number; readonly probability: number }[];
  /** Run lengths kept. */
  readonly kept: number;
}

const RECENT = 10;

/**
 * Adams & MacKay, arXiv:0710.3742, algorithm 1: P(r = r' + 1) ∝ P(r') π (1 − H), P(r = 0) ∝ Σ P(r') π H, with π the
 * Student-t predictive of a Normal–inverse-gamma model of the segment (mean), or of Bayesian linear regression with the
 * same prior (line: slope's prior sd = levelSd per ten values). O(run lengths kept) a value; kept ones are bounded by
 * `prune`.
 */
export class OnlineChanges {
  private readonly options: Required<OnlineChangeOptions>;
  private segments: Segment[];
  private count = 0;

  constructor(options: OnlineChangeOptions) {
    this.options = { meanRun: 250, segment: "line", priorWeight: 2, prune: 1e-6, ...options };
    const { meanRun, noiseSd, levelSd, priorWeight, prune } = this.options;
    for (const [name, value] of Object.entries({ noiseSd, levelSd, priorWeight, prune }))
      if (!(value > 0 && value < Number.POSITIVE_INFINITY))
        throw new DomainError(`OnlineChanges: ${name}`, "a positive number", value);
    if (!(meanRun > 1)) throw new DomainError("OnlineChanges: meanRun", "a number above 1", meanRun);
    this.segments = [this.fresh(1)];
  }

  push(value: number): OnlineState {
    if (!Number.isFinite(value)) throw new DomainError("OnlineChanges", "finite values", value);
    const hazard = 1 / this.options.meanRun;
    let changed = 0;
    let total = 0;
    for (const segment of this.segments) {
      const weight = segment.probability * Math.exp(segment.logPredictive(value));
      changed += weight * hazard;
      segment.probability = weight * (1 - hazard);
      total += weight;
    }
    if (!(total > 0)) return this.restart(value);
    for (const segment of this.segments) {
      segment.add(value);
      segment.probability /= total;
    }
    const kept = this.segments.filter(({ probability }) => probability > this.options.prune);
    // A segment that begins with the next value has seen nothing yet.
    kept.unshift(this.fresh(changed / total));
    this.segments = kept;
    this.count++;
    return this.state();
  }

  private restart(value: number): OnlineState {
    // The value is beyond every segment's arithmetic: certainly a change.
    const segment = this.fresh(1);
    segment.add(value);
    this.segments = [this.fresh(1 / this.options.meanRun), segment];
    this.count++;
    return this.state();
  }

  private state(): OnlineState {
    const total = this.segments.reduce((sum, { probability }) => sum + probability, 0);
    for (const segment of this.segments) segment.probability /= total;
    const posterior = this.segments.map(({ length, probability }) => ({ runLength: length, probability }));
    const best = posterior.reduce((a, b) => (b.probability > a.probability ? b : a));
    const recent = posterior.filter(({ runLength }) => runLength <= RECENT && runLength < this.count);
    return {
      n: this.count,
      changed: this.count <= RECENT ? 0 : recent.reduce((sum, { probability }) => sum + probability, 0),
      runLength: best.runLength,
      posterior,
      kept: posterior.length,
    };
  }

  private fresh(probability: number): Segment {
    return new Segment(this.options, probability);
  }
}

/** Sufficient statistics of one segment; x counts from its beginning, so that nothing grows with the age of the run. */
class Segment {
  length = 0;
  probability: number;
  private readonly options: Required<OnlineChangeOptions>;
  /** Precision matrix of (level, slope), and precision-weighted mean, both over the noise variance. */
  private p00: number;
  private p01 = 0;
  private p11: number;
  private b0 = 0;
  private b1 = 0;
  private yy = 0;

  constructor(options: Required<OnlineChangeOptions>, probability: number) {
    this.options = options;
    this.probability = probability;
    const ratio = (options.noiseSd / options.levelSd) ** 2;
    this.p00 = ratio;
    this.p11 = 100 * ratio;
  }

  private get shape(): number {
    return (this.options.priorWeight + this.length) / 2;
  }

  private solve(): { mean: number; spread: number; residual: number } {
    const x = this.length;
    if (this.options.segment === "mean") {
      const mean = this.b0 / this.p00;
      return { mean, spread: 1 / this.p00, residual: this.yy - this.b0 * mean };
    }
    const determinant = this.p00 * this.p11 - this.p01 ** 2;
    const level = (this.b0 * this.p11 - this.b1 * this.p01) / determinant;
    const slope = (this.b1 * this.p00 - this.b0 * this.p01) / determinant;
    const spread = (this.p11 - 2 * this.p01 * x + this.p00 * x * x) / determinant;
    return { mean: level + slope * x, spread, residual: this.yy - this.b0 * level - this.b1 * slope };
  }

  logPredictive(value: number): number {
    const y = value - this.options.level;
    const { mean, spread, residual } = this.solve();
    const rate = (this.options.priorWeight * this.options.noiseSd ** 2 + Math.max(0, residual)) / 2;
    const scale = Math.sqrt((rate / this.shape) * (1 + spread));
    return studentTLogPdf((y - mean) / scale, 2 * this.shape) - Math.log(scale);
  }

  add(value: number): void {
    const y = value - this.options.level;
    const x = this.length;
    this.p00 += 1;
    this.p01 += x;
    this.p11 += x * x;
    this.b0 += y;
    this.b1 += x * y;
    this.yy += y * y;
    this.length++;
  }
}
