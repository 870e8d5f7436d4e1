/**
 * @file W&B's Record message as the SDK writes it into `.wandb` files: which kind it is, and the small
 * messages in it (items of history and the like: wandbItems.ts).
 *
 * Pure and browser-safe. Unknown fields are passed over, malformed bytes end the message, nothing is thrown. Source:
 * wandb/proto/wandb_internal.proto.
 */
import { FIXED64, SPAN, VARINT, WireReader } from "../wire.ts";

/** ":W&B", 0xBEE1 little-endian, version 0. */
export const WANDB_HEADER: readonly number[] = [0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0];

/** Field numbers of Record's `record_type`. */
export const RECORD = {
  history: 2,
  summary: 3,
  output: 4,
  config: 5,
  stats: 7,
  artifact: 8,
  tbrecord: 9,
  alert: 10,
  metric: 12,
  outputRaw: 13,
  run: 17,
  exit: 18,
  preempting: 23,
} as const;
const OTHER_THAN_TYPES: ReadonlySet<number> = new Set([1, 16, 19, 200]);

/** Where a nested message stands. */
export interface Part {
  readonly begin: number;
  readonly end: number;
}

/** One object reads record after record. */
export class RecordReader {
  /** One of RECORD, or another number; 0: none. */
  kind = 0;
  begin = 0;
  end = 0;
  private readonly fields = new WireReader();

  /** False: malformed. */
  read(bytes: Uint8Array, begin: number, end: number): boolean {
    this.kind = 0;
    const fields = this.fields.over(bytes, begin, end);
    while (fields.next())
      if (fields.wireType !== SPAN || OTHER_THAN_TYPES.has(fields.field)) fields.skip();
      else if (fields.span()) {
        this.kind = fields.field;
        this.begin = fields.begin;
        this.end = fields.close;
      }
    return !fields.malformed;
  }
}

export interface RunRecord {
  readonly runId: string;
  readonly project: string;
  readonly displayName: string;
  /** Other texts by what they are: entity, group, jobType, notes, sweepId, host, gitRemote, gitCommit, forkedFrom. */
  readonly texts: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  readonly startedAtMs?: number;
  readonly startingStep: number;
  readonly resumed: boolean;
  readonly config?: Part;
  readonly summary?: Part;
}

const RUN_TEXTS: ReadonlyMap<number, string> = new Map([
  [2, "entity"],
  [6, "group"],
  [7, "jobType"],
  [9, "notes"],
  [12, "sweepId"],
  [13, "host"],
]);

/** undefined: malformed. */
export function readRunRecord(bytes: Uint8Array, begin: number, end: number): RunRecord | undefined {
  const reader = new WireReader().over(bytes, begin, end);
  const texts = new Map<string, string>();
  const tags: string[] = [];
  let run: Omit<RunRecord, "texts" | "tags"> = {
    runId: "",
    project: "",
    displayName: "",
    startingStep: 0,
    resumed: false,
  };
  while (reader.next()) {
    const { field } = reader;
    const name = RUN_TEXTS.get(field);
    if (field === 14 && reader.is(VARINT)) run = { ...run, startingStep: reader.int64() };
    else if (field === 18 && reader.is(VARINT)) run = { ...run, resumed: reader.varint() !== 0 };
    else if (reader.wireType !== SPAN || !reader.span()) reader.skip();
    else if (name !== undefined) texts.set(name, reader.spanText());
    else if (field === 1) run = { ...run, runId: reader.spanText() };
    else if (field === 3) run = { ...run, project: reader.spanText() };
    else if (field === 4) run = { ...run, config: { begin: reader.begin, end: reader.close } };
    else if (field === 5) run = { ...run, summary: { begin: reader.begin, end: reader.close } };
    else if (field === 8) run = { ...run, displayName: reader.spanText() };
    else if (field === 10) tags.push(reader.spanText());
    else if (field === 17) run = { ...run, startedAtMs: millisecondsOf(bytes, reader.begin, reader.close) };
    else if (field === 21) addTexts(texts, bytes, reader.begin, reader.close, ["", "gitRemote", "gitCommit"]);
    else if (field === 23) addBranchPoint(texts, bytes, reader.begin, reader.close);
  }
  return reader.malformed ? undefined : { ...run, texts, tags };
}

