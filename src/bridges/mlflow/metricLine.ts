/**
 * @file One line of an MLflow metric file: "timestamp value [step [dataset name] [digest]]", as Python writes it.
 *
 * Two fields (old versions) mean step 0. With five fields the third is the step too, although MLflow's own reader takes 0
 * there. nan and ±inf are values. undefined: not such a line. Source: mlflow/store/tracking/file_store.py.
 */
import { maybePythonFloat } from "../pythonFloat.ts";

export interface MetricLine {
  /** Epoch milliseconds. */
  readonly wallMs: number;
  readonly value: number;
  readonly step: number;
  readonly dataset?: { readonly name: string; readonly digest: string };
}

export function parseMetricLine(line: string): MetricLine | undefined {
  const fields = line.trim().split(" ");
  if (fields.length < 2 || fields.length === 4) return undefined;
  const wallMs = maybeInteger(fields[0]);
  const value = maybePythonFloat(fields[1]);
  const step = fields.length === 2 ? 0 : maybeInteger(fields[2]);
  if (wallMs === undefined || value === undefined || step === undefined) return undefined;
  if (fields.length === 3 || fields.length === 2) return { wallMs, value, step };
  return { wallMs, value, step, dataset: { name: fields.slice(3, -1).join(" "), digest: fields.at(-1)! } };
}

function maybeInteger(text: string): number | undefined {
  const value = /^[-+]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
