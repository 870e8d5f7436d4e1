/**
 * @file Why a forecast of a recorded run can only be retrospective: the workspace has values after the cutoff, or the run has
 * ended without them.
 */
import type { RecordedRun } from "../../core/index.ts";

/** undefined: its outcome is not known to exist. */
export function whyRetrospective(
  run: RecordedRun,
  status: string | undefined,
  measures: readonly string[],
  cutoff: number,
): string | undefined {
  const last = Math.max(...measures.map((measure) => run.series.get(measure)?.steps.at(-1) ?? 0));
  if (last > cutoff) return `the workspace has the run up to step ${last}`;
  if (status === "failed" || status === "killed") return `the run has ended: ${status}`;
  return undefined;
}
