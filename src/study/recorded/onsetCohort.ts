/**
 * @file The recorded runs that a forecast of an onset learns from: measured in the same way, at risk at the cutoff (no onset
 * yet), and followed beyond it. The others are told with the reason where runs were named.
 */
import type { RecordedRun } from "../../core/index.ts";
import { isAtRisk, type OnsetTask } from "../../science/index.ts";
import { type Cohort, measuredDifferently } from "./cohort.ts";
import { runTrajectory } from "./trajectories.ts";

export interface OnsetCohortRequest {
  readonly run: RecordedRun;
  readonly others: readonly RecordedRun[];
  readonly onset: OnsetTask["onset"];
  readonly cutoff: number;
  /** The runs were named: what keeps one out is then told. */
  readonly isChosen: boolean;
}

export function onsetCohort({ run, others, onset, cutoff, isChosen }: OnsetCohortRequest): Cohort {
  const excluded: { what: string; why: string }[] = [];
  const runs = others.filter((other) => {
    if (other.id === run.id) return false;
    const why = reasonAgainst(other);
    if (why !== undefined && isChosen) excluded.push({ what: other.name, why });
    return why === undefined;
  });
  return { runs, excluded };

  function reasonAgainst(other: RecordedRun): string | undefined {
    const series = other.series.get(onset.measure);
    const judged = series === undefined ? [] : series.steps.filter((_, i) => !Number.isNaN(series.values[i]));
    if (series === undefined || judged.length === 0) return `no ${onset.measure}`;
    if (judged[0] > cutoff) return `not measured up to step ${cutoff}`;
    if (judged[judged.length - 1] <= cutoff) return `not followed beyond step ${cutoff}`;
    if (!isAtRisk(runTrajectory(other), { onset, cutoff })) return `had reached it by step ${cutoff}`;
    return measuredDifferently(run, other, [onset.measure]);
  }
}
