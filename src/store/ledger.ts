/**
 * @file The ledger's writer: append-only, hash-chained, one writer a segment.
 *
 * An entry is on the disk when `append` returns. Appending the same key and body again returns the entry that is
 * there (in any segment); another body under a known key is LEDGER_CONFLICT unless it comes as an amendment, which
 * names what it amends. A broken chain is not extended: LEDGER_BROKEN. A last line cut off by a kill is removed at
 * the next append and told in `recovered`. The segment is locked (ledger/.locks/<writer>) from the first append to
 * `close` or the end of the process: LEDGER_LOCKED. On one host the lock ends only with its process; from another
 * host after LOCK_TTL_MS without an append. A process of another host that slept through that and wakes between its
 * check and its write could still add a line; `verify` then names it as a broken link.
 */
import fs from "node:fs";
import path from "node:path";
import { canonicalJson, type LedgerEntry, OntogenyError } from "../core/index.ts";
import { AppendFile } from "./appendFile.ts";
import { type Disk, guardingWrites } from "./disk.ts";
import { Fence, fenceNumbers } from "./fence.ts";
import { bytesFrom } from "./files.ts";
import {
  type BadEntry,
  entryHash,
  headOf,
  readSegment,
  type Segment,
  segmentFile,
  segmentWriters,
} from "./ledgerSegment.ts";
import {
  anchorLine,
  checkAnchor,
  headFile,
  headFileText,
  headsOf,
  type LedgerVerdict,
  verifyLedger,
} from "./ledgerVerify.ts";

export interface NewEntry {
  readonly kind: LedgerEntry["kind"];
  /** Identifies the claim. */
  readonly key: string;
  readonly body: unknown;
  /** Why the entry of this key is amended; without it, another body is refused. */
  readonly amend?: string;
}

/** The body of an amending entry. */
export interface Amendment {
  readonly amends: string;
  readonly reason: string;
  readonly body: unknown;
}

export interface LedgerOptions {
  readonly folder: string;
  readonly writer: string;
  readonly clock: () => number;
  readonly disk: Disk;
}

export const LOCK_TTL_MS = 600_000;

export class Ledger {
  readonly writer: string;
  /** Last lines that were cut off by a kill, and removed by this writer. */
  readonly recovered: { readonly file: string; readonly line: number; readonly text: string }[] = [];
  private readonly options: LedgerOptions;
  private readonly segments = new Map<string, Segment>();
  private readonly byKey = new Map<string, LedgerEntry[]>();
  private open: { readonly fence: Fence; readonly file: AppendFile } | undefined;

