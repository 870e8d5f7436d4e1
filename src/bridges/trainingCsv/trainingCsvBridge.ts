/**
 * @file CSV logs of PyTorch Lightning (`metrics.csv`) and of Keras (CSVLogger): one file is one run, each column a measure.
 *
 * Columns come in any order; an empty cell (in Keras also "NA") is no value; nan and ±inf are values, what is no number is counted. A row whose
 * step goes back for some column (in Keras: does not go on) begins the next segment of all of them. Lightning's `hparams.yaml` is the configuration,
 * its "epoch" a measure like others, "x_step" and "x_epoch" measures of their own; Keras' step is the epoch, counted from 0 as it
 * does. A last line without line feed waits for the next import; a file that was rewritten (Lightning adds columns so) is read whole again.
 */

import { z } from "zod";
import { type Json, knownMeasure } from "../../core/index.ts";
import { splitCsvRecord } from "../../formats/index.ts";
import type { Bridge, ImportUnit, ReadOptions, RunSink, SeriesSink, SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";
import { readLines } from "../lines.ts";
import { maybePythonFloat } from "../pythonFloat.ts";
import { parseReadingState } from "../readingState.ts";
import { SkipCounter } from "../skipCounter.ts";
import { readYamlConfiguration } from "../yamlConfiguration.ts";
import { maybeTrainingCsv, type TrainingCsv } from "./recognise.ts";

export const trainingCsvBridge: Bridge = {
  format: "training-csv",
  title: "CSV logs of PyTorch Lightning and Keras",
  claim,
  read,
};

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const byPath = new Map(tree.files.map((file) => [file.relative, file]));
  const units: ImportUnit[] = [];
  for (const file of tree.files) {
    if (!/\.(?:csv|tsv|log|txt)$/i.test(file.relative)) continue;
    const folder = file.relative.slice(0, file.relative.lastIndexOf("/") + 1);
    const hparams = byPath.get(`${folder}hparams.yaml`);
    const shape = maybeTrainingCsv(new TextDecoder().decode(await tree.head(file)), {
      relative: file.relative,
      hasHparams: hparams !== undefined,
    });
    if (shape === undefined) continue;
    const companions = shape.kind === "lightning" && hparams !== undefined ? [hparams] : [];
    const hints: Json = { kind: shape.kind, hasHparams: hparams !== undefined };
    units.push({ format: "training-csv", key: file.relative, files: [file], companions, hints });
  }
  return units;
}

const StateSchema = z.strictObject({
  offset: z.number(),
  header: z.string(),
  segment: z.number(),
  lastSteps: z.array(z.tuple([z.string(), z.number()])),
  lastEpoch: z.number().optional(),
});
type State = z.infer<typeof StateSchema>;

async function read(unit: ImportUnit, { sink, from }: ReadOptions): Promise<Json | undefined> {
  const [file] = unit.files;
  const { kind, hasHparams } = unit.hints as { kind: TrainingCsv["kind"]; hasHparams: boolean };
  const skips = new SkipCounter();
  const run = sink.run("");
  run.describe({ name: nameOf(file, kind) });
  for (const companion of unit.companions ?? []) {
    const configuration = await readYamlConfiguration(companion, skips);
    if (configuration !== undefined) run.describe({ configuration });
  }
  const before = from === undefined ? undefined : parseReadingState(StateSchema, from, "a training CSV");
  let rows: RowReader | undefined;
  if (before !== undefined) {
    const shape = maybeTrainingCsv(`${before.header}\n`, { relative: file.relative, hasHparams });
    if (shape !== undefined) rows = new RowReader(run, skips, shape, before);
  }
  let bytesRead = 0;
  let end = before?.offset ?? 0;
  for await (const chunk of readLines(file, { from: end })) {
    const lines = chunk.lines.values();
    if (rows === undefined) {
      const header = lines.next();
      if (header.done !== true) {
        const shape = maybeTrainingCsv(`${header.value}\n`, { relative: file.relative, hasHparams });
        if (shape === undefined) {
          skips.add("CSV_HEADER_CHANGED", () => `${file.relative}: "${header.value.slice(0, 80)}"`);
          break;
        }
        for (const name of shape.repeated) skips.add("CSV_COLUMN_REPEATED", () => `${file.relative}: "${name}"`);
        rows = new RowReader(run, skips, shape, { offset: 0, header: header.value, segment: 0, lastSteps: [] });
      }
    }
    for (const line of lines) rows?.take(line, file);
    if (chunk.tooLong > 0)
      skips.add("CSV_ROW_INVALID", () => `${file.relative}: a row that is too long`, chunk.tooLong);
    if (chunk.rest !== undefined)
      skips.add("CSV_ROW_UNFINISHED", () => `${file.relative}: "${chunk.rest?.slice(0, 80)}"`);
    end = chunk.end;
    bytesRead += chunk.bytesRead;
    skips.flush(sink);
    await sink.drain(bytesRead, () => rows?.state(end));
  }
  skips.flush(sink);
  return rows?.state(end);
}

