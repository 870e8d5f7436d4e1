/**
 * @file How far apart a checkpoint stands from its two neighbours, over many measures at once, next to how far apart
 * those two stand from each other.
 *
 * apartness = ln(½(d²(t − 1, t) + d²(t, t + 1)) / d²(t − 1, t + 1)), with d² the mean over tasks of squared differences
 * in units of the usual squared difference nearby, each at most 16. For noise around a level it scatters around 0, a
 * trend or a jump between levels makes it negative, and only a checkpoint off both sides makes it positive; its scatter
 * holds whatever dependence the measures have.
 */
import { cappedSquare, sumOverTasks, type TaskColumns, usualSquare } from "./taskColumns.ts";

export interface Apartness {
  /** Steps that can be judged, ascending. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Tasks behind each value. */
  readonly tasks: readonly number[];
}

/** Leaves out checkpoints with fewer than `tasksAtLeast` tasks on all three. */
export function apartness({ steps, tasks }: TaskColumns, tasksAtLeast: number): Apartness {
  const judged: { step: number; value: number; tasks: number }[] = [];
  for (let t = 1; t < steps.length - 1; t++) {
    const { first, second, count } = sumOverTasks(tasks, ({ values: y }) => {
      const unit = usualSquare(y, [t]);
      const near = (cappedSquare(y[t - 1], y[t], unit) + cappedSquare(y[t], y[t + 1], unit)) / 2;
      const far = cappedSquare(y[t - 1], y[t + 1], unit);
      return Number.isFinite(near + far) ? [near, far] : undefined;
    });
    if (count >= tasksAtLeast && first > 0 && second > 0)
      judged.push({ step: steps[t], value: Math.log(first / second), tasks: count });
  }
  return {
    steps: judged.map(({ step }) => step),
    values: judged.map(({ value }) => value),
    tasks: judged.map((one) => one.tasks),
  };
}
