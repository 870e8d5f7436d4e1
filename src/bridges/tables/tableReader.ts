/**
 * @file Turns rows into points as the table's shape says.
 *
 * A row without a step states settings (JSONL: the first line's `{"_meta": {…}}`) where it comes from JSON; in a CSV it is
 * counted. A cell that is no number in a column of measures is counted, once with an example. Standard errors that are not
 * numbers are not stated. From a standard deviation over n items the standard error is sd / √n.
 */
import { type Json, OntogenyError } from "../../core/index.ts";
import type { ImportSink, SourceFile } from "../bridge.ts";
import { ROW_NUMBER_STEP } from "./mapping.ts";
import type { Cell, RowBatch } from "./rowSource.ts";
import { stepOf } from "./survey.ts";
import { RUNS_AT_MOST, type RunMemory, type TableRun, TableRuns } from "./tableRuns.ts";
import type { TableShape, ValueColumn } from "./tableShape.ts";

export interface TableReaderOptions {
  readonly sink: ImportSink;
  readonly file: SourceFile;
  readonly shape: TableShape;
  /** Rows without a step are settings. */
  readonly isJson: boolean;
  readonly memory: readonly RunMemory[];
}

interface Place extends ValueColumn {
  readonly at: number;
  readonly seAt: number;
  readonly deviationAt: number;
}

/** The shape's columns by place, under one header. */
interface Places {
  readonly width: number;
  readonly header: readonly string[];
  readonly step: number;
  readonly time: number;
  readonly epoch: number;
  readonly runs: readonly number[];
  readonly measures: readonly number[];
  readonly items: number;
  readonly settings: readonly { readonly name: string; readonly at: number }[];
  readonly values: readonly Place[];
}

export class TableReader {
  private readonly options: TableReaderOptions;
  readonly runs: TableRuns;
  private places: Places | undefined;
  /** Of the whole file, from rows without a step. */
  private readonly settings = new Map<string, Json>();

  constructor(options: TableReaderOptions) {
    this.options = options;
    this.runs = new TableRuns(options.sink, options.file, options.memory);
  }

  take({ header, rows, isRestart }: RowBatch): void {
    if (isRestart) this.runs.startAnew();
    if (this.places?.header !== header || this.places.width !== header.length)
      this.places = placesOf(header, this.options.shape);
    for (const row of rows) this.row(row, this.places);
  }

  private row(row: readonly Cell[], places: Places): void {
    const { shape, sink, file, isJson } = this.options;
    const stated = shape.step === ROW_NUMBER_STEP ? undefined : stepOf(row[places.step]);
    if (stated === undefined && shape.step !== ROW_NUMBER_STEP) {
      if (isJson) this.addSettings(row, places);
      else if (row.some((cell) => cell !== null))
        sink.skip("STEP_MISSING", `${file.relative}: a row without a number in "${shape.step}"`);
      return;
    }
    if (shape.charts !== undefined) {
      for (const place of places.values) this.chartValue(row, place, stated);
      return;
    }
    // A row without any value says nothing of a run, not even that it exists.
    if (stated !== undefined && places.values.every(({ at }) => row[at] === null || row[at] === undefined)) return;
    const run = this.runOf(runKey(row, places));
    if (run === undefined) return;
    const epoch = row[places.epoch];
    const step =
      stated === undefined ? run.rows : run.epochs.wholeStep(stated, typeof epoch === "number" ? epoch : undefined);
    this.enter(run, step);
    for (const { name, at } of places.settings) run.setting(name, row[at]);
    const wallMs = wallMsOf(row[places.time]);
    const prefix = places.measures.map((at) => row[at]).filter((cell) => cell !== null);
    for (const place of places.values)
      this.value(run, { row, place, step, wallMs, prefix: prefix.join("/"), items: row[places.items] });
  }

  private chartValue(row: readonly Cell[], place: Place, step: number | undefined): void {
    const chart = this.options.shape.charts?.[place.column];
    const run = this.runOf(chart?.run ?? "");
    if (run === undefined || row[place.at] === null) return;
    const at = step ?? run.rows;
    this.enter(run, at);
    this.value(run, { row, place, step: at, wallMs: Number.NaN, prefix: "", items: null, name: chart?.measure });
  }

  private runOf(key: string): TableRun | undefined {
    const run = this.runs.of(key);
    if (run === undefined)
      this.options.sink.skip(
        "TOO_MANY_RUNS",
        `${this.options.file.relative}: more than ${RUNS_AT_MOST} runs; say which columns name a run, e.g. --map run=COLUMN`,
      );
    return run;
  }

  private enter(run: TableRun, step: number): void {
    const isBack = run.lastStep !== null && (step < run.lastStep || (run.isStartedAnew && step === run.lastStep));
    if (isBack && (run.isStartedAnew || this.options.shape.hasRestarts)) run.segment++;
    run.isStartedAnew = false;
    run.lastStep = step;
    run.rows++;
  }

