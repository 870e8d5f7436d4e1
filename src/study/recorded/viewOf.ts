/**
 * @file One value a step from everything that the files hold: the view that analyses read.
 *
 * A later segment is a restart, which withdraws what earlier ones say from its first step on, or a repetition, which
 * withdraws only what they say at its own steps (`Bridge.segmentsAre`). Within a segment the last value of a step counts. Points without a step (NaN) cannot be placed and stay in the raw series only. Pure.
 */
import type { MeasuredSeries, RawSeries } from "../../core/index.ts";

const COLUMNS = ["values", "ses", "ns", "wallMs", "contexts", "files"] as const;

export interface SeriesView {
  readonly series: MeasuredSeries;
  /** How many points the view leaves out. */
  readonly leftOut: number;
}

export function viewOf(raw: RawSeries, segmentsAre: "restarts" | "repetitions" = "restarts"): SeriesView {
  const rows = keptRows(raw, segmentsAre === "restarts" ? withdrawals(raw) : undefined);
  const series: Record<string, unknown> = { measure: raw.measure, steps: rows.map((row) => raw.steps[row]) };
  for (const name of COLUMNS) {
    const column = raw[name];
    if (column !== undefined) series[name] = rows.map((row) => column[row]);
  }
  return { series: series as unknown as MeasuredSeries, leftOut: raw.steps.length - rows.length };
}

/** Indices into the raw series, by step. */
function keptRows({ steps, segments }: RawSeries, withdrawnFrom: ReadonlyMap<number, number> | undefined): number[] {
  const rowAt = new Map<number, number>();
  let isAscending = true;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < steps.length; i++) {
    if (Number.isNaN(steps[i])) continue;
    if (withdrawnFrom !== undefined && !(steps[i] < withdrawnFrom.get(segments[i])!)) continue;
    const before = rowAt.get(steps[i]);
    if (before !== undefined && segments[before] > segments[i]) continue;
    rowAt.set(steps[i], i);
    isAscending &&= steps[i] >= last;
    last = steps[i];
  }
  const rows = [...rowAt.values()];
  return isAscending ? rows : rows.sort((a, b) => steps[a] - steps[b]);
}

/** segment → the first step of any later one: from there on, it is withdrawn. */
function withdrawals({ steps, segments }: RawSeries): Map<number, number> {
  const firstStepOf = new Map<number, number>();
  for (let i = 0; i < steps.length; i++) {
    const first = firstStepOf.get(segments[i]);
    if (!Number.isNaN(steps[i]) && (first === undefined || steps[i] < first)) firstStepOf.set(segments[i], steps[i]);
  }
  const withdrawnFrom = new Map<number, number>();
  let earliest = Number.POSITIVE_INFINITY;
  for (const segment of [...firstStepOf.keys()].sort((a, b) => b - a)) {
    withdrawnFrom.set(segment, earliest);
    earliest = Math.min(earliest, firstStepOf.get(segment)!);
  }
  return withdrawnFrom;
}
