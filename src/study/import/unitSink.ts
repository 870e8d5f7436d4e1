/**
 * @file Where a bridge's points go: buffers by run and measure, written out when they have grown large.
 *
 * Goes on from what was imported before: runs keep their ids, names of contexts and files their index. Refuses to take
 * points of one unit for two runs of the same key. What is skipped is counted by code, with the first example.
 */
import type { ImportSink, ImportUnit, RunFacts, RunSink, SourceFile } from "../../bridges/index.ts";
import { canonicalJson, contentId, type EvaluationContext, type Json, type MeasureSpec } from "../../core/index.ts";
import type { ImportedSeries } from "../../formats/index.ts";
import type { ImportedRunRecord, ImportRecord, Skip } from "../../store/index.ts";
import { PointBuffer } from "./pointBuffer.ts";

/** Points in all buffers at which they are written out: about 50 MB. */
const WRITE_OUT_POINTS = 1_500_000;
const EXAMPLE_LENGTH = 300;

export interface UnitSinkOptions {
  readonly unit: ImportUnit;
  /** What makes the unit's runs distinct from others': an absolute path. */
  readonly where: string;
  /** Absent: begins anew. */
  readonly before?: ImportRecord;
  /** Writes a part. */
  readonly write: (series: readonly ImportedSeries[]) => Promise<void>;
  /** Makes everything written so far count, up to this state. */
  readonly commit: (state: Json) => Promise<void>;
  readonly onProgress: (bytesRead: number, points: number) => void;
  readonly signal: AbortSignal;
}

export class UnitSink implements ImportSink {
  private readonly options: UnitSinkOptions;
  private readonly runs = new Map<string, RunBuffers>();
  private readonly skips = new Map<string, { code: string; count: number; example: string }>();

  constructor(options: UnitSinkOptions) {
    this.options = options;
    for (const { key, ...record } of options.before?.runs ?? [])
      this.runs.set(key, new RunBuffers(key, this.nameOf(key), record));
    for (const skip of options.before?.skipped ?? []) this.skips.set(skip.code, { ...skip });
  }

  run(key: string): RunSink {
    let run = this.runs.get(key);
    if (run === undefined) {
      run = new RunBuffers(key, this.nameOf(key));
      this.runs.set(key, run);
    }
    return run;
  }

  skip(code: string, example: string, count = 1): void {
    const skip = this.skips.get(code);
    if (skip !== undefined) skip.count += count;
    else this.skips.set(code, { code, count, example: shortened(example) });
  }

  async drain(bytesRead: number, state?: () => Json | undefined): Promise<void> {
    const { signal } = this.options;
    if (signal.aborted && state !== undefined) await this.commitAt(state());
    signal.throwIfAborted();
    let buffered = 0;
    let points = 0;
    for (const run of this.runs.values()) {
      buffered += run.buffered();
      points += run.points();
    }
    if (buffered >= WRITE_OUT_POINTS) {
      await this.writeOut();
      if (state !== undefined) await this.commitAt(state());
    }
    this.options.onProgress(bytesRead, points);
  }

  /** Nothing when the bridge cannot go on from here. */
  private async commitAt(state: Json | undefined): Promise<void> {
    if (state === undefined) return;
    await this.writeOut();
    await this.options.commit(state);
  }

  /** Call once the bridge has read all. */
  async writeOut(): Promise<void> {
    const series = [...this.runs.values()].flatMap((run) => run.drain(this.idOf(run)));
    if (series.length > 0) await this.options.write(series);
  }

  runRecords(): ImportedRunRecord[] {
    return [...this.runs.values()].map((run) => run.record(this.idOf(run)));
  }

  skipped(): Skip[] {
    return [...this.skips.values()];
  }

  /** Points read this time, by run. */
  *newPoints(): Iterable<{ id: string; name: string; points: number; firstStep: number; lastStep: number }> {
    for (const run of this.runs.values())
      yield { id: this.idOf(run), name: run.facts.name, points: run.points(), ...run.steps() };
  }

  private nameOf(key: string): string {
    return [this.options.unit.key, key].filter((part) => part !== "").join("/");
  }

  /** The producer's own id where there is one: then the same run, found elsewhere, is the same. */
  private idOf(run: RunBuffers): string {
    const { foreignId } = run.facts;
    run.id ??= `i${contentId(foreignId === undefined ? [this.options.unit.format, this.options.where, run.key] : [this.options.unit.format, foreignId])}`;
    return run.id;
  }
}

