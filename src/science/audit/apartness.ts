/**
 * @file How far apart a checkpoint stands from its two neighbours, over many measures at once, next to how far apart
 * those two stand from each other.
 *
 * apartness = ln(½(d²(t − 1, t) + d²(t, t + 1)) / d²(t − 1, t + 1)), with d² the mean over tasks of squared differences
 * in units of the usual squared difference nearby, each at most 16. For noise around a level it scatters around 0, a
 * trend or a jump between levels makes it negative, and only a checkpoint off both sides makes it positive; its scatter
 * holds whatever dependence the measures have. Missing and non-finite values leave their measure out at that checkpoint.
 */
import type { RecordedRun } from "../../core/index.ts";
import { gridOf } from "./check.ts";
import { judgedScale, REACH } from "./excursion.ts";
import { byTask, isSchedule } from "./measureParts.ts";

const CAP = 16;

export interface Apartness {
  /** Steps that can be judged, ascending. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Tasks behind each value. */
  readonly tasks: readonly number[];
}

/** Leaves out checkpoints with fewer than `tasksAtLeast` tasks on all three. */
export function apartness(run: RecordedRun, tasksAtLeast: number): Apartness {
  const grid = gridOf(run);
  const position = new Map(grid.map((step, i) => [step, i]));
  const tasks = [...byTask([...run.series.keys()].filter((measure) => !isSchedule(measure))).values()].map((measures) =>
    measures.map((measure) => onGrid(run, measure, position, grid.length)),
  );
  const steps: number[] = [];
  const values: number[] = [];
  const counts: number[] = [];
  for (let t = 1; t < grid.length - 1; t++) {
    let near = 0;
    let far = 0;
    let count = 0;
    for (const columns of tasks) {
      const parts = columns.map((y) => distances(y, t)).filter((part) => part !== undefined);
      if (parts.length === 0) continue;
      near += parts.reduce((sum, part) => sum + part.near, 0) / parts.length;
      far += parts.reduce((sum, part) => sum + part.far, 0) / parts.length;
      count++;
    }
    if (count < tasksAtLeast || !(near > 0) || !(far > 0)) continue;
    steps.push(grid[t]);
    values.push(Math.log(near / far));
    counts.push(count);
  }
  return { steps, values, tasks: counts };
}

function onGrid(
  run: RecordedRun,
  measure: string,
  position: ReadonlyMap<number, number>,
  length: number,
): Float64Array {
  const series = run.series.get(measure)!;
  const { scaled } = judgedScale(series.values);
  const y = new Float64Array(length).fill(Number.NaN);
  series.steps.forEach((step, i) => {
    y[position.get(step)!] = scaled[i];
  });
  return y;
}

function distances(y: Float64Array, t: number): { near: number; far: number } | undefined {
  let squares = 0;
  let count = 0;
  for (let u = Math.max(1, t - REACH); u <= Math.min(y.length - 1, t + 1 + REACH); u++) {
    const square = (y[u] - y[u - 1]) ** 2;
    if (u === t || u === t + 1 || !Number.isFinite(square)) continue;
    squares += square;
    count++;
  }
  const before = (y[t] - y[t - 1]) ** 2;
  const after = (y[t + 1] - y[t]) ** 2;
  const across = (y[t + 1] - y[t - 1]) ** 2;
  if (count < 4 || !(squares > 0) || !Number.isFinite(before + after + across)) return undefined;
  const unit = squares / count;
  const capped = (square: number) => Math.min(CAP, square / unit);
  return { near: (capped(before) + capped(after)) / 2, far: capped(across) };
}