class RowReader {
  private readonly run: RunSink;
  private readonly skips: SkipCounter;
  private readonly shape: TrainingCsv;
  private readonly header: string;
  private readonly series: (SeriesSink | undefined)[] = [];
  private readonly lastSteps: Map<string, number>;
  private segment: number;
  private lastEpoch: number | undefined;

  constructor(run: RunSink, skips: SkipCounter, shape: TrainingCsv, before: State) {
    this.run = run;
    this.skips = skips;
    this.shape = shape;
    this.header = before.header;
    this.segment = before.segment;
    this.lastSteps = new Map(before.lastSteps);
    this.lastEpoch = before.lastEpoch;
  }

  state(offset: number): Json {
    const { header, segment, lastEpoch } = this;
    return { offset, header, segment, lastSteps: [...this.lastSteps], ...(lastEpoch !== undefined && { lastEpoch }) };
  }

  take(line: string, { relative }: SourceFile): void {
    if (line.trim() === "") return;
    const { delimiter, measures, stepColumn, kind } = this.shape;
    const cells = splitCsvRecord(line, delimiter);
    const step = maybePythonFloat(cells?.[stepColumn]?.trim() ?? "");
    if (cells === undefined || cells.length !== measures.length || step === undefined || !Number.isSafeInteger(step)) {
      this.skips.add("CSV_ROW_INVALID", () => `${relative}: "${line.slice(0, 120)}"`);
      return;
    }
    if (this.goesBack(cells, step)) {
      this.segment += 1;
      this.lastSteps.clear();
    }
    for (let column = 0; column < cells.length; column++) {
      const measure = measures[column];
      const text = cells[column].trim();
      if (measure === undefined || text === "" || (kind === "keras" && text === "NA")) continue;
      const value = maybePythonFloat(text);
      if (value === undefined) {
        this.skips.add(
          "CSV_CELL_NOT_A_NUMBER",
          () => `${relative}, column "${measure}", step ${step}: "${text.slice(0, 80)}"`,
        );
        continue;
      }
      // Written into every row, as part of its address: said once a step.
      if (measure === "epoch" && step === this.lastSteps.get(measure) && value === this.lastEpoch) continue;
      if (measure === "epoch") this.lastEpoch = value;
      const series = this.series[column] ?? this.run.series(measure, knownMeasure(measure));
      this.series[column] = series;
      series.push(step, value, Number.NaN, this.segment);
      this.lastSteps.set(measure, step);
    }
  }

  /** In Keras' files an epoch has one row, so that the same epoch again is a restart too. */
  private goesBack(cells: readonly string[], step: number): boolean {
    const { measures, kind } = this.shape;
    return measures.some((measure, column) => {
      const last = measure === undefined || cells[column] === "" ? undefined : this.lastSteps.get(measure);
      return last !== undefined && (step < last || (kind === "keras" && step === last));
    });
  }
}

/** A Lightning run is its folder; a Keras run its file. */
function nameOf({ relative, path }: SourceFile, kind: TrainingCsv["kind"]): string {
  if (kind === "keras") return relative.replace(/\.[a-z]+$/i, "");
  const folder = folderOf(relative);
  return folder !== "" ? folder : (path.split(/[/\\]/).at(-2) ?? relative);
}
