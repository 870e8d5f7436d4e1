/**
 * @file Evaluations and logs: a series of many thousand points is a training log, in which spikes are events for `observe`
 * and not outlier checkpoints. The checks that compare checkpoints with each other leave logs out, or look at some of their
 * steps, which are the same steps in every run.
 */
import type { MeasuredSeries, RecordedRun } from "../../core/index.ts";

/** More points than this make a log. */
const EVALUATIONS_AT_MOST = 5000;
const SAMPLED = 1000;

/** The run without its logs. */
export function evaluationsOf(run: RecordedRun): RecordedRun {
  const kept = [...run.series].filter(([, { steps }]) => steps.length <= EVALUATIONS_AT_MOST);
  return kept.length === run.series.size ? run : { ...run, series: new Map(kept) };
}

/** The run with about a thousand points of each log; which steps depends on the step alone. */
export function sampledLogs(run: RecordedRun): RecordedRun {
  if ([...run.series.values()].every(({ steps }) => steps.length <= EVALUATIONS_AT_MOST)) return run;
  return { ...run, series: new Map([...run.series].map(([measure, series]) => [measure, sampled(series)])) };
}

function sampled(series: MeasuredSeries): MeasuredSeries {
  const every = 2 ** Math.round(Math.log2(series.steps.length / SAMPLED));
  if (series.steps.length <= EVALUATIONS_AT_MOST) return series;
  const keep = series.steps.flatMap((step, i) => (isKept(step, every) ? [i] : []));
  const pick = (column?: readonly number[]) => (column === undefined ? undefined : keep.map((i) => column[i]));
  const { ses, ns, wallMs, contexts, files } = series;
  const columns = { ses: pick(ses), ns: pick(ns), wallMs: pick(wallMs), contexts: pick(contexts), files: pick(files) };
  return {
    measure: series.measure,
    steps: keep.map((i) => series.steps[i]),
    values: keep.map((i) => series.values[i]),
    ...Object.fromEntries(Object.entries(columns).filter(([, column]) => column !== undefined)),
  };
}

/** About one step in `every`; those kept at a larger `every` are among those kept at a smaller one. */
export function isKept(step: number, every: number): boolean {
  return every <= 1 || Math.imul(step, 0x9e3779b1) >>> 0 < 4294967296 / every;
}