class RunBuffers implements RunSink {
  readonly key: string;
  id: string | undefined;
  facts: {
    name: string;
    foreignId?: string;
    configuration: Record<string, NonNullable<RunFacts["configuration"]>[string]>;
    tags: Record<string, string>;
    status: ImportedRunRecord["status"];
    startedAtMs?: number;
  };
  private readonly buffers = new Map<string, PointBuffer>();
  private readonly earlier = new Map<string, ImportedRunRecord["measures"][number]>();
  private readonly contexts = new Map<string, number>();
  private readonly contextList: EvaluationContext[] = [];
  private readonly files = new Map<string, number>();

  constructor(key: string, name: string, before?: Omit<ImportedRunRecord, "key">) {
    this.key = key;
    this.facts = { name, configuration: {}, tags: {}, status: "unknown" };
    if (before === undefined) return;
    const { id, measures, contexts, files, ...facts } = before;
    this.id = id;
    this.facts = { ...facts, configuration: { ...facts.configuration }, tags: { ...facts.tags } };
    for (const measure of measures) this.earlier.set(measure.name, measure);
    for (const context of contexts) this.context(context);
    for (const relative of files) this.file({ relative });
  }

  describe({ configuration, tags, ...facts }: RunFacts): void {
    const stated = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    Object.assign(this.facts, stated);
    if (configuration !== undefined)
      for (const [name, value] of Object.entries(safeEntries(configuration)))
        this.facts.configuration[name] = storable(value);
    if (tags !== undefined) Object.assign(this.facts.tags, safeEntries(tags));
  }

  series(measure: string, spec?: Partial<MeasureSpec>): PointBuffer {
    let buffer = this.buffers.get(measure);
    if (buffer === undefined) {
      buffer = new PointBuffer();
      this.buffers.set(measure, buffer);
    }
    if (spec !== undefined) buffer.spec = { ...buffer.spec, ...spec };
    return buffer;
  }

  context(context: EvaluationContext): number {
    const stored = storable(context as Json) as EvaluationContext;
    const key = canonicalJson(stored);
    let index = this.contexts.get(key);
    if (index === undefined) {
      index = this.contextList.length;
      this.contexts.set(key, index);
      this.contextList.push(stored);
    }
    return index;
  }

  file({ relative }: Pick<SourceFile, "relative">): number {
    const index = this.files.get(relative) ?? this.files.size;
    this.files.set(relative, index);
    return index;
  }

  buffered(): number {
    let sum = 0;
    for (const { size } of this.buffers.values()) sum += size;
    return sum;
  }

  points(): number {
    let sum = 0;
    for (const { total } of this.buffers.values()) sum += total;
    return sum;
  }

  steps(): { firstStep: number; lastStep: number } {
    const all = [...this.buffers.values()];
    return {
      firstStep: Math.min(...all.map(({ firstStep }) => firstStep)),
      lastStep: Math.max(...all.map(({ lastStep }) => lastStep)),
    };
  }

  drain(id: string): ImportedSeries[] {
    const series: ImportedSeries[] = [];
    for (const [measure, buffer] of this.buffers)
      if (buffer.size > 0) series.push({ run: id, measure, columns: buffer.drain() });
    return series;
  }

  record(id: string): ImportedRunRecord {
    const names = new Set([...this.earlier.keys(), ...this.buffers.keys()]);
    return {
      id,
      key: this.key,
      ...this.facts,
      contexts: this.contextList,
      files: [...this.files.keys()],
      measures: [...names].sort().map((name) => {
        const spec = { ...this.earlier.get(name)?.spec, ...this.buffers.get(name)?.spec };
        const points = (this.earlier.get(name)?.points ?? 0) + (this.buffers.get(name)?.total ?? 0);
        return { name, points, ...(Object.keys(spec).length === 0 ? {} : { spec }) };
      }),
    };
  }
}

/** `__proto__` would set no entry but the object's prototype. */
function safeEntries<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== "__proto__"));
}

/** NaN and ±∞ as text, as everywhere in JSON; nothing that JSON has no form for. */
function storable(value: Json): Json {
  return JSON.parse(canonicalJson(value)) as Json;
}

function shortened(text: string): string {
  return text.length <= EXAMPLE_LENGTH ? text : `${text.slice(0, EXAMPLE_LENGTH)}…`;
}
