/**
 * @file MLflow's file store (`mlruns/`): each run folder is a unit, each metric file a measure.
 *
 * Metric files are appended to, so each is read on from where it stood; a last line without line feed waits for the next
 * import. All values of a step are kept; where the steps of a metric go back, its next segment begins (a run that was
 * resumed under its id, or values that came late: the file does not say which, so a later value replaces only its own step).
 * Parameters, tags, status and the experiment's name are read again each time. Lines that are no points are counted.
 */

import { readFile } from "node:fs/promises";
import { knownMeasure } from "../../core/index.ts";
import type { Bridge, ImportUnit, ReadOptions, RunSink, SeriesSink, SourceFile } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";
import { readLines } from "../lines.ts";
import { SkipCounter } from "../skipCounter.ts";
import { readYaml } from "../yamlConfiguration.ts";
import { parseMetricLine } from "./metricLine.ts";
import { factsOf } from "./runFacts.ts";
import { type MetricState, maybeJsonOfState, parseStoreState } from "./storeState.ts";
import { findRuns, type StoredRun } from "./storeTree.ts";

/** Longer parameters and tags are documents, not settings; MLflow's own limits are 6,000 and 8,000 characters. */
const TEXT_BYTES_AT_MOST = 65_536;
/** The part of a unit's key that stands for what in a store is no run. */
const NOT_RUNS = "(not runs)";

export const mlflowStoreBridge: Bridge = {
  format: "mlflow",
  title: "MLflow file stores (mlruns)",
  segmentsAre: "repetitions",
  async claim(tree) {
    const { runs, leftOut } = await findRuns(tree);
    const units: ImportUnit[] = runs.map(unitOf);
    if (leftOut.length > 0)
      units.push({
        format: "mlflow",
        key: NOT_RUNS,
        files: leftOut.flatMap(({ files }) => files),
        hints: { leftOut: leftOut.map(({ code, count, example }) => [code, count, example]) },
      });
    return units;
  },
  read,
};

function unitOf({ folder, meta, experimentMeta, metrics, parameters, tags, others }: StoredRun): ImportUnit {
  const described = experimentMeta === undefined ? [meta] : [meta, experimentMeta];
  return {
    format: "mlflow",
    key: folder === "" ? "." : folder,
    files: metrics,
    companions: [...described, ...parameters, ...tags, ...others],
    hints: { folder, experiment: experimentMeta !== undefined },
  };
}

async function read(unit: ImportUnit, { sink, from }: ReadOptions) {
  const hints = unit.hints as {
    leftOut?: [code: string, count: number, example: string][];
    folder: string;
    experiment: boolean;
  };
  if (hints.leftOut !== undefined) {
    for (const [code, count, example] of hints.leftOut) sink.skip(code, example, count);
    return undefined;
  }
  const skips = new SkipCounter();
  const run = sink.run("");
  await describe(run, unit, hints, skips);
  const states = parseStoreState(from);
  let bytesRead = 0;
  for (const file of unit.files) {
    const measure = file.relative.slice((hints.folder === "" ? 0 : hints.folder.length + 1) + "metrics/".length);
    const reader = new MetricReader(run, file, measure, skips, states.get(measure));
    await reader.read(async (bytes) => {
      bytesRead += bytes;
      states.set(measure, reader.state());
      skips.flush(sink);
      await sink.drain(bytesRead, () => maybeJsonOfState(states));
    });
  }
  if (unit.files.length === 0) skips.add("MLFLOW_NO_METRICS", () => `${unit.key}: a run without metrics`);
  skips.flush(sink);
  return maybeJsonOfState(states);
}