  /** Use `Workspace.ledger(writer)`. */
  constructor(options: LedgerOptions) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(options.writer) || options.writer === "head")
      throw new OntogenyError(
        "LEDGER_WRITER_INVALID",
        `Ledger writer: expected a name of letters, digits, ".", "_", "-", got ${JSON.stringify(options.writer)}`,
      );
    this.writer = options.writer;
    this.options = options;
  }

  append(entry: NewEntry): LedgerEntry {
    return this.appendAll([entry])[0];
  }

  /**
   * As `append`, one after the other, with one sync at the end. All or none: a conflict in one of them adds nothing.
   */
  appendAll(newEntries: readonly NewEntry[]): LedgerEntry[] {
    const { fence, file } = this.locked();
    fence.assertHeld();
    this.refresh();
    const own = this.segments.get(this.writer)!;
    const added: LedgerEntry[] = [];
    const addedByKey = new Map<string, LedgerEntry[]>();
    const results = newEntries.map((entry) => {
      const had = [...(this.byKey.get(entry.key) ?? []), ...(addedByKey.get(entry.key) ?? [])];
      const same = had.length === 0 ? undefined : sameOrConflict(entry, had);
      if (same !== undefined) return same;
      const made = this.makeEntry(entry, {
        had,
        seq: own.entries.length + added.length,
        prev: (added.at(-1) ?? own.entries.at(-1))?.hash,
      });
      added.push(made);
      addedByKey.set(entry.key, [...(addedByKey.get(entry.key) ?? []), made]);
      return made;
    });
    if (added.length === 0) return results;
    const bytes = bytesFrom(added.map((entry) => `${canonicalJson(entry)}\n`).join(""));
    file.append(bytes);
    file.sync();
    this.remember({ ...own, entries: [...own.entries, ...added], bytes: own.bytes + bytes.length }, added);
    fence.renewIfDue();
    const heads = headsOf([...this.segments.values()].sort((a, b) => (a.writer < b.writer ? -1 : 1)));
    fence.publish(headFile(this.options.folder), bytesFrom(headFileText(heads)), { durable: false });
    return results;
  }

  /** Entries of all segments, by time, then segment and number. Broken segments give what precedes the break. */
  find({ kind, key }: { kind?: LedgerEntry["kind"]; key?: string } = {}): LedgerEntry[] {
    this.refresh();
    const from =
      key === undefined ? [...this.segments.values()].flatMap(({ entries }) => entries) : (this.byKey.get(key) ?? []);
    return from
      .filter((entry) => kind === undefined || entry.kind === kind)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  /** What the ledger says under a key now: the body, with amendments applied; undefined when nothing was said. */
  bodyOf(key: string): unknown {
    this.refresh();
    const had = this.byKey.get(key);
    return had === undefined ? undefined : effectiveBody(had);
  }

  verify(): LedgerVerdict {
    return verifyLedger(this.options.folder);
  }

  /** Errors: LEDGER_BROKEN: there is no head to publish of a broken ledger. */
  anchor(): string {
    const verdict = this.verify();
    if (!verdict.ok) throw brokenError(verdict.firstBad);
    return anchorLine(verdict, this.options.clock());
  }

  checkAnchor(line: string): ReturnType<typeof checkAnchor> {
    return checkAnchor(this.options.folder, line);
  }

  /** Gives the segment free for other processes; a later append takes it again. */
  close(): void {
    this.open?.file.close();
    this.open?.fence.release();
    this.open = undefined;
  }

  private makeEntry(
    { kind, key, body, amend }: NewEntry,
    { had, seq, prev = headOf({ entries: [] }) }: { had: readonly LedgerEntry[]; seq: number; prev?: string },
  ): LedgerEntry {
    const amends = had.at(-1);
    const amendment = amends && { amends: amends.hash, reason: amend, body };
    // As it will be read back: without undefined, NaN as text.
    const stored = JSON.parse(canonicalJson(amendment ?? body ?? null));
    const entry = { seq, at: new Date(this.options.clock()).toISOString(), kind, key, body: stored, prev };
    return { ...entry, hash: entryHash(entry) };
  }

  private locked(): { fence: Fence; file: AppendFile } {
    if (this.open !== undefined) return this.open;
    const { folder, disk } = this.options;
    const locks = path.join(folder, ".locks", this.writer);
    const fence = this.takeLock(locks);
    for (const earlier of fenceNumbers(locks))
      if (earlier < fence.number) guardingWrites(locks, () => disk.removeTree(path.join(locks, String(earlier))));
    this.segments.delete(this.writer);
    this.byKey.clear();
    this.segments.clear();
    const file = segmentFile(folder, this.writer);
    const segment = readSegment(folder, this.writer);
    if (segment.bad !== undefined) {
      fence.release();
      throw brokenError(segment.bad);
    }
    this.mendTail(file, segment);
    this.open = { fence, file: new AppendFile(file, disk) };
    return this.open;
  }

  private takeLock(locks: string): Fence {
    const { clock, disk } = this.options;
    try {
      return Fence.take({
        folder: locks,
        what: `ledger segment ${this.writer}`,
        owner: this.writer,
        clock,
        leaseTtlMs: LOCK_TTL_MS,
        expiresOnThisHost: false,
        disk,
      });
    } catch (cause) {
      if (!(cause instanceof OntogenyError) || cause.code !== "LEASE_HELD") throw cause;
      throw new OntogenyError("LEDGER_LOCKED", cause.message, { cause });
    }
  }

  /** Removes a torn last line; ends a whole one that only lacks its line feed. */
  private mendTail(file: string, { torn }: Segment): void {
    if (!fs.existsSync(file)) return;
    const bytes = fs.readFileSync(file);
    if (bytes.length === 0 || bytes.at(-1) === 10) return;
    guardingWrites(file, () => {
      if (torn === undefined) {
        const ending = new AppendFile(file, this.options.disk);
        ending.append(bytesFrom("\n"));
        ending.close();
      } else {
        this.options.disk.truncate(file, bytes.lastIndexOf(10) + 1);
        this.recovered.push(torn);
      }
    });
  }

  /** Takes in what others, or an earlier self, added. Files of unchanged size are not read again. */
  private refresh(): void {
    const { folder } = this.options;
    let changed = false;
    for (const writer of new Set([...segmentWriters(folder), this.writer])) {
      const size = fs.statSync(segmentFile(folder, writer), { throwIfNoEntry: false })?.size ?? 0;
      if (this.segments.get(writer)?.bytes === size) continue;
      this.segments.set(writer, readSegment(folder, writer));
      changed = true;
    }
    if (!changed) return;
    this.byKey.clear();
    for (const segment of this.segments.values()) this.remember(segment, segment.entries);
  }

  private remember(segment: Segment, added: readonly LedgerEntry[]): void {
    this.segments.set(segment.writer, segment);
    for (const entry of added) {
      const had = this.byKey.get(entry.key);
      if (had === undefined) this.byKey.set(entry.key, [entry]);
      else had.push(entry);
    }
  }
}

function sameOrConflict({ kind, key, body, amend }: NewEntry, had: readonly LedgerEntry[]): LedgerEntry | undefined {
  const latest = had.at(-1)!;
  if (latest.kind === kind && canonicalJson(effectiveBody(had)) === canonicalJson(body ?? null)) return latest;
  if (amend !== undefined) return undefined;
  throw new OntogenyError(
    "LEDGER_CONFLICT",
    `Ledger key ${JSON.stringify(key)}: expected the ${latest.kind} registered on ${latest.at} (entry ${latest.seq}), got another ${kind}; what is registered stays: use a new key, or amend it and say why`,
  );
}

/** The newest body under a key, taken out of its amendment if it is one. */
function effectiveBody(had: readonly LedgerEntry[]): unknown {
  const { body } = had.at(-1)!;
  const before = had.at(-2);
  const isAmendment = before !== undefined && (body as Partial<Amendment> | null)?.amends === before.hash;
  return isAmendment ? (body as Amendment).body : body;
}

function brokenError({ file, line, seq, what, detail }: BadEntry): OntogenyError {
  return new OntogenyError(
    "LEDGER_BROKEN",
    `Ledger, line ${line} (entry ${seq}): ${what}: ${detail}; restore the file from a copy, or set the ledger folder aside and start a new one`,
    { path: file },
  );
}
