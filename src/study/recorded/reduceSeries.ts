/**
 * @file A series of a run, reduced to what a chart of so many pixels draws; nothing else of the run is read.
 *
 * All points of the files are there, restarts and repeated steps included. Errors: MEASURE_NOT_FOUND, PARQUET_INVALID.
 */
import { OntogenyError } from "../../core/index.ts";
import { type M4Options, m4, type Reduced } from "../../science/index.ts";
import type { Workspace } from "../../store/index.ts";
import { pointsOf } from "../commands/trajectoryFromDisk.ts";
import type { ListedRun } from "./listRuns.ts";

export interface ReducedSeries extends Omit<Reduced, "rows"> {
  readonly measure: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export async function reduceSeries(
  workspace: Workspace,
  run: ListedRun,
  measure: string,
  options: M4Options,
): Promise<ReducedSeries> {
  const { steps, values } = await columnsOf(workspace, run, measure);
  if (steps.length === 0)
    throw new OntogenyError(
      "MEASURE_NOT_FOUND",
      `Run ${run.name}: expected the measure "${measure}", got none of that name; \`ontogeny show\` lists its measures`,
    );
  const { rows, ...rest } = m4(steps, values, options);
  return { measure, ...rest, steps: rows.map((row) => steps[row]), values: rows.map((row) => values[row]) };
}

async function columnsOf(
  workspace: Workspace,
  run: ListedRun,
  measure: string,
): Promise<{ steps: ArrayLike<number>; values: ArrayLike<number> }> {
  if (run.imported.length === 0) {
    const points = (await pointsOf(workspace, run.id)).filter((point) => point.measure === measure);
    return { steps: points.map(({ step }) => step), values: points.map(({ value }) => value) };
  }
  const parts = [];
  for (const { record } of run.imported)
    for (const { columns } of await workspace.imports.points(record, (id, name) => id === run.id && name === measure, [
      "step",
      "value",
    ]))
      parts.push(columns);
  if (parts.length === 1) return { steps: parts[0].step, values: parts[0].value };
  return { steps: joined(parts.map(({ step }) => step)), values: joined(parts.map(({ value }) => value)) };
}

function joined(columns: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    whole.set(column, at);
    at += column.length;
  }
  return whole;
}
