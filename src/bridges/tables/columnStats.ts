/**
 * @file What the values of a table's columns say, gathered in one pass: which are numbers, which name runs, which go with the
 * step or with the run.
 *
 * Rows without a step are not counted: they state settings. Distinct values, and combinations of them, are counted up to a
 * bound; beyond it a column counts as having "many".
 */
import type { Cell } from "./rowSource.ts";

const DISTINCT_AT_MOST = 50_000;

export interface ColumnStats {
  readonly name: string;
  numbers: number;
  texts: number;
  /** Whole numbers among the numbers. */
  wholes: number;
  least: number;
  greatest: number;
  firstText: string | undefined;
}

export function newStats(name: string): ColumnStats {
  return {
    name,
    numbers: 0,
    texts: 0,
    wholes: 0,
    least: Number.POSITIVE_INFINITY,
    greatest: Number.NEGATIVE_INFINITY,
    firstText: undefined,
  };
}

export function count(stats: ColumnStats, cell: Cell): void {
  if (typeof cell === "number") {
    stats.numbers++;
    if (Number.isInteger(cell)) stats.wholes++;
    if (cell < stats.least) stats.least = cell;
    if (cell > stats.greatest) stats.greatest = cell;
  } else if (cell !== null) {
    stats.texts++;
    stats.firstText ??= String(cell);
  }
}

/** Distinct values of a column, or of several together, and whether each goes with one step only. */
export class Distinct {
  private readonly steps = new Map<string, number>();
  /** Values that came with more than one step. */
  repeated = 0;
  isFull = false;

  add(value: string, step: number): void {
    const known = this.steps.get(value);
    if (known === undefined) {
      if (this.steps.size >= DISTINCT_AT_MOST) {
        this.isFull = true;
        return;
      }
      this.steps.set(value, step);
    } else if (!Number.isNaN(known) && known !== step) {
      this.steps.set(value, Number.NaN);
      this.repeated++;
    }
  }

  get size(): number {
    return this.steps.size;
  }

  values(): Iterable<string> {
    return this.steps.keys();
  }
}

/** Which combinations of some columns' cells there are. */
export class Combinations {
  private readonly seen = new Map<string, readonly string[]>();
  isFull = false;

  /** The key of the combination. */
  add(cells: readonly string[]): string {
    const key = cells.join("\0");
    if (!this.seen.has(key)) {
      if (this.seen.size >= DISTINCT_AT_MOST) this.isFull = true;
      else this.seen.set(key, cells);
    }
    return key;
  }

  /** How many there are when only these places count. */
  sizeOf(places: readonly number[]): number {
    return new Set(this.projection(places).values()).size;
  }

  /** Each combination's key → the key of only these places. */
  projection(places: readonly number[]): ReadonlyMap<string, string> {
    const projected = [...this.seen].map(([key, cells]): [string, string] => [
      key,
      places.map((place) => cells[place]).join("\0"),
    ]);
    return new Map(projected);
  }
}

/** Is a column's number the same in all rows of a run? For one column; what makes a run is decided afterwards. */
export class Constancy {
  /** By combination of all columns that may name a run. */
  private readonly values = new Map<string, { readonly value: number; rows: number }>();
  private isVarying = false;

  add(combination: string, value: number): void {
    if (this.isVarying) return;
    const known = this.values.get(combination);
    if (known === undefined) {
      if (this.values.size >= DISTINCT_AT_MOST) this.vary();
      else this.values.set(combination, { value, rows: 1 });
    } else if (Object.is(known.value, value)) known.rows++;
    else this.vary();
  }

  /** isSetting: some run said it twice, and none ever said something else. isDiffering: runs differ in it. */
  over(runs: ReadonlyMap<string, string>): { isSetting: boolean; isDiffering: boolean } {
    const byRun = new Map<string, { value: number; rows: number }>();
    let isSetting = !this.isVarying && this.values.size > 0;
    for (const [combination, { value, rows }] of this.values) {
      const run = runs.get(combination) ?? combination;
      const known = byRun.get(run);
      if (known === undefined) byRun.set(run, { value, rows });
      else if (Object.is(known.value, value)) known.rows += rows;
      else isSetting = false;
    }
    const all = [...byRun.values()];
    return {
      isSetting: isSetting && all.some(({ rows }) => rows > 1),
      isDiffering: all.some(({ value }) => !Object.is(value, all[0].value)),
    };
  }

  private vary(): void {
    this.isVarying = true;
    this.values.clear();
  }
}
