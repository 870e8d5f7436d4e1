/**
 * @file Writes one imported unit under its lease: parts as they come, and commits that make them count.
 *
 * A unit that is read again from its beginning drops its earlier parts with the commit, not before. Every call refuses
 * with LEASE_LOST once another writer took over.
 */
import fs from "node:fs";
import path from "node:path";
import { decodeImportedPoints, encodeImportedPoints, type ImportedSeries } from "../../formats/index.ts";
import { type Disk, guardingWrites } from "../disk.ts";
import type { Fence } from "../fence.ts";
import { bytesFrom, namesIn } from "../files.ts";
import { type ImportRecord, ImportRecordSchema } from "./record.ts";

/** A followed file gives many small parts; more than this many are written as one. */
const SMALL_PARTS_AT_MOST = 12;
const SMALL_POINTS = 200_000;

export interface UnitWriterParts {
  readonly folder: string;
  readonly fence: Fence;
  /** As last committed; read after the fence was taken. */
  readonly record: ImportRecord | undefined;
  readonly disk: Disk;
  readonly clock: () => number;
}

export type NewRecord = Omit<ImportRecord, "format" | "parts" | "firstAtMs" | "lastAtMs">;
type Part = ImportRecord["parts"][number];

export class UnitWriter {
  private readonly folder: string;
  private readonly fence: Fence;
  private readonly disk: Disk;
  private readonly clock: () => number;
  private present: ImportRecord | undefined;
  private pending: Part[] = [];
  private nextNumber: number;

  constructor({ folder, fence, record, disk, clock }: UnitWriterParts) {
    this.folder = folder;
    this.fence = fence;
    this.disk = disk;
    this.clock = clock;
    this.present = record;
    this.nextNumber = 1 + Math.max(0, ...namesIn(this.points).map((name) => Number.parseInt(name, 10) || 0));
  }

  /** As last committed. */
  get record(): ImportRecord | undefined {
    return this.present;
  }

  /** One part on the disk; it counts from the next commit on. */
  async addPart(series: readonly ImportedSeries[]): Promise<void> {
    const points = series.reduce((sum, { columns }) => sum + columns.step.length, 0);
    if (points === 0) return;
    this.pending.push(await this.writePart(series, points));
    this.fence.renewIfDue();
  }

  /** `replacing`: what was committed before no longer counts. */
  async commit(record: NewRecord, { replacing = false } = {}): Promise<ImportRecord> {
    const nowMs = this.clock();
    const kept = replacing ? [] : (this.present?.parts ?? []);
    const parts = await this.compacted([...kept, ...this.pending]);
    const next = ImportRecordSchema.parse({
      format: "ontogeny.import/1",
      ...record,
      parts,
      firstAtMs: this.present?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
    });
    // Larger than memory can hold in one string only with millions of measures: written compactly.
    this.fence.publish(path.join(this.folder, "import.json"), bytesFrom(`${JSON.stringify(next)}\n`));
    this.present = next;
    this.pending = [];
    this.removeUnnamed();
    return next;
  }

  /** Gives the lease back; parts that were not committed are removed. */
  release(): void {
    if (this.fence.isHeld()) this.removeUnnamed();
    this.fence.release();
  }

  private get points(): string {
    return path.join(this.folder, "points");
  }

  private async writePart(series: readonly ImportedSeries[], points: number): Promise<Part> {
    guardingWrites(this.points, () => this.disk.makeDirectory(this.points));
    const file = `${String(this.nextNumber).padStart(6, "0")}.parquet`;
    this.nextNumber += 1;
    this.fence.publish(path.join(this.points, file), await encodeImportedPoints(series));
    return { file, points };
  }

  /** The small parts at the end as one, when they are many. */
  private async compacted(parts: readonly Part[]): Promise<Part[]> {
    const start = parts.findLastIndex(({ points }) => points >= SMALL_POINTS) + 1;
    const small = parts.slice(start);
    if (small.length <= SMALL_PARTS_AT_MOST) return [...parts];
    const series: ImportedSeries[] = [];
    for (const { file } of small) {
      const bytes = new Uint8Array(fs.readFileSync(path.join(this.points, file)));
      series.push(...(await decodeImportedPoints(bytes.buffer)));
    }
    const points = small.reduce((sum, part) => sum + part.points, 0);
    return [...parts.slice(0, start), await this.writePart(mergedSeries(series), points)];
  }

  private removeUnnamed(): void {
    const named = new Set(this.present?.parts.map(({ file }) => file));
    guardingWrites(this.points, () => {
      for (const name of namesIn(this.points)) if (!named.has(name)) this.disk.removeFile(path.join(this.points, name));
    });
  }
}

/** Series of the same run and measure joined, in the order given. */
function mergedSeries(series: readonly ImportedSeries[]): ImportedSeries[] {
  const groups = new Map<string, ImportedSeries[]>();
  for (const one of series) {
    const key = JSON.stringify([one.run, one.measure]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => ({
    run: group[0].run,
    measure: group[0].measure,
    columns: concatenated(group.map(({ columns }) => columns)),
  }));
}

function concatenated(all: readonly ImportedSeries["columns"][]): ImportedSeries["columns"] {
  if (all.length === 1) return all[0];
  const length = all.reduce((sum, { step }) => sum + step.length, 0);
  const float = (name: "step" | "value" | "wallMs" | "se" | "n") =>
    filled(new Float64Array(length).fill(Number.NaN), name);
  const integer = (name: "segment" | "context" | "file", absent: number) =>
    filled(new Int32Array(length).fill(absent), name);
  const has = (name: keyof ImportedSeries["columns"]) => all.some((columns) => columns[name] !== undefined);
  return {
    step: float("step"),
    value: float("value"),
    wallMs: float("wallMs"),
    ...(has("se") ? { se: float("se") } : {}),
    ...(has("n") ? { n: float("n") } : {}),
    ...(has("segment") ? { segment: integer("segment", 0) } : {}),
    ...(has("context") ? { context: integer("context", -1) } : {}),
    ...(has("file") ? { file: integer("file", -1) } : {}),
  };

  function filled<T extends Float64Array | Int32Array>(target: T, name: keyof ImportedSeries["columns"]): T {
    let at = 0;
    for (const columns of all) {
      const column = columns[name];
      if (column !== undefined) target.set(column, at);
      at += columns.step.length;
    }
    return target;
  }
}
