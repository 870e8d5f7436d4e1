/**
 * @file Collapse: a measure falls far below its own best and stays there.
 *
 * NaN cannot be judged: it ends a fall that is not yet held and never becomes the best. For a measure of which lower is
 * better, pass its negative.
 */
import { DomainError, type Event } from "../../core/index.ts";
import { requireSeries, type Series, stepBefore } from "./series.ts";

/**
 * First evaluation that lies more than `drop` below the best value before it, together with the `hold` − 1 after it;
 * undefined when there is none. Evidence: the best value before, its step, and the value.
 */
export function maybeCollapse(series: Series, { drop, hold = 2 }: { drop: number; hold?: number }): Event | undefined {
  requireSeries("collapse", series);
  if (!(drop > 0)) throw new DomainError("collapse: drop", "a positive number", drop);
  if (!Number.isInteger(hold) || hold < 1) throw new DomainError("collapse: hold", "a positive integer", hold);
  const { steps, values, measure } = series;
  let best = 0;
  let held = 0;
  for (let i = 0; i < steps.length; i++) {
    if (Number.isNaN(values[best]) || values[i] > values[best]) best = i;
    held = values[i] < values[best] - drop ? held + 1 : 0;
    if (held < hold) continue;
    const first = i - hold + 1;
    return {
      kind: "collapse",
      measure,
      step: steps[first],
      low: stepBefore(steps, first),
      high: steps[first],
      evidence: { best: values[best], bestStep: steps[best], value: values[first] },
      method: `more than ${drop} below its best at ${hold} evaluations in a row`,
    };
  }
  return undefined;
}
