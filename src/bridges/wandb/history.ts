/**
 * @file History rows of a W&B run into series.
 *
 * A row's place is `_step` (else HistoryRecord.step, else one more than the last), its time `_timestamp`; a metric whose
 * definition names a step metric is placed against that measure's value in the same row, or its last one where it was defined
 * to be carried on; where there is none, the value is counted and kept apart, by step, as `NAME (by _step)`. `_runtime` says
 * nothing that the times do not. A segment begins where `_step` goes back, and with
 * each file. Whole numbers beyond 2^53 are kept as the nearest double and counted.
 */
import { type HistogramMoments, ITEM, ItemReader, JsonNumberReader, readHistoryStep } from "../../formats/index.ts";
import type { RunSink } from "../bridge.ts";
import { MomentSeries } from "../momentSeries.ts";
import type { SkipCounter } from "../skipCounter.ts";
import type { Metric, Metrics } from "./metrics.ts";
import { maybeWord, parseValue, type RowSkip, type RowTaker, takeValue } from "./rowValues.ts";
import type { WandbState } from "./state.ts";

const TYPE_SUFFIX = "._type";

interface OtherItem {
  readonly metric: Metric;
  /** JSON of the item, or its number. */
  readonly begin: number;
  readonly end: number;
}

export class History implements RowTaker {
  lastStep: number | null;
  maxSegment: number;
  segment = 0;
  private readonly run: RunSink;
  private readonly metrics: Metrics;
  private readonly skips: SkipCounter;
  private readonly items = new ItemReader();
  private readonly numbers = new JsonNumberReader();
  private readonly step: Metric;
  private readonly timestamp: Metric;
  private lastStepOfFile: number | null = null;
  private file = "";
  private row = 0;
  /** The row in hand: its numbers, and the rest. */
  private readonly rowMetrics: Metric[] = [];
  private rowValues = new Float64Array(64);
  private rowLength = 0;
  private readonly others: OtherItem[] = [];
  private readonly histograms: (readonly [name: string, moments: HistogramMoments])[] = [];
  private hasTypes = false;

  constructor(run: RunSink, metrics: Metrics, skips: SkipCounter, state: WandbState) {
    this.run = run;
    this.metrics = metrics;
    this.skips = skips;
    this.lastStep = state.lastStep;
    this.maxSegment = state.maxSegment;
    this.step = metrics.named("_step");
    this.timestamp = metrics.named("_timestamp");
  }

  /** `segment` of a file that was read before; absent: a new file, which is a restart if there are rows already. */
  beginFile(file: string, segment = this.maxSegment + 1): void {
    this.file = file;
    this.segment = segment;
    this.lastStepOfFile = null;
  }

  /** A file that is gone on with: its rows follow on what was read. */
  resumeFile(file: string, segment: number): void {
    this.file = file;
    this.segment = segment;
    this.lastStepOfFile = this.lastStep;
  }

  /** For messages. */
  get where(): string {
    return `${this.file}, ${this.lastStep === null ? "in the first rows" : `after step ${this.lastStep}`}`;
  }

  /** One HistoryRecord: `bytes[begin … end)`. */
  take(bytes: Uint8Array, begin: number, end: number): void {
    this.row++;
    this.rowLength = 0;
    this.others.length = 0;
    this.histograms.length = 0;
    this.hasTypes = false;
    const items = this.items.over(bytes, begin, end, 1);
    while (items.next()) this.takeItem(bytes);
    if (items.malformed) {
      this.skips.add("WANDB_MALFORMED", () => `${this.where}: a history row: not valid protobuf`);
      return;
    }
    if (this.others.length > 0) this.takeOthers(bytes);
    const step = this.stepOf(bytes, begin, end);
    if (!(Math.abs(step) <= Number.MAX_SAFE_INTEGER)) {
      this.skips.add("STEP_OUT_OF_RANGE", () => `${this.where}: a history row: step ${step}`, this.rowLength);
      return;
    }
    if (this.lastStepOfFile !== null && step < this.lastStepOfFile) this.segment = this.maxSegment + 1;
    this.lastStep = step;
    this.lastStepOfFile = step;
    if (this.segment > this.maxSegment) this.maxSegment = this.segment;
    this.pushRow(step);
  }

  private takeItem(bytes: Uint8Array): void {
    const { items, numbers } = this;
    const metric = this.metrics.of(items.nameBytes, items.nameBegin, items.nameEnd);
    if (metric === undefined) {
      this.skips.add("WANDB_NAME_REFUSED", () => `${this.where}: a name longer than 4,096 bytes, or one too many`);
      return;
    }
    metric.isInHistory = true;
    if (items.kind === ITEM.json) {
      if (numbers.read(bytes, items.valueBegin, items.valueEnd)) {
        if (numbers.isRounded) this.countRounded(metric);
        this.add(metric, numbers.value);
      } else this.takeOther(metric, bytes, items.valueBegin, items.valueEnd);
    } else if (items.kind === ITEM.integer || items.kind === ITEM.number || items.kind === ITEM.boolean) {
      if (items.kind === ITEM.integer && Math.abs(items.number) > Number.MAX_SAFE_INTEGER) this.countRounded(metric);
      this.add(metric, items.number);
    } else if (items.kind === ITEM.text) this.skip("WANDB_TEXT", metric.name, "text");
    else this.skip("WANDB_NULL", metric.name, "no value");
  }

  private takeOther(metric: Metric, bytes: Uint8Array, begin: number, end: number): void {
    const word = maybeWord(bytes, begin, end);
    if (word !== undefined) {
      this.add(metric, word);
      return;
    }
    if (metric.name.endsWith(TYPE_SUFFIX)) this.hasTypes = true;
    this.others.push({ metric, begin, end });
  }

