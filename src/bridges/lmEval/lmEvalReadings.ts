/**
 * @file The numbers in one file of lm-evaluation-harness, whichever of its shapes it has (FORMATS §6).
 *
 * - up to 0.3: `results: {task: {acc, acc_stderr}}`; one more level below a task (dates, subsets) joins the task's name;
 * - BigScience with promptsource: `results: [{task_name, prompt_name, em, em_stderr}]`, one metric a row; or only
 *   `table_results: {"task+prompt": {…}}`;
 * - 0.4 and later: keys are "metric,filter"; `groups` adds what `results` lacks.
 * The measure is `task/metric`; a prompt joins the task as the harness writes it, `task+prompt/metric`; a filter other than
 * "none" stays behind the metric, `gsm8k/exact_match,strict-match`. Strings, booleans and null are no values: a metric that
 * is null, "N/A" or text is counted in `missing`. A standard error that is not a number is not stated (NaN).
 */
import { isJsonObject } from "../jsonFile.ts";

export interface Reading {
  readonly measure: string;
  /** What `versions`, `n-shot` and the like call it. */
  readonly task: string;
  readonly metric: string;
  readonly prompt?: string;
  readonly value: number;
  /** NaN: not stated. */
  readonly se: number;
  /** NaN: not stated. */
  readonly n: number;
}

export interface Readings {
  readonly readings: readonly Reading[];
  /** Metrics without a number: how many, and the first. */
  readonly missing: number;
  readonly firstMissing?: string;
}

export function readingsOf(document: Readonly<Record<string, unknown>>): Readings {
  const collector = new Collector(document["n-samples"]);
  const { results, table_results: table, groups } = document;
  if (Array.isArray(results) && results.length > 0) {
    for (const row of results) if (isJsonObject(row)) collector.entry(String(row.task_name ?? row.task ?? "task"), row);
  } else if (isJsonObject(results) && Object.keys(results).length > 0) {
    collector.entries(results);
    if (isJsonObject(groups)) collector.entries(groups);
  } else if (isJsonObject(table)) collector.entries(table);
  return collector;
}

/** Descriptions of a row, not its metrics, where they are numbers too. */
const DESCRIPTIONS = new Set(["sample_len", "sample_count", "samples", "prompt_id", "alias", "name", "num_fewshot"]);
const STDERR = "_stderr";

class Collector implements Readings {
  readonly readings: Reading[] = [];
  missing = 0;
  firstMissing?: string;
  private readonly tasks = new Set<string>();
  private readonly samples: unknown;

  constructor(samples: unknown) {
    this.samples = samples;
  }

  entries(byTask: Readonly<Record<string, unknown>>): void {
    for (const [task, entry] of Object.entries(byTask)) {
      if (this.tasks.has(task) || !isJsonObject(entry)) continue;
      this.tasks.add(task);
      this.entry(task, entry);
    }
  }

  entry(task: string, entry: Readonly<Record<string, unknown>>, depth = 0): void {
    const prompt = typeof entry.prompt_name === "string" ? entry.prompt_name : undefined;
    const name =
      prompt === undefined ? task : `${typeof entry.task_name === "string" ? entry.task_name : task}+${prompt}`;
    const n = this.itemsOf(task, entry);
    for (const [key, value] of Object.entries(entry)) {
      if (isJsonObject(value)) {
        if (depth === 0) this.entry(`${task}/${key}`, value, 1);
        continue;
      }
      const comma = key.indexOf(",");
      const metric = comma === -1 ? key : key.slice(0, comma);
      if (metric.endsWith(STDERR) || DESCRIPTIONS.has(metric)) continue;
      const filter = comma === -1 ? "" : key.slice(comma);
      const se = entry[`${metric}${STDERR}${filter}`];
      if (typeof value !== "number") {
        // Text is a description unless the harness gives it a standard error or a filter.
        if (value === null ? !key.endsWith("_name") && !key.startsWith("fixed_") : filter !== "" || se !== undefined)
          this.miss(`${name}/${key}`);
        continue;
      }
      this.readings.push({
        measure: `${name}/${metric}${filter === ",none" ? "" : filter}`,
        task,
        metric,
        ...(prompt !== undefined && { prompt }),
        value,
        se: typeof se === "number" ? se : Number.NaN,
        n,
      });
    }
  }

  private itemsOf(task: string, entry: Readonly<Record<string, unknown>>): number {
    const counted = isJsonObject(this.samples) ? this.samples[task] : undefined;
    const stated = isJsonObject(counted) ? counted.effective : (entry.sample_len ?? entry.sample_count);
    return typeof stated === "number" ? stated : Number.NaN;
  }

  private miss(measure: string): void {
    this.missing++;
    this.firstMissing ??= measure;
  }
}
