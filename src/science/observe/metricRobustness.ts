/**
 * @file The mirage check: is an event of a discontinuous measure (accuracy) also there in a continuous measure of the
 * same task (loss, perplexity, Brier score)?
 *
 * Schaeffer, Miranda & Koyejo 2023: a sharp metric can make a smooth improvement look sudden. Refuses to judge where
 * the continuous measure is absent, has too few evaluations around the event, or has its own changes located too
 * loosely.
 */
import type { Event } from "../../core/index.ts";

export type Robustness =
  | { readonly verdict: "metric-robust"; readonly companion: string; readonly at: Event }
  | { readonly verdict: "not metric-robust"; readonly companion: string; readonly because: string }
  | { readonly verdict: "cannot be judged"; readonly because: string };

export interface CompanionChanges {
  readonly measure: string;
  /** Ascending. */
  readonly steps: readonly number[];
  /** The least change, as a share of the measure's range, that would have been found. */
  readonly smallestChange: number;
  /** Its change points, or why there are none to be had. */
  readonly changes: readonly Event[] | { readonly refused: string };
}

export interface SharpEvent {
  readonly event: Event;
  /** What it changes, as a share of its own measure's range. */
  readonly share: number;
}

/**
 * Metric-robust where a change of a companion may have happened in the same interval, widened by one evaluation on
 * either side; with several companions one such change is enough. Not metric-robust where a companion has at least
 * three evaluations on either side of the event, could have shown a change of the same share of its range, and shows
 * none there.
 */
export function metricRobustness({ event, share }: SharpEvent, companions: readonly CompanionChanges[]): Robustness {
  if (companions.length === 0)
    return { verdict: "cannot be judged", because: "no continuous measure of the same task was recorded" };
  const reasons: string[] = [];
  let smooth: CompanionChanges | undefined;
  for (const companion of companions) {
    const { measure, steps, changes, smallestChange } = companion;
    if (!Array.isArray(changes)) {
      reasons.push(`${measure}: ${(changes as { refused: string }).refused}`);
      continue;
    }
    const high = event.high ?? Number.POSITIVE_INFINITY;
    const from = previous(steps, event.low);
    const to = next(steps, high);
    const match = (changes as readonly Event[]).find((change) => change.low < to && (change.high ?? to) > from);
    if (match !== undefined) return { verdict: "metric-robust", companion: measure, at: match };
    const before = steps.filter((step) => step <= event.low).length;
    const after = steps.filter((step) => step >= high).length;
    if (before < 3 || after < 3) reasons.push(`${measure}: ${before} evaluations before and ${after} after the event`);
    else if (smallestChange > share)
      reasons.push(
        `${measure}: only changes of ${(100 * smallestChange).toFixed(0)}% of its range or more stand out of its noise`,
      );
    else smooth ??= companion;
  }
  if (smooth === undefined) return { verdict: "cannot be judged", because: reasons.join("; ") };
  return {
    verdict: "not metric-robust",
    companion: smooth.measure,
    because: `${smooth.measure} has no change point between steps ${event.low} and ${event.high ?? "the end"}`,
  };
}

function previous(steps: readonly number[], step: number): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const s of steps) if (s < step) found = s;
  return found;
}

function next(steps: readonly number[], step: number): number {
  return steps.find((s) => s > step) ?? Number.POSITIVE_INFINITY;
}
