/**
 * @file A run's measures on one grid of steps, by task, on the scale on which checkpoints are compared, and the squared
 * distance between checkpoints over all tasks.
 *
 * A task weighs the same however many measures it has. Missing and non-finite values are NaN and leave their measure
 * out. Schedules (learning rate, tokens) are left out.
 */
import type { RecordedRun } from "../../core/index.ts";
import { gridOf } from "./check.ts";
import { judgedScale, REACH } from "./excursion.ts";
import { byTask, isSchedule } from "./measureParts.ts";

/** Most that one measure adds, in units of its usual squared difference: one wild measure is not a checkpoint apart. */
const CAP = 16;

export interface Column {
  readonly measure: string;
  /** Shape [steps]. */
  readonly values: Float64Array;
}

export interface TaskColumns {
  readonly run: RecordedRun;
  /** Ascending. */
  readonly steps: readonly number[];
  readonly tasks: readonly (readonly Column[])[];
}

export function taskColumns(run: RecordedRun): TaskColumns {
  const steps = gridOf(run);
  const position = new Map(steps.map((step, i) => [step, i]));
  const measures = [...run.series.keys()].filter((measure) => !isSchedule(measure));
  const tasks = [...byTask(measures).values()].map((names) =>
    names.map((measure) => {
      const series = run.series.get(measure)!;
      const { scaled } = judgedScale(series.values);
      const values = new Float64Array(steps.length).fill(Number.NaN);
      series.steps.forEach((step, i) => {
        values[position.get(step)!] = scaled[i];
      });
      return { measure, values };
    }),
  );
  return { run, steps, tasks };
}

/**
 * Mean squared difference of neighbours within 8 checkpoints of any of `at`, leaving out those that touch them. NaN with
 * fewer than 4, or where nothing moves.
 */
export function usualSquare(y: Float64Array, at: readonly number[]): number {
  const low = Math.max(1, Math.min(...at) - REACH);
  const high = Math.min(y.length - 1, Math.max(...at) + 1 + REACH);
  let squares = 0;
  let count = 0;
  for (let u = low; u <= high; u++) {
    const square = (y[u] - y[u - 1]) ** 2;
    if (!Number.isFinite(square) || at.includes(u) || at.includes(u - 1)) continue;
    squares += square;
    count++;
  }
  return count < 4 || !(squares > 0) ? Number.NaN : squares / count;
}

/** (x − y)² in units of `unit`, at most 16. */
export function cappedSquare(x: number, y: number, unit: number): number {
  return Math.min(CAP, (x - y) ** 2 / unit);
}

/**
 * Sums over tasks of two quantities that `compare` gives for a measure (undefined: cannot be compared), each task the
 * mean of its measures; and the number of tasks compared.
 */
export function sumOverTasks(
  tasks: readonly (readonly Column[])[],
  compare: (column: Column) => readonly [number, number] | undefined,
): { first: number; second: number; count: number } {
  let first = 0;
  let second = 0;
  let count = 0;
  for (const columns of tasks) {
    const parts = columns.map(compare).filter((part) => part !== undefined);
    if (parts.length === 0) continue;
    first += parts.reduce((sum, part) => sum + part[0], 0) / parts.length;
    second += parts.reduce((sum, part) => sum + part[1], 0) / parts.length;
    count++;
  }
  return { first, second, count };
}

/** Variance of one value around the local trend, from second differences within 8 checkpoints that do not touch `at`. */
export function noiseSquare(y: Float64Array, at: readonly number[]): number {
  const low = Math.max(1, Math.min(...at) - REACH);
  const high = Math.min(y.length - 2, Math.max(...at) + REACH);
  let squares = 0;
  let count = 0;
  for (let u = low; u <= high; u++) {
    const bend = y[u] - (y[u - 1] + y[u + 1]) / 2;
    if (!Number.isFinite(bend) || at.some((i) => Math.abs(i - u) < 2)) continue;
    squares += bend * bend;
    count++;
  }
  return count < 4 || !(squares > 0) ? Number.NaN : squares / count / 1.5;
}

/** What `gainOf` gives for each task, the mean of its measures; measures for which it is NaN are left out. */
export function gainsByTask(tasks: readonly (readonly Column[])[], gainOf: (column: Column) => number): number[] {
  return tasks.flatMap((columns) => {
    const parts = columns.map(gainOf).filter((part) => !Number.isNaN(part));
    return parts.length === 0 ? [] : [parts.reduce((sum, part) => sum + part, 0) / parts.length];
  });
}
