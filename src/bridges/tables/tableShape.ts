/**
 * @file What each column of a table is for: the result of looking at it (surveyTable.ts), kept between imports.
 */
import { z } from "zod";

const ValueColumnSchema = z.strictObject({
  column: z.string(),
  /** Where its standard error stands. */
  se: z.string().optional(),
  /** Where its standard deviation over items stands: with the number of items it gives the standard error. */
  deviation: z.string().optional(),
});
export type ValueColumn = z.infer<typeof ValueColumnSchema>;

export const TableShapeSchema = z.strictObject({
  /** "#": rows are counted. */
  step: z.string(),
  time: z.string().optional(),
  /** Steps may count within this column's epochs. */
  epoch: z.string().optional(),
  /** Rows with the same values in these are one run; none: the file is one run. */
  runs: z.array(z.string()),
  /** A long table: the measure's name stands in these. */
  measures: z.array(z.string()),
  values: z.array(ValueColumnSchema),
  items: z.string().optional(),
  /** The same for all rows of a run: configuration. Columns of numbers that may yet change are among the values too. */
  settings: z.array(z.string()),
  /** Column → run and measure, where one table holds a column a run (exports of wandb's charts). */
  charts: z.record(z.string(), z.strictObject({ run: z.string(), measure: z.string() })).optional(),
  /** Columns that the survey did not see are measures. */
  isOpen: z.boolean(),
  /** More rows cannot give the columns other roles: a grown file is read on, not anew. */
  isSettled: z.boolean(),
  /** Known, and no measures. */
  ignored: z.array(z.string()),
  /** A lower step than the one before begins a segment; else rows stand in no order. */
  hasRestarts: z.boolean(),
});
export type TableShape = z.infer<typeof TableShapeSchema>;

/** Why a table cannot be read as trajectories, with the way out. */
export interface TableRefusal {
  readonly code: string;
  readonly why: string;
}

/** With what is worth telling about a table that can: columns left out, and why. */
export interface TableSurvey {
  readonly shape: TableShape;
  readonly notes: readonly TableRefusal[];
}
