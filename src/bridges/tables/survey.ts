/**
 * @file What a survey counts while a table's rows go by, over the rows that have a step.
 */
import { maybeStepInName } from "../stepNames.ts";
import { type ColumnStats, Combinations, Constancy, count, Distinct, newStats } from "./columnStats.ts";
import type { Cell, RowBatch } from "./rowSource.ts";

const STEPS_AT_MOST = 200_000;

export interface SurveyPlaces {
  /** Names of the columns; the rows may get more. */
  readonly header: readonly string[];
  /** −1: rows are counted. */
  readonly step: number;
  /** −1: none. */
  readonly epoch: number;
  /** Columns that may name a run. */
  readonly keys: readonly number[];
  /** Columns that name a measure. */
  readonly measures: readonly number[];
}

export class Survey {
  readonly places: SurveyPlaces;
  readonly stats: ColumnStats[];
  /** Of keys and measures, by place. */
  readonly distinct = new Map<number, Distinct>();
  /** Of the keys, in their order. */
  readonly combinations = new Combinations();
  /** By place; holes where there was no number. */
  readonly constancy: Constancy[] = [];
  rows = 0;
  /** Rows whose step had come before under the same measure. */
  repeats = 0;
  /** Rows whose step is lower than the row's before, and that do not begin an epoch. */
  descents = 0;
  private readonly steps = new Set<number>();
  private readonly measuredSteps = new Set<string>();
  private lastStep = Number.NEGATIVE_INFINITY;
  private lastEpoch = Number.NEGATIVE_INFINITY;

  constructor(places: SurveyPlaces) {
    this.places = places;
    this.stats = places.header.map(newStats);
    for (const place of [...places.keys, ...places.measures]) this.distinct.set(place, new Distinct());
  }

  /** Different steps. */
  get stepCount(): number {
    return this.steps.size;
  }

  take({ header, rows }: RowBatch): void {
    while (this.stats.length < header.length) this.stats.push(newStats(header[this.stats.length]));
    for (const row of rows) this.row(row);
  }

  private row(row: readonly Cell[]): void {
    const { keys, measures, step: stepPlace } = this.places;
    const step = stepPlace === -1 ? this.rows : stepOf(row[stepPlace]);
    if (step === undefined) return;
    this.rows++;
    this.countDescent(step, row[this.places.epoch]);
    if (this.steps.size < STEPS_AT_MOST) this.steps.add(step);
    if (keys.length + measures.length > 0) this.countStep(step, row);
    const combination = keys.length === 0 ? "" : this.combinations.add(keys.map((place) => String(row[place] ?? "")));
    for (const [place, distinct] of this.distinct) distinct.add(String(row[place] ?? ""), step);
    for (let place = 0; place < row.length; place++) {
      const cell = row[place];
      count(this.stats[place], cell);
      if (typeof cell !== "number") continue;
      this.constancy[place] ??= new Constancy();
      this.constancy[place].add(combination, cell);
    }
  }

  private countDescent(step: number, epochCell: Cell | undefined): void {
    const epoch = typeof epochCell === "number" ? epochCell : this.lastEpoch;
    if (step < this.lastStep && !(epoch > this.lastEpoch)) this.descents++;
    this.lastStep = step;
    this.lastEpoch = epoch;
  }

  private countStep(step: number, row: readonly Cell[]): void {
    const key = [step, ...this.places.measures.map((place) => row[place])].join("\0");
    if (this.measuredSteps.has(key)) this.repeats++;
    else if (this.measuredSteps.size < STEPS_AT_MOST) this.measuredSteps.add(key);
  }
}

/** A number, or text that names a step. */
export function stepOf(cell: Cell | undefined): number | undefined {
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : undefined;
  return typeof cell === "string" ? maybeStepInName(cell) : undefined;
}
