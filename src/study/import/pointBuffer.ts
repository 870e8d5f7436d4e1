/**
 * @file One series' points while they pile up: columns that grow, those that say nothing not made at all.
 *
 * Everything is kept as it comes, NaN and ±∞ included; what is not stated is NaN (−1 for context and file).
 */
import type { ImportedPoint, SeriesSink } from "../../bridges/index.ts";
import type { MeasureSpec } from "../../core/index.ts";
import type { PointColumns } from "../../formats/index.ts";

const FIRST_CAPACITY = 64;

type Column = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
/** Made when first something is stated, filled with what "not stated" is. */
const OPTIONAL = {
  se: (capacity: number): Column => new Float64Array(capacity).fill(Number.NaN),
  n: (capacity: number): Column => new Float64Array(capacity).fill(Number.NaN),
  segment: (capacity: number): Column => new Int32Array(capacity),
  context: (capacity: number): Column => new Int32Array(capacity).fill(-1),
  file: (capacity: number): Column => new Int32Array(capacity).fill(-1),
};
type OptionalName = keyof typeof OPTIONAL;
const OPTIONAL_NAMES = Object.keys(OPTIONAL) as OptionalName[];

export class PointBuffer implements SeriesSink {
  spec: Partial<MeasureSpec> | undefined;
  /** All points ever pushed. */
  total = 0;
  firstStep = Number.POSITIVE_INFINITY;
  lastStep = Number.NEGATIVE_INFINITY;
  private length = 0;
  private capacity = FIRST_CAPACITY;
  private step = new Float64Array(FIRST_CAPACITY);
  private value = new Float64Array(FIRST_CAPACITY);
  private wallMs = new Float64Array(FIRST_CAPACITY);
  private optional: Partial<Record<OptionalName, Column>> = {};

  get size(): number {
    return this.length;
  }

  push(step: number, value: number, wallMs: number, segment = 0): void {
    const at = this.length;
    if (at === this.capacity) this.grow();
    this.step[at] = step;
    this.value[at] = value;
    this.wallMs[at] = wallMs;
    if (segment !== 0) this.column("segment")[at] = segment;
    if (step < this.firstStep) this.firstStep = step;
    if (step > this.lastStep) this.lastStep = step;
    this.length = at + 1;
    this.total += 1;
  }

  pushPoint({ step, value, wallMs = Number.NaN, se, n, segment, context, file }: ImportedPoint): void {
    const at = this.length;
    this.push(step, value, wallMs, segment);
    if (se !== undefined && !Number.isNaN(se)) this.column("se")[at] = se;
    if (n !== undefined && !Number.isNaN(n)) this.column("n")[at] = n;
    if (context !== undefined && context >= 0) this.column("context")[at] = context;
    if (file !== undefined && file >= 0) this.column("file")[at] = file;
  }

  /** What piled up; begins again empty. */
  drain(): PointColumns {
    const { length } = this;
    const columns: Record<string, Column> = {
      step: this.step.slice(0, length),
      value: this.value.slice(0, length),
      wallMs: this.wallMs.slice(0, length),
    };
    for (const name of OPTIONAL_NAMES) {
      const column = this.optional[name];
      if (column !== undefined) columns[name] = column.slice(0, length);
    }
    this.length = 0;
    this.capacity = FIRST_CAPACITY;
    this.step = new Float64Array(FIRST_CAPACITY);
    this.value = new Float64Array(FIRST_CAPACITY);
    this.wallMs = new Float64Array(FIRST_CAPACITY);
    this.optional = {};
    return columns as unknown as PointColumns;
  }

  private column(name: OptionalName): Column {
    const made = this.optional[name] ?? OPTIONAL[name](this.capacity);
    this.optional[name] = made;
    return made;
  }

  private grow(): void {
    this.capacity *= 2;
    this.step = larger(this.step, this.capacity);
    this.value = larger(this.value, this.capacity);
    this.wallMs = larger(this.wallMs, this.capacity);
    for (const name of OPTIONAL_NAMES) {
      const column = this.optional[name];
      if (column === undefined) continue;
      const made = OPTIONAL[name](this.capacity);
      made.set(column);
      this.optional[name] = made;
    }
  }
}

function larger(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(capacity);
  made.set(column);
  return made;
}
