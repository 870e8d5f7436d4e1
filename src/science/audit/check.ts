/**
 * @file What a check is given, and small things that all checks share.
 */
import type { Finding, FindingCode, MeasuredSeries, RecordedRun } from "../../core/index.ts";

export interface CheckOptions {
  /**
   * False alarms that a check may raise: per clean run for a check of one run, per clean set of runs for a check that
   * looks at runs beside each other. Each check divides it by the number of places at which it looks.
   */
  readonly level: number;
}

export type FindingParts = Omit<Finding, "code" | "severity" | "what"> & { readonly severity: Finding["severity"] };

/** The same finding, checked by the compiler to have a known code. */
export function finding(code: FindingCode, what: string, parts: FindingParts): Finding {
  return { code, what, ...parts };
}

/** Steps as inclusive ranges; `grid` (ascending) says which steps follow each other. */
export function stepRanges(steps: readonly number[], grid: readonly number[]): [number, number][] {
  const position = new Map(grid.map((step, i) => [step, i]));
  const ranges: [number, number][] = [];
  let before = Number.NaN;
  for (const step of [...steps].sort((a, b) => a - b)) {
    const at = position.get(step) ?? Number.NaN;
    if (ranges.length > 0 && at === before + 1) ranges[ranges.length - 1][1] = step;
    else ranges.push([step, step]);
    before = at;
  }
  return ranges;
}

/** All steps at which the run was measured, ascending. */
export function gridOf(run: RecordedRun): number[] {
  const steps = new Set<number>();
  for (const series of run.series.values()) for (const step of series.steps) steps.add(step);
  return [...steps].sort((a, b) => a - b);
}

/** Names of the files that the points at these positions came from, each once. */
export function filesAt(run: RecordedRun, series: MeasuredSeries, positions: readonly number[]): string[] {
  const names = new Set<string>();
  for (const i of positions) {
    const index = series.files?.[i] ?? -1;
    if (index >= 0) names.add(run.files[index]);
  }
  return [...names];
}

/** "a, b and 3 more". */
export function listed(items: readonly (string | number)[], most = 3): string {
  if (items.length <= most) return items.join(", ");
  return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}