async function describe(
  run: RunSink,
  unit: ImportUnit,
  { folder, experiment }: { folder: string; experiment: boolean },
  skips: SkipCounter,
): Promise<void> {
  const [meta, experimentMeta] = unit.companions ?? [];
  const facts = asRecord(await readYaml(meta, skips));
  const about = experiment ? asRecord(await readYaml(experimentMeta, skips)) : {};
  const texts = async (section: string) => {
    const prefix = folder === "" ? `${section}/` : `${folder}/${section}/`;
    const found: [string, string][] = [];
    for (const file of unit.companions ?? []) {
      if (!file.relative.startsWith(prefix)) continue;
      const text = await maybeText(file, skips);
      if (text !== undefined) found.push([file.relative.slice(prefix.length), text]);
    }
    return found;
  };
  run.describe(
    factsOf({
      id: textOf(facts.run_id) ?? textOf(facts.run_uuid) ?? folder.slice(folder.lastIndexOf("/") + 1),
      name: textOf(facts.run_name) ?? textOf(facts.name),
      experiment: textOf(about.name),
      experimentId: textOf(facts.experiment_id) ?? (folder === "" ? undefined : folderOf(folder).split("/").at(-1)),
      user: textOf(facts.user_id),
      status: facts.status,
      startTimeMs: facts.start_time,
      parameters: await texts("params"),
      tags: await texts("tags"),
    }),
  );
}

class MetricReader {
  private readonly run: RunSink;
  private readonly file: SourceFile;
  private readonly measure: string;
  private readonly skips: SkipCounter;
  private series: SeriesSink | undefined;
  private offset: number;
  private lastStep: number;
  private segment: number;

  constructor(run: RunSink, file: SourceFile, measure: string, skips: SkipCounter, before?: MetricState) {
    this.run = run;
    this.file = file;
    this.measure = measure;
    this.skips = skips;
    this.offset = before?.offset ?? 0;
    this.lastStep = before?.lastStep ?? Number.NEGATIVE_INFINITY;
    this.segment = before?.segment ?? 0;
  }

  state(): MetricState {
    return { offset: this.offset, lastStep: this.lastStep, segment: this.segment };
  }

  /** `onChunk` is told how many bytes were read, when the state says all that was taken. */
  async read(onChunk: (bytesRead: number) => Promise<void>): Promise<void> {
    for await (const chunk of readLines(this.file, { from: this.offset })) {
      for (const line of chunk.lines) this.take(line);
      if (chunk.tooLong > 0)
        this.skips.add("MLFLOW_LINE_INVALID", () => `${this.file.relative}: a line that is too long`, chunk.tooLong);
      if (chunk.rest !== undefined)
        this.skips.add("MLFLOW_LINE_UNFINISHED", () => `${this.file.relative}: "${chunk.rest?.slice(0, 80)}"`);
      this.offset = chunk.end;
      await onChunk(chunk.bytesRead);
    }
  }

  private take(line: string): void {
    const point = parseMetricLine(line);
    if (point === undefined) {
      if (line.trim() !== "")
        this.skips.add("MLFLOW_LINE_INVALID", () => `${this.file.relative}: "${line.slice(0, 80)}"`);
      return;
    }
    const { step, value, wallMs, dataset } = point;
    if (step < this.lastStep) this.segment += 1;
    this.lastStep = step;
    this.series ??= this.run.series(this.measure, knownMeasure(this.measure));
    if (dataset === undefined) this.series.push(step, value, wallMs, this.segment);
    else {
      const context = this.run.context({ details: { dataset: dataset.name, datasetDigest: dataset.digest } });
      this.series.pushPoint({ step, value, wallMs, segment: this.segment, context });
    }
  }
}

async function maybeText(file: SourceFile, skips: SkipCounter): Promise<string | undefined> {
  if (file.bytes > TEXT_BYTES_AT_MOST) {
    skips.add(
      "MLFLOW_TEXT_TOO_LONG",
      () => `${file.relative}: ${file.bytes} bytes, at most ${TEXT_BYTES_AT_MOST} are read`,
    );
    return undefined;
  }
  try {
    return await readFile(file.path, "utf8");
  } catch (error) {
    skips.add("READ_FAILED", () => `${file.relative}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
