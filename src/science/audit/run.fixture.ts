/**
 * @file For tests: a recorded run from columns, and a copy of one with some values changed.
 */
import type { MeasuredSeries, RecordedRun } from "../../core/index.ts";

export type Columns = Omit<MeasuredSeries, "measure">;

/** One run; `measures` by name. */
export function runOf(measures: Readonly<Record<string, Columns>>, facts: Partial<RecordedRun> = {}): RecordedRun {
  return {
    id: facts.name ?? "run",
    name: "run",
    format: "test",
    configuration: {},
    contexts: [],
    files: [],
    specs: new Map(),
    raw: new Map(),
    ...facts,
    series: new Map(Object.entries(measures).map(([measure, columns]) => [measure, { measure, ...columns }])),
  };
}

/** The run with `change` applied to each series. */
export function changed(run: RecordedRun, change: (series: MeasuredSeries) => MeasuredSeries): RecordedRun {
  return { ...run, series: new Map([...run.series].map(([measure, series]) => [measure, change(series)])) };
}

/** Values (and errors) at `to` replaced by those at `from`, in every series. */
export function repeatedAt(run: RecordedRun, from: number, to: number): RecordedRun {
  return changed(run, (series) => {
    const [i, j] = [series.steps.indexOf(from), series.steps.indexOf(to)];
    return {
      ...series,
      values: series.values.with(j, series.values[i]),
      ...(series.ses ? { ses: series.ses.with(j, series.ses[i]) } : {}),
    };
  });
}

/** Values (and errors) of two steps exchanged, in every series. */
export function swappedAt(run: RecordedRun, a: number, b: number): RecordedRun {
  return changed(run, (series) => {
    const [i, j] = [series.steps.indexOf(a), series.steps.indexOf(b)];
    const swap = (column: readonly number[]) => column.with(i, column[j]).with(j, column[i]);
    return { ...series, values: swap(series.values), ...(series.ses ? { ses: swap(series.ses) } : {}) };
  });
}
