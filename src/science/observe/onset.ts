/**
 * @file Onset: the first evaluation at which a measure reaches a threshold and holds it.
 *
 * An onset is interval-censored by the evaluation grid and right-censored by the end of the series. NaN cannot be judged:
 * it breaks a hold and never bounds an interval from below; ±∞ are compared like any number.
 */
import { DomainError, type Event, type OnsetDefinition } from "../../core/index.ts";
import { requireSeries, type Series } from "./series.ts";

/**
 * First index i at which the threshold is reached and held for `hold` evaluations in a row, i included. It lies in
 * (last evaluation before i that did not reach it, steps[i]]; `step` is steps[i]; `low` is 0 when there is no such one.
 *
 * When there is none, `step` and `high` are null and `low` is the last evaluation that did not reach the threshold. A threshold
 * that was just reached when the series ends, with fewer than `hold` evaluations to show for it, is *not* an onset
 * (evidence.unconfirmedFrom says where): so what is once declared on a prefix of a run is never revoked by more of it.
 */
export function onset(
  series: Series,
  {
    threshold,
    direction = "above",
    hold = 2,
  }: Omit<OnsetDefinition, "measure" | "direction" | "hold"> & Partial<Pick<OnsetDefinition, "direction" | "hold">>,
): Event {
  requireSeries("onset", series);
  if (!Number.isInteger(hold) || hold < 1) throw new DomainError("onset: hold", "a positive integer", hold);
  if (!Number.isFinite(threshold)) throw new DomainError("onset: threshold", "a finite number", threshold);
  const { steps, values, measure } = series;
  const reached = (value: number) => (direction === "above" ? value >= threshold : value <= threshold);
  const method = `first of ${hold} evaluations in a row ${direction === "above" ? "≥" : "≤"} ${threshold}`;
  const base = { kind: "onset" as const, measure, method };

  const lastBelow = (end: number) => {
    for (let i = end - 1; i >= 0; i--) if (!Number.isNaN(values[i]) && !reached(values[i])) return steps[i];
    return Math.min(0, steps[0]);
  };
  let run = 0;
  for (let i = 0; i < steps.length; i++) {
    run = reached(values[i]) ? run + 1 : 0;
    if (run < hold) continue;
    const first = i - hold + 1;
    const value = values[first];
    return { ...base, step: steps[first], low: lastBelow(first), high: steps[first], evidence: { value } };
  }
  const open = steps.length - run;
  const evidence: Record<string, unknown> = { last: values[values.length - 1] };
  if (run > 0) evidence.unconfirmedFrom = steps[open];
  return { ...base, step: null, low: lastBelow(open), high: null, evidence };
}
