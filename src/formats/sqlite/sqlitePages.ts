/**
 * @file Pages of a SQLite database as they were at its last commit: the file itself, with what a write-ahead log has
 * committed beyond it, or with what a rollback journal says was there before a transaction that has not ended.
 *
 * Pure: reads through functions that it is given, so nothing is locked, created or changed. Refuses (SQLITE_INVALID) what is
 * no SQLite 3 database. `isUnchanged` tells afterwards whether somebody committed meanwhile; then what was read may be a mixture.
 * Source: sqlite.org/fileformat2.html, sections 1.3 (header), 3 (rollback journal), 4 (write-ahead log).
 */
import { OntogenyError } from "../../core/index.ts";

/** A file's bytes at random. Fewer than asked for, at its end. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

export interface SqliteFiles {
  readonly main: ByteSource;
  /** The file whose name ends with "-wal". */
  readonly wal?: ByteSource;
  /** The file whose name ends with "-journal". */
  readonly journal?: ByteSource;
}

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;

export class SqlitePages {
  readonly pageSize: number;
  /** Of each page, for content. */
  readonly usableSize: number;
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  readonly pageCount: number;
  /** Pages that come from the log or the journal. */
  readonly overlaid: number;
  private readonly files: SqliteFiles;
  private readonly header: Uint8Array;
  private readonly logHeader: Uint8Array | undefined;
  private readonly overlay: Overlay | undefined;

  constructor(files: SqliteFiles) {
    this.files = files;
    this.header = files.main.read(0, HEADER_BYTES).slice();
    if (this.header.length < HEADER_BYTES) throw invalid("at least 100 bytes", `${this.header.length}`);
    if (!isSqlite(this.header)) throw invalid(`a file that starts with "SQLite format 3"`, "another beginning");
    const stored = u16(this.header, 16);
    this.pageSize = stored === 1 ? 65_536 : stored;
    if (this.pageSize < 512 || (this.pageSize & (this.pageSize - 1)) !== 0)
      throw invalid("a page size that is a power of two from 512 on", `${this.pageSize}`);
    this.usableSize = this.pageSize - this.header[20];
    if (this.usableSize < 480) throw invalid("at least 480 bytes of use in a page", `${this.usableSize}`);
    if (this.header[19] > 2) throw invalid("file format 1 or 2", `${this.header[19]}`);
    this.logHeader = files.wal?.read(0, 32).slice();
    this.overlay =
      (files.journal && maybeJournalOverlay(files.journal, this.pageSize)) ??
      (files.wal && maybeWalOverlay(files.wal, this.pageSize));
    this.overlaid = this.overlay?.pages.size ?? 0;
    const inFile = Math.ceil(files.main.size / this.pageSize);
    const header = this.page(1) ?? this.header;
    const stated = u32(header, 24) === u32(header, 92) ? u32(header, 28) : 0;
    // What is stated may be a lie; there can be no more than there is.
    this.pageCount = Math.min(this.overlay?.pageCount || stated || inFile, inFile + this.overlaid);
    this.encoding = ENCODINGS[u32(header, 56)] ?? "utf-8";
  }

  /** A copy of a page, 1-based; undefined: it is not there, or not whole. */
  page(number: number): Uint8Array | undefined {
    const at = this.overlay?.pages.get(number);
    const bytes =
      at === undefined
        ? this.files.main.read((number - 1) * this.pageSize, this.pageSize)
        : this.overlay!.source.read(at, this.pageSize);
    return bytes.length === this.pageSize ? bytes.slice() : undefined;
  }

  isUnchanged(): boolean {
    const { main, wal } = this.files;
    return (
      isEqual(main.read(0, HEADER_BYTES), this.header) &&
      (wal === undefined || this.logHeader === undefined || isEqual(wal.read(0, 32), this.logHeader))
    );
  }
}

export function isSqlite(head: Uint8Array): boolean {
  return head.length >= 16 && [...MAGIC].every((char, i) => head[i] === char.charCodeAt(0));
}

const ENCODINGS: Readonly<Record<number, SqlitePages["encoding"]>> = { 1: "utf-8", 2: "utf-16le", 3: "utf-16be" };