  private add(metric: Metric, value: number): void {
    const at = this.rowLength;
    if (at === this.rowValues.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.rowValues);
      this.rowValues = larger;
    }
    this.rowMetrics[at] = metric;
    this.rowValues[at] = value;
    this.rowLength = at + 1;
    metric.row = this.row;
    metric.last = value;
  }

  private takeOthers(bytes: Uint8Array): void {
    if (this.hasTypes) this.takeTyped(bytes);
    for (const { metric, begin, end } of this.others) {
      const parsed = parseValue(bytes, begin, end, metric.name, this);
      if (parsed !== undefined) takeValue(parsed.value, metric.name, this);
    }
  }

  /** Newer SDKs write an object with a `_type` as one item a key: put together again, its parts are no metrics. */
  private takeTyped(bytes: Uint8Array): void {
    const bases = this.others
      .filter(({ metric }) => metric.name.endsWith(TYPE_SUFFIX))
      .map(({ metric }) => metric.name.slice(0, -TYPE_SUFFIX.length));
    for (const base of bases) {
      const object: Record<string, unknown> = Object.create(null);
      const isPart = ({ name }: Metric) => name.startsWith(`${base}.`);
      const set = (name: string, value: unknown) => {
        const [key, inner] = name.slice(base.length + 1).split(".");
        if (inner === undefined) object[key] = value;
        else object[key] = { ...(object[key] as object | undefined), [inner]: value };
      };
      for (const { metric, begin, end } of this.others)
        if (isPart(metric)) set(metric.name, parseValue(bytes, begin, end, metric.name, this)?.value);
      for (let at = 0; at < this.rowLength; at++)
        if (isPart(this.rowMetrics[at])) set(this.rowMetrics[at].name, this.rowValues[at]);
      this.remove(isPart);
      takeValue({ ...object }, base, this);
    }
  }

  private remove(isPart: (metric: Metric) => boolean): void {
    const rest = this.others.filter(({ metric }) => !isPart(metric));
    this.others.length = 0;
    this.others.push(...rest);
    let kept = 0;
    for (let at = 0; at < this.rowLength; at++) {
      if (isPart(this.rowMetrics[at])) continue;
      this.rowMetrics[kept] = this.rowMetrics[at];
      this.rowValues[kept++] = this.rowValues[at];
    }
    this.rowLength = kept;
  }

  private stepOf(bytes: Uint8Array, begin: number, end: number): number {
    if (this.step.row === this.row) return this.step.last;
    const stated = readHistoryStep(bytes, begin, end);
    return Number.isNaN(stated) ? (this.lastStep ?? -1) + 1 : stated;
  }

  private pushRow(step: number): void {
    const wallMs = this.timestamp.row === this.row ? 1000 * this.timestamp.last : Number.NaN;
    const { rowMetrics, rowValues, rowLength, segment } = this;
    for (let at = 0; at < rowLength; at++) {
      const metric = rowMetrics[at];
      if (metric.isInternal) continue;
      const place = metric.isPlaced && metric.axis === undefined ? step : this.placeOf(metric, step);
      if (Number.isNaN(place)) this.run.series(apart(metric)).push(step, rowValues[at], wallMs, segment);
      else {
        metric.series ??= this.seriesOf(metric);
        metric.series.push(place, rowValues[at], wallMs, segment);
      }
    }
    for (const [name, moments] of this.histograms) this.pushMoments(this.metrics.named(name), moments, step, wallMs);
  }

  /** On the metric's own axis; NaN: it has no place, and is counted. */
  private placeOf(metric: Metric, step: number): number {
    if (!metric.isPlaced) this.metrics.place(metric);
    const { axis } = metric;
    if (axis === undefined) return step;
    const place = axis.row === this.row || metric.syncs ? axis.last : Number.NaN;
    if (Math.abs(place) <= Number.MAX_SAFE_INTEGER) return place;
    this.skip(
      "WANDB_NO_STEP_METRIC",
      metric.name,
      `no value of "${axis.name}", which it is defined against; kept by step`,
    );
    return Number.NaN;
  }

  private pushMoments(metric: Metric, moments: HistogramMoments, step: number, wallMs: number): void {
    const place = this.placeOf(metric, step);
    if (Number.isNaN(place)) {
      new MomentSeries(this.run, apart(metric)).push(step, moments, wallMs, this.segment);
      return;
    }
    metric.moments ??= new MomentSeries(this.run, metric.name);
    metric.moments.push(place, moments, wallMs, this.segment);
  }

  private seriesOf(metric: Metric) {
    const goal = this.metrics.definitionOf(metric)?.goal;
    const { axis } = metric;
    return this.run.series(metric.name, {
      ...(goal !== undefined && { direction: goal }),
      ...(axis !== undefined && { description: `steps are values of "${axis.name}"` }),
    });
  }

  number(name: string, value: number): void {
    this.add(this.metrics.named(name), value);
  }

  histogram(name: string, moments: HistogramMoments): void {
    this.histograms.push([name, moments]);
  }

  skip(code: RowSkip | "WANDB_NO_STEP_METRIC", name: string, what: string): void {
    this.skips.add(code, () => `${this.where}: "${name}": ${what}`);
  }

  private countRounded({ name }: Metric): void {
    this.skips.add("INTEGER_ROUNDED", () => `${this.where}: "${name}": beyond 2^53, the nearest double is kept`);
  }
}

/** What values without a place on the metric's own axis are called. */
const apart = ({ name }: Metric): string => `${name} (by _step)`;
