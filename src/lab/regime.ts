/**
 * @file Which factors and seeds are in force at each step of a run: constant between the steps at which changes begin or end.
 */
import { type Change, changeSteps, type Factors, factorsAt, type Seeds } from "../core/index.ts";

export interface Regime {
  readonly factors: Factors;
  readonly seeds: Seeds;
}

export class RegimeHistory {
  private readonly base: Regime;
  private readonly changes: Change[];
  private boundaries: number[];
  private readonly kept = new Map<number, Regime>();

  constructor(base: Regime, changes: readonly Change[]) {
    this.base = base;
    this.changes = [...changes];
    this.boundaries = changeSteps(this.changes);
  }

  add(change: Change): void {
    this.changes.push(change);
    this.boundaries = changeSteps(this.changes);
    this.kept.clear();
  }

  /** In force for the update that leads from `step` to `step + 1`. */
  at(step: number): Regime {
    const start = this.boundaries.findLast((boundary) => boundary <= step) ?? 0;
    const kept = this.kept.get(start);
    if (kept !== undefined) return kept;
    const regime = factorsAt(this.base, this.changes, start);
    this.kept.set(start, regime);
    return regime;
  }

  /** The first step after `step` at which another regime may be in force; Infinity when there is none. */
  nextBoundary(step: number): number {
    return this.boundaries.find((boundary) => boundary > step) ?? Number.POSITIVE_INFINITY;
  }
}
