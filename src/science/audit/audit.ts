/**
 * @file The whole audit: every check on every run and on all of them together, worst first.
 *
 * Pure: says what the checks say. A checkpoint that an evaluator shift explains is not called an outlier as well.
 */
import { FINDING_SEVERITIES, type Finding, type RecordedRun } from "../../core/index.ts";
import { contextChanges, contextsDiffer } from "./contextChanges.ts";
import { evaluatorShift } from "./evaluatorShift.ts";
import { labels } from "./labels.ts";
import { evaluationsOf, sampledLogs } from "./longSeries.ts";
import { outlierCheckpoints } from "./outlierCheckpoints.ts";
import { repeatedCheckpoints } from "./repeatedCheckpoints.ts";
import { restarts } from "./restarts.ts";
import { standardErrors } from "./standardErrors.ts";
import { stepGrid } from "./stepGrid.ts";
import { swappedCheckpoints } from "./swappedCheckpoints.ts";
import { notFinite, outOfRange, standingStill } from "./values.ts";

export interface AuditOptions {
  /** False alarms per clean run that each statistical check may raise, at most; default 0.01. */
  readonly level?: number;
}

/** Findings about the runs, errors first, then in the order of the runs. */
export function audit(runs: readonly RecordedRun[], { level = 0.01 }: AuditOptions = {}): Finding[] {
  const evaluations = runs.map(evaluationsOf);
  const shifts = evaluations.flatMap((run) => evaluatorShift(run, { level }));
  const outliers = outlierCheckpoints(evaluations, { level }).filter(
    (outlier) => !shifts.some((shift) => explains(shift, outlier)),
  );
  const found = [
    ...shifts,
    ...outliers,
    ...repeatedCheckpoints(runs.map(sampledLogs), { level }),
    ...swappedCheckpoints(evaluations, { level }),
    ...labels(runs),
    ...contextsDiffer(runs),
    ...runs.flatMap((run) => [
      ...contextChanges(run),
      ...standardErrors(run),
      ...notFinite(run),
      ...outOfRange(run),
      ...restarts(run),
      ...standingStill(run),
      ...stepGrid(run),
    ]),
  ];
  const order = new Map(runs.map(({ id }, i) => [id, i]));
  const rank = ({ severity, where }: Finding) =>
    FINDING_SEVERITIES.indexOf(severity) * (runs.length + 1) + (order.get(where.runs[0]) ?? 0);
  return found.sort((a, b) => rank(a) - rank(b));
}

function explains(shift: Finding, outlier: Finding): boolean {
  if (shift.where.runs[0] !== outlier.where.runs[0]) return false;
  return (outlier.where.steps ?? []).every(([step]) =>
    (shift.where.steps ?? []).some(([low, high]) => step >= low && step <= high),
  );
}