interface Overlay {
  readonly source: ByteSource;
  /** Page → where its content begins in the source. */
  readonly pages: ReadonlyMap<number, number>;
  readonly pageCount: number;
}

/** What committed transactions have put into the log, as far as its checksums hold. */
function maybeWalOverlay(wal: ByteSource, pageSize: number): Overlay | undefined {
  const header = wal.read(0, 32).slice();
  if (header.length < 32 || (u32(header, 0) & 0xfffffffe) >>> 0 !== 0x377f0682 || u32(header, 8) !== pageSize)
    return undefined;
  const isBigEndian = (u32(header, 0) & 1) === 1;
  const sum = new WalChecksum(isBigEndian);
  sum.add(header, 0, 24);
  if (sum.first !== u32(header, 24) || sum.second !== u32(header, 28)) return undefined;
  const pages = new Map<number, number>();
  let pending: [number, number][] = [];
  let pageCount = 0;
  for (let offset = 32; offset + 24 + pageSize <= wal.size; offset += 24 + pageSize) {
    const frame = wal.read(offset, 24 + pageSize);
    if (frame.length < 24 + pageSize) break;
    if (u32(frame, 8) !== u32(header, 16) || u32(frame, 12) !== u32(header, 20)) break;
    sum.add(frame, 0, 8);
    sum.add(frame, 24, 24 + pageSize);
    if (sum.first !== u32(frame, 16) || sum.second !== u32(frame, 20)) break;
    pending.push([u32(frame, 0), offset + 24]);
    if (u32(frame, 4) === 0) continue;
    pageCount = u32(frame, 4);
    for (const [page, at] of pending) pages.set(page, at);
    pending = [];
  }
  return pages.size === 0 ? undefined : { source: wal, pages, pageCount };
}

class WalChecksum {
  first = 0;
  second = 0;
  private readonly isBigEndian: boolean;

  constructor(isBigEndian: boolean) {
    this.isBigEndian = isBigEndian;
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = from; i < to; i += 8) {
      this.first = (this.first + view.getUint32(i, !this.isBigEndian) + this.second) >>> 0;
      this.second = (this.second + view.getUint32(i + 4, !this.isBigEndian) + this.first) >>> 0;
    }
  }
}

const JOURNAL_MAGIC = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/** The pages as they were before the transaction that the journal belongs to; undefined: it belongs to none any more. */
function maybeJournalOverlay(journal: ByteSource, pageSize: number): Overlay | undefined {
  const pages = new Map<number, number>();
  let pageCount = 0;
  let offset = 0;
  while (offset + 28 <= journal.size) {
    const header = journal.read(offset, 28).slice();
    if (!JOURNAL_MAGIC.every((byte, i) => header[i] === byte)) break;
    const [count, nonce, sector] = [u32(header, 8), u32(header, 12), u32(header, 20)];
    if (count === 0 || sector < 32 || sector > 65_536 || u32(header, 24) !== pageSize) break;
    if (pageCount === 0) pageCount = u32(header, 16);
    offset += sector;
    for (let i = 0; i < count && offset + pageSize + 8 <= journal.size; i++, offset += pageSize + 8) {
      const record = journal.read(offset, pageSize + 8);
      if (record.length < pageSize + 8 || journalSum(record, nonce, pageSize) !== u32(record, pageSize + 4))
        return pages.size === 0 ? undefined : { source: journal, pages, pageCount };
      if (!pages.has(u32(record, 0))) pages.set(u32(record, 0), offset + 4);
    }
    if (count === 0xffffffff) break;
    offset = Math.ceil(offset / sector) * sector;
  }
  return pages.size === 0 ? undefined : { source: journal, pages, pageCount };
}

function journalSum(record: Uint8Array, nonce: number, pageSize: number): number {
  let sum = nonce;
  for (let i = pageSize - 200; i > 0; i -= 200) sum = (sum + record[4 + i]) >>> 0;
  return sum;
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function invalid(expected: string, got: string): OntogenyError {
  return new OntogenyError(
    "SQLITE_INVALID",
    `SQLite database: expected ${expected}, got ${got}; the file is damaged or another kind`,
  );
}
