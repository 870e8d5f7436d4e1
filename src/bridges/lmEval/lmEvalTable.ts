/**
 * @file Many checkpoints in one file: `{"checkpoints": […], "tokens": […], "results": {task: {acc: […], acc_stderr: […]}}}`, or
 * results whose keys are steps ("1000", "step1000") at any one level: step, task, metric; task, step, metric; task, metric, step.
 *
 * Of lists, the step is the first of `checkpoints`, `steps`, `iterations`, `tokens` that is a list of numbers; the other lists become
 * measures of their own. A list of another length than the steps is not guessed at: it is named in `refused`. null is no value.
 */
import { isJsonObject } from "../jsonFile.ts";
import { maybeStepInName } from "../stepNames.ts";

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
  if (!isJsonObject(results)) return undefined;
  if (axes.length === 0) return maybeByStep(results);
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

type Fields = Readonly<Record<string, unknown>>;
type Cells = Map<string, Map<number, unknown>>;

function maybeByStep(results: Fields): CheckpointTable | undefined {
  const cells: Cells = new Map();
  const put = (name: string, step: number, value: unknown) => {
    const column = cells.get(name) ?? new Map<number, unknown>();
    cells.set(name, column.set(step, value));
  };
  const putAll = (task: string, step: number, metrics: unknown) => {
    if (isJsonObject(metrics))
      for (const [metric, value] of Object.entries(metrics)) put(`${task}/${metric}`, step, value);
  };
  const top = maybeSteps(results);
  if (top !== undefined) {
    for (const [step, tasks] of top)
      if (isJsonObject(tasks)) for (const [task, metrics] of Object.entries(tasks)) putAll(task, step, metrics);
  } else
    for (const [task, entry] of Object.entries(results)) {
      if (!isJsonObject(entry)) return undefined;
      const inTask = maybeSteps(entry);
      if (inTask !== undefined) for (const [step, metrics] of inTask) putAll(task, step, metrics);
      else
        for (const [metric, values] of Object.entries(entry)) {
          const inMetric = isJsonObject(values) ? maybeSteps(values) : undefined;
          if (inMetric === undefined) return undefined;
          for (const [step, value] of inMetric) put(`${task}/${metric}`, step, value);
        }
    }
  return cells.size === 0 ? undefined : tableOf(cells);
}

function tableOf(cells: Cells): CheckpointTable {
  const steps = [...new Set([...cells.values()].flatMap((column) => [...column.keys()]))].sort((a, b) => a - b);
  const valuesOf = (name: string) => steps.map((step) => cells.get(name)?.get(step));
  const columns = [...cells.keys()].flatMap((measure): TableColumn[] => {
    if (measure.endsWith("_stderr")) return [];
    const errors = `${measure}_stderr`;
    return [{ measure, values: valuesOf(measure), ...(cells.has(errors) && { ses: valuesOf(errors) }) }];
  });
  return { axis: "keys", steps, columns, refused: [] };
}

/** Every key is a step: a number, or a name that states one. */
function maybeSteps(object: Fields): [step: number, value: unknown][] | undefined {
  const entries = Object.entries(object).map(([key, value]): [number | undefined, unknown] => [
    /^\d{1,15}$/.test(key) ? Number(key) : maybeStepInName(key),
    value,
  ]);
  const all = entries.filter((entry): entry is [number, unknown] => entry[0] !== undefined);
  return all.length > 0 && all.length === entries.length ? all : undefined;
}

function isNumbers(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number" && Number.isFinite(item))
  );
}
