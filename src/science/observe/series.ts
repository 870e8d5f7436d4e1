/**
 * @file One measure of one run, as event detectors take it.
 *
 * Leave out steps at which the measure was not taken. NaN and ±∞ are values: what a detector does with them stands in
 * its file. Refuses empty series, unequal lengths and steps that do not ascend.
 */
import { DomainError, ShapeError } from "../../core/index.ts";

export interface Series {
  readonly measure: string;
  /** Optimizer updates done, strictly ascending. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export function requireSeries(what: string, { measure, steps, values }: Series): void {
  if (steps.length !== values.length)
    throw new ShapeError(`${what}: values of ${measure}`, `[${steps.length}]`, [values.length]);
  if (steps.length === 0) throw new DomainError(`${what}: ${measure}`, "at least one evaluation", "none");
  for (let i = 0; i < steps.length; i++)
    if (!Number.isFinite(steps[i]) || (i > 0 && steps[i] <= steps[i - 1]))
      throw new DomainError(`${what}: steps of ${measure}`, "strictly ascending steps", `${steps[i]} at position ${i}`);
}

/** The step of the evaluation before index `i`; 0, the start of the run, before the first. */
export function stepBefore(steps: readonly number[], i: number): number {
  return i === 0 ? Math.min(0, steps[0]) : steps[i - 1];
}
