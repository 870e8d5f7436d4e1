/**
 * @file What a bridge is: it finds one tool's files in a tree, and streams their points into a sink.
 *
 * A bridge never writes a file, never leaves the tree, holds no more than a few megabytes of a file at a time where its
 * format allows streaming, and never throws for bad bytes: what it cannot read it counts with `skip`, with an example.
 * Errors it may throw: what the file system says (as READ_FAILED), and whatever `drain` rejects with (stop, disk full).
 */
import type { EvaluationContext, Json, MeasureSpec } from "../core/index.ts";

export interface SourceFile {
  /** Absolute, links resolved. */
  readonly path: string;
  /** Relative to the root of the import, with forward slashes. */
  readonly relative: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** The files that no earlier bridge has claimed. */
export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** The file's first bytes, at most 64 KiB; read once and kept. */
  head(file: SourceFile): Promise<Uint8Array>;
  /** From `--map`; for the bridges that read files without a fixed meaning. */
  readonly mapping?: ColumnMapping;
  /** A file that belongs to nobody's format but looks damaged or empty, with the reason. */
  skip(file: SourceFile, code: string, why: string): void;
}

/** Meaning → column names, e.g. { step: ["iter"], value: ["loss"] }. */
export type ColumnMapping = Readonly<Record<string, readonly string[]>>;

/** What is read, committed, followed and read again as one thing: a run's folder, a database, a file. */
export interface ImportUnit {
  readonly format: string;
  /** Unique within the import, stable over time: a path relative to the root, or the producer's own id. */
  readonly key: string;
  /** The files whose growth means more data. */
  readonly files: readonly SourceFile[];
  /** Files that describe it (configuration, tags): read again whenever the unit is. */
  readonly companions?: readonly SourceFile[];
  /** What the bridge found out while claiming, for itself. */
  readonly hints?: Json;
}

export interface Bridge {
  readonly format: string;
  /** For people, e.g. "TensorBoard event files". */
  readonly title: string;
  /**
   * What a later segment says of the earlier ones. A restart (the default) withdraws their points from its first step on; a
   * repetition, such as a checkpoint evaluated again, only those at its own steps.
   */
  readonly segmentsAre?: "restarts" | "repetitions";
  /** Its own units among the tree's files, by name and by first bytes. Claimed files are taken from the tree. */
  claim(tree: SourceTree): Promise<readonly ImportUnit[]>;
  /**
   * Reads the unit from where `from` says (absent: from its beginning) to the end of what is there. The state that it
   * returns goes on from there; it must be plain data of at most 1 MB. undefined: this format is always read whole.
   * Called with `from` only when what was read before is still there unchanged and the files have only grown.
   */
  read(unit: ImportUnit, options: ReadOptions): Promise<Json | undefined>;
}

export interface ReadOptions {
  readonly sink: ImportSink;
  readonly from?: Json;
  readonly mapping?: ColumnMapping;
}

export interface ImportSink {
  /** The run with this key, made when new. Keys are unique within the unit; "" where a unit is one run. */
  run(key: string): RunSink;
  /** Something that is in the file and was not taken: counted by code, the first example kept. */
  skip(code: string, example: string, count?: number): void;
  /**
   * Call between chunks of a few megabytes: writes out what has piled up, tells progress, rejects when stopped. `bytesRead`
   * counts from the beginning of this reading. Give `state`
   * where reading could go on from here (as `read` returns it, undefined where it is too large): a stop then loses nothing.
   */
  drain(bytesRead: number, state?: () => Json | undefined): Promise<void>;
}

/** Later facts replace earlier ones of the same name. */
export interface RunFacts {
  /** Shown to people; default: the unit's key and the run's. */
  readonly name?: string;
  /** The producer's own id (wandb, MLflow): the same run found elsewhere is then the same run. */
  readonly foreignId?: string;
  /** Flat: dotted names. */
  readonly configuration?: Readonly<Record<string, Json>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly status?: "running" | "complete" | "failed" | "killed" | "unknown";
  readonly startedAtMs?: number;
}

export interface RunSink {
  describe(facts: RunFacts): void;
  /** One object a measure: keep it, `push` is the hot path. */
  series(measure: string, spec?: Partial<MeasureSpec>): SeriesSink;
  /** Index of the context, the same for equal ones. */
  context(context: EvaluationContext): number;
  /** Index of the file, the same for equal ones. */
  file(file: SourceFile): number;
}

export interface SeriesSink {
  /** `wallMs` in epoch milliseconds, NaN when not stated. `segment` counts restarts. */
  push(step: number, value: number, wallMs: number, segment?: number): void;
  pushPoint(point: ImportedPoint): void;
}

export interface ImportedPoint {
  readonly step: number;
  readonly value: number;
  readonly wallMs?: number;
  readonly se?: number;
  readonly n?: number;
  readonly segment?: number;
  /** Of `RunSink.context`. */
  readonly context?: number;
  /** Of `RunSink.file`. */
  readonly file?: number;
}
