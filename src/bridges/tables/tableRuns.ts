/**
 * @file The runs of one table while its rows go by: where each one's points go, its last step, its settings.
 */
import type { Json } from "../../core/index.ts";
import type { ImportSink, RunSink, SeriesSink, SourceFile } from "../bridge.ts";
import { type EpochMemory, EpochSteps } from "../epochSteps.ts";
import type { Cell } from "./rowSource.ts";

/** A column of free text taken for runs would make more. */
export const RUNS_AT_MOST = 20_000;
const SERIES_AT_MOST = 20_000;

/** What `TableRun` knows, between imports. */
export type RunMemory = [
  key: string,
  lastStep: number | null,
  segment: number,
  rows: number,
  isStartedAnew: boolean,
  epochs: EpochMemory,
];

export class TableRun {
  readonly key: string;
  readonly sink: RunSink;
  readonly file: number;
  lastStep: number | null = null;
  segment = 0;
  rows = 0;
  /** The header was written again: the next step that is not higher begins a segment. */
  isStartedAnew = false;
  epochs = new EpochSteps();
  /** Column → the value so far; null once it changed. */
  readonly settings = new Map<string, Json>();
  private readonly series = new Map<string, SeriesSink>();

  constructor(key: string, sink: RunSink, file: SourceFile) {
    this.key = key;
    this.sink = sink;
    this.file = sink.file(file);
  }

  /** undefined: it has too many already. */
  seriesOf(measure: string): SeriesSink | undefined {
    let series = this.series.get(measure);
    if (series === undefined && this.series.size < SERIES_AT_MOST) {
      series = this.sink.series(measure);
      this.series.set(measure, series);
    }
    return series;
  }

  setting(name: string, cell: Cell | undefined): void {
    if (cell === null || cell === undefined) return;
    const known = this.settings.get(name);
    if (known === undefined) this.settings.set(name, cell);
    else if (known !== null && !Object.is(known, cell)) this.settings.set(name, null);
  }
}

export class TableRuns {
  private readonly sink: ImportSink;
  private readonly file: SourceFile;
  private readonly runs = new Map<string, TableRun>();
  private readonly remembered: Map<string, RunMemory>;

  constructor(sink: ImportSink, file: SourceFile, memory: readonly RunMemory[]) {
    this.sink = sink;
    this.file = file;
    this.remembered = new Map(memory.map((run) => [run[0], run]));
  }

  /** undefined: there are too many. */
  of(key: string): TableRun | undefined {
    const known = this.runs.get(key);
    if (known !== undefined || this.runs.size >= RUNS_AT_MOST) return known;
    const run = new TableRun(key, this.sink.run(key), this.file);
    const memory = this.remembered.get(key);
    if (memory !== undefined) {
      let epochs: EpochMemory;
      [, run.lastStep, run.segment, run.rows, run.isStartedAnew, epochs] = memory;
      run.epochs = new EpochSteps(epochs);
    }
    this.runs.set(key, run);
    return run;
  }

  startAnew(): void {
    for (const key of this.remembered.keys()) this.of(key);
    for (const run of this.runs.values()) run.isStartedAnew = true;
  }

  all(): Iterable<TableRun> {
    return this.runs.values();
  }

  isNew(run: TableRun): boolean {
    return !this.remembered.has(run.key);
  }

  memory(): RunMemory[] {
    const now = [...this.runs.values()].map(
      ({ key, lastStep, segment, rows, isStartedAnew, epochs }): RunMemory => [
        key,
        lastStep,
        segment,
        rows,
        isStartedAnew,
        epochs.memory(),
      ],
    );
    return [...[...this.remembered.values()].filter(([key]) => !this.runs.has(key)), ...now];
  }
}
