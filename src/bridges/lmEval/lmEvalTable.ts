/**
 * @file Many checkpoints in one file: `{"checkpoints": […], "tokens": […], "results": {task: {acc: […], acc_stderr: […]}}}`.
 *
 * The step is the first of `checkpoints`, `steps`, `iterations`, `tokens` that is a list of numbers; the other lists become
 * measures of their own. A list of another length than the steps is not guessed at: it is named in `refused`. null is no value.
 */
import { isJsonObject } from "../jsonFile.ts";

const AXES = ["checkpoints", "steps", "iterations", "tokens"] as const;

export interface CheckpointTable {
  readonly axis: string;
  readonly steps: readonly number[];
  readonly columns: readonly TableColumn[];
  readonly refused: readonly string[];
}

export interface TableColumn {
  readonly measure: string;
  readonly values: readonly unknown[];
  /** Of the same length, or absent. */
  readonly ses?: readonly unknown[];
}

/** undefined where the document has another shape. */
export function maybeCheckpointTable(document: Readonly<Record<string, unknown>>): CheckpointTable | undefined {
  const axes = AXES.filter((name) => isNumbers(document[name]));
  const { results } = document;
  if (axes.length === 0 || !isJsonObject(results)) return undefined;
  const steps = document[axes[0]] as number[];
  const [columns, refused]: [TableColumn[], string[]] = [[], []];
  const add = (measure: string, values: unknown, ses?: unknown) => {
    if (!Array.isArray(values) || values.length !== steps.length) refused.push(measure);
    else if (Array.isArray(ses) && ses.length === steps.length) columns.push({ measure, values, ses });
    else columns.push({ measure, values });
  };
  for (const axis of axes.slice(1)) add(axis, document[axis]);
  for (const [task, metrics] of Object.entries(results)) {
    if (!isJsonObject(metrics)) add(task, metrics);
    else
      for (const [metric, values] of Object.entries(metrics))
        if (!metric.endsWith("_stderr")) add(`${task}/${metric}`, values, metrics[`${metric}_stderr`]);
  }
  return { axis: axes[0], steps, columns, refused };
}

function isNumbers(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number" && Number.isFinite(item))
  );
}
