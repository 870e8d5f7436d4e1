/**
 * @file Imported units in a workspace: `imported/<unit>/import.json` and its points in `imported/<unit>/points/`.
 *
 * A unit is written under a lease of its own (fence.ts). Order of a commit: the parts whole and synced, then the record
 * that names them; after a crash the last record stands, and parts that it does not name are removed by the next writer.
 * Reading never needs a lease.
 */
import fs from "node:fs";
import path from "node:path";
import type { AsyncBuffer } from "hyparquet";
import { OntogenyError } from "../../core/index.ts";
import { decodeImportedPoints, type ImportedSeries, type PointColumnName } from "../../formats/index.ts";
import { type Disk, guardingWrites, nodeDisk } from "../disk.ts";
import { Fence } from "../fence.ts";
import { maybeReadText, namesIn } from "../files.ts";
import { type ImportedRunRecord, type ImportRecord, parseImportRecord } from "./record.ts";
import { UnitWriter } from "./unitWriter.ts";

export interface ImportStoreOptions {
  /** `imported/` of the workspace. */
  readonly folder: string;
  readonly clock: () => number;
  readonly disk?: Disk;
}

/** One imported run: its unit's record and its own part of it. */
export interface ImportedRun {
  readonly record: ImportRecord;
  readonly run: ImportedRunRecord;
}

export interface UnreadableImport {
  readonly file: string;
  readonly error: OntogenyError;
}

const LEASE_TTL_MS = 60_000;

export class ImportStore {
  readonly folder: string;
  private readonly clock: () => number;
  private readonly disk: Disk;

  constructor({ folder, clock, disk = nodeDisk }: ImportStoreOptions) {
    this.folder = folder;
    this.clock = clock;
    this.disk = disk;
  }

  /** Ids of all units, sorted. */
  unitIds(): string[] {
    return namesIn(this.folder).filter((id) => fs.existsSync(this.recordFile(id)));
  }

  /** undefined when it was never committed. Errors: IMPORT_INVALID. */
  maybeRecord(unit: string): ImportRecord | undefined {
    const text = maybeReadText(this.recordFile(unit));
    return text === undefined ? undefined : parseImportRecord(text, this.recordFile(unit));
  }

  /** All units that can be read, and those that cannot. */
  records(): { records: ImportRecord[]; unreadable: UnreadableImport[] } {
    const records: ImportRecord[] = [];
    const unreadable: UnreadableImport[] = [];
    for (const id of this.unitIds()) {
      try {
        records.push(this.maybeRecord(id)!);
      } catch (error) {
        if (!(error instanceof OntogenyError)) throw error;
        unreadable.push({ file: this.recordFile(id), error });
      }
    }
    return { records, unreadable };
  }

  /**
   * The points of a unit, in the order of reading; only those that `wanted` names (run id, measure), only the columns
   * `only`. Errors: PARQUET_INVALID.
   */
  async points(
    record: ImportRecord,
    wanted?: (run: string, measure: string) => boolean,
    only?: readonly PointColumnName[],
  ): Promise<readonly ImportedSeries[]> {
    const found: ImportedSeries[] = [];
    for (const { file } of record.parts) {
      const at = this.partFile(record.id, file);
      try {
        found.push(...(await decodeImportedPoints(bufferOfFile(at), wanted, only)));
      } catch (cause) {
        if (cause instanceof OntogenyError) throw new OntogenyError(cause.code, cause.message, { cause, path: at });
        throw cause;
      }
    }
    return found;
  }

  /** Takes the unit's lease. Errors: LEASE_HELD, IMPORT_INVALID, DISK_FULL, WRITE_FAILED. */
  write(unit: string, owner: string): UnitWriter {
    const writers = path.join(this.folder, unit, "writers");
    const { clock, disk } = this;
    const fence = Fence.take({
      folder: writers,
      what: `import ${unit}`,
      owner,
      clock,
      leaseTtlMs: LEASE_TTL_MS,
      disk,
    });
    // Their numbers stay known through this one's.
    guardingWrites(writers, () => {
      for (const name of namesIn(writers))
        if (/^\d+$/.test(name) && Number(name) < fence.number) disk.removeTree(path.join(writers, name));
    });
    try {
      const record = this.maybeRecord(unit);
      return new UnitWriter({ folder: path.join(this.folder, unit), fence, record, disk, clock });
    } catch (error) {
      fence.release();
      throw error;
    }
  }

  partFile(unit: string, file: string): string {
    return path.join(this.folder, unit, "points", file);
  }

  private recordFile(unit: string): string {
    return path.join(this.folder, unit, "import.json");
  }
}

/** Reads only the byte ranges that are asked for. */
function bufferOfFile(file: string): AsyncBuffer {
  const { size } = fs.statSync(file, { throwIfNoEntry: false }) ?? {};
  if (size === undefined)
    throw new OntogenyError(
      "PARQUET_INVALID",
      "Imported points: expected the file that the import's record names, got none; delete the import's folder and import again",
    );
  return {
    byteLength: size,
    async slice(start: number, end = size): Promise<ArrayBuffer> {
      const bytes = new Uint8Array(Math.max(0, end - start));
      const descriptor = fs.openSync(file, "r");
      try {
        const read = fs.readSync(descriptor, bytes, 0, bytes.length, start);
        return bytes.buffer.slice(0, read);
      } finally {
        fs.closeSync(descriptor);
      }
    },
  };
}