export interface MetricRecord {
  readonly name: string;
  /** Holds for every name that it matches. */
  readonly glob: string;
  /** The measure whose value of the same row is the place on the x axis; "": the row's step. */
  readonly stepMetric: string;
  /** A row without the step metric takes its last value. */
  readonly syncsStep: boolean;
  readonly goal: "lower" | "higher" | undefined;
}

/** What `define_metric` was told. undefined: malformed. */
export function readMetricRecord(bytes: Uint8Array, begin: number, end: number): MetricRecord | undefined {
  const reader = new WireReader().over(bytes, begin, end);
  let metric: MetricRecord = { name: "", glob: "", stepMetric: "", syncsStep: false, goal: undefined };
  while (reader.next()) {
    const { field } = reader;
    if (field === 1) metric = { ...metric, name: reader.text() };
    else if (field === 2) metric = { ...metric, glob: reader.text() };
    else if (field === 4) metric = { ...metric, stepMetric: reader.text() };
    else if (field === 6 && reader.is(SPAN) && reader.span()) {
      const options = new WireReader().over(bytes, reader.begin, reader.close);
      while (options.next())
        if (options.field === 1 && options.is(VARINT)) metric = { ...metric, syncsStep: options.varint() !== 0 };
        else options.skip();
      if (options.malformed) return undefined;
    } else if (field === 8 && reader.is(VARINT)) {
      const goal = reader.varint();
      metric = { ...metric, goal: goal === 1 ? "lower" : goal === 2 ? "higher" : undefined };
    } else reader.skip();
  }
  return reader.malformed ? undefined : metric;
}

/** HistoryRecord.step.num, which is left out when 0; NaN: there is no step at all, or the message is malformed. */
export function readHistoryStep(bytes: Uint8Array, begin: number, end: number): number {
  const reader = new WireReader().over(bytes, begin, end);
  while (reader.next())
    if (reader.field === 2 && reader.is(SPAN) && reader.span())
      return readInteger(bytes, reader.begin, reader.close, 1);
    else reader.skip();
  return Number.NaN;
}

/** RunExitRecord.exit_code. */
export function readExitCode(bytes: Uint8Array, begin: number, end: number): number {
  return readInteger(bytes, begin, end, 1);
}

/** 0 where it is left out. */
function readInteger(bytes: Uint8Array, begin: number, end: number, field: number): number {
  const reader = new WireReader().over(bytes, begin, end);
  let value = 0;
  while (reader.next())
    if (reader.field === field && reader.is(VARINT)) value = reader.int64();
    else reader.skip();
  return value;
}

/** StatsRecord.timestamp, as epoch milliseconds; NaN: not stated. */
export function readStatsTime(bytes: Uint8Array, begin: number, end: number): number {
  const reader = new WireReader().over(bytes, begin, end);
  while (reader.next())
    if (reader.field === 2 && reader.is(SPAN) && reader.span())
      return millisecondsOf(bytes, reader.begin, reader.close);
    else reader.skip();
  return Number.NaN;
}

/** google.protobuf.Timestamp. */
function millisecondsOf(bytes: Uint8Array, begin: number, end: number): number {
  const reader = new WireReader().over(bytes, begin, end);
  let [seconds, nanoseconds] = [0, 0];
  while (reader.next())
    if (reader.field === 1 && reader.is(VARINT)) seconds = reader.int64();
    else if (reader.field === 2 && reader.is(VARINT)) nanoseconds = reader.int64();
    else reader.skip();
  return seconds * 1000 + nanoseconds / 1e6;
}

function addTexts(
  texts: Map<string, string>,
  bytes: Uint8Array,
  begin: number,
  end: number,
  names: readonly string[],
): void {
  const reader = new WireReader().over(bytes, begin, end);
  while (reader.next()) {
    const name = names[reader.field] ?? "";
    if (name !== "" && reader.wireType === SPAN) texts.set(name, reader.text());
    else reader.skip();
  }
}

/** {1 run, 2 value, 3 metric}: forked from that run where the metric had that value. */
function addBranchPoint(texts: Map<string, string>, bytes: Uint8Array, begin: number, end: number): void {
  const reader = new WireReader().over(bytes, begin, end);
  while (reader.next())
    if (reader.field === 1) texts.set("forkedFrom", reader.text());
    else if (reader.field === 2 && reader.wireType === FIXED64) texts.set("forkedAt", String(reader.double()));
    else if (reader.field === 3) texts.set("forkedBy", reader.text());
    else reader.skip();
}