  private value(run: TableRun, { row, place, step, wallMs, prefix, items, name }: Measured): void {
    const { at, seAt, deviationAt, column } = place;
    const value = row[at];
    if (value === null || value === undefined) return;
    const { sink, file } = this.options;
    if (typeof value !== "number") {
      sink.skip("NOT_A_NUMBER", `${file.relative}: ${column} at step ${step} is ${JSON.stringify(value).slice(0, 60)}`);
      return;
    }
    const series = run.seriesOf(
      name ?? (prefix === "" ? column : isBareValue(column) ? prefix : `${prefix}/${column}`),
    );
    if (series === undefined) {
      sink.skip("TOO_MANY_MEASURES", `${file.relative}: ${column}`);
      return;
    }
    const n = typeof items === "number" ? items : Number.NaN;
    const [se, deviation] = [row[seAt], row[deviationAt]];
    series.pushPoint({
      step,
      value,
      wallMs,
      se: typeof se === "number" ? se : typeof deviation === "number" ? deviation / Math.sqrt(n) : Number.NaN,
      n,
      segment: run.segment,
      file: run.file,
    });
  }

  private addSettings(row: readonly Cell[], { header }: Places): void {
    for (let i = 0; i < row.length; i++) {
      const cell = row[i];
      if (cell === null) continue;
      const name = settingName(header[i]);
      const known = this.settings.get(name);
      if (known !== undefined && !Object.is(known, cell))
        this.options.sink.skip(
          "SETTING_REPLACED",
          `${this.options.file.relative}: ${name} was ${JSON.stringify(known)}, then ${JSON.stringify(cell)}`,
        );
      this.settings.set(name, cell);
    }
  }

  /** Names and settings of the runs that had rows. */
  describe(name: string): void {
    const { step } = this.options.shape;
    // Tokens and updates are not to be compared as if they were the same.
    const file = { ...Object.fromEntries(this.settings), step_column: step === ROW_NUMBER_STEP ? "row" : step };
    for (const run of this.runs.all()) {
      const own = [...run.settings].filter(([, value]) => value !== null);
      const within = run.epochs.isWithin ? { step_column: `${step} within epochs, one after the other` } : {};
      // What a run has said only once may be anything: a second row must have said it again.
      const configuration = {
        ...file,
        ...within,
        ...Object.fromEntries(
          run.rows > 1 || own.length === 0 ? own : own.filter(([, value]) => typeof value === "string"),
        ),
      };
      run.sink.describe({
        ...(this.runs.isNew(run) && { name: run.key === "" ? name : `${name}/${run.key}` }),
        configuration,
      });
    }
  }
}

interface Measured {
  readonly row: readonly Cell[];
  readonly place: Place;
  readonly step: number;
  readonly wallMs: number;
  readonly prefix: string;
  readonly items: Cell | undefined;
  readonly name?: string | undefined;
}

function placesOf(header: readonly string[], shape: TableShape): Places {
  const placeOf = new Map(header.map((name, place) => [name, place]));
  const at = (name: string | undefined) => (name === undefined ? -1 : (placeOf.get(name) ?? -1));
  if (shape.step !== ROW_NUMBER_STEP && header.length > 0 && at(shape.step) === -1)
    throw new OntogenyError(
      "STEP_UNKNOWN",
      `Table: expected the column "${shape.step}" in the changed header, got ${header.slice(0, 12).join(", ")}; give the later part a file of its own`,
    );
  const known = new Set([
    shape.step,
    shape.time,
    shape.items,
    ...shape.runs,
    ...shape.measures,
    ...shape.settings,
    ...shape.ignored,
    ...shape.values.flatMap(({ column, se, deviation }) => [column, se, deviation]),
  ]);
  const later = shape.isOpen ? header.filter((name) => !known.has(name)).map((column) => ({ column })) : [];
  return {
    width: header.length,
    header,
    step: at(shape.step),
    time: at(shape.time),
    epoch: at(shape.epoch),
    runs: shape.runs.map(at),
    measures: shape.measures.map(at),
    items: at(shape.items),
    settings: shape.settings.map((name) => ({ name, at: at(name) })),
    values: [...shape.values, ...later].map((value: ValueColumn) => ({
      ...value,
      at: at(value.column),
      seAt: at(value.se),
      deviationAt: at(value.deviation),
    })),
  };
}

/** One column's value; of several columns `name=value, name=value`; a number always with its name. */
function runKey(row: readonly Cell[], { runs, header }: Places): string {
  if (runs.length === 0) return "";
  const parts = runs.map((at) =>
    runs.length === 1 && typeof row[at] === "string" ? row[at] : `${header[at]}=${row[at] ?? ""}`,
  );
  return parts.join(", ");
}

function isBareValue(column: string): boolean {
  return /^(?:value|val|metric_?value|measurement)$/i.test(column);
}

/** Seconds, milliseconds or microseconds since 1970, told apart by size; or a date. */
function wallMsOf(cell: Cell | undefined): number {
  if (typeof cell === "string") return Date.parse(cell);
  if (typeof cell !== "number") return Number.NaN;
  const size = Math.abs(cell);
  return size < 1e11 ? cell * 1000 : size < 1e14 ? cell : cell / 1000;
}

/** `_meta.lr` and `config.lr` are `lr`; `_summary.acc` is `summary.acc`. */
function settingName(column: string): string {
  return column.replace(/^_?(?:meta|metadata|config|args|hparams|hyperparameters|params)\./, "").replace(/^_/, "");
}
