/**
 * @file One segment of the ledger, `ledger/<writer>.jsonl`: how an entry is hashed, and reading with verification.
 *
 * hash = sha256 of the canonical JSON of the entry without its hash; `prev` is the hash before it, 64 zeros at first.
 * Reading stops at the first entry that breaks the chain and names it; a cut-off last line is reported as torn.
 * Nothing is thrown or mended here.
 */
import path from "node:path";
import { canonicalJson, type LedgerEntry, LedgerEntrySchema } from "../core/index.ts";
import { parseJsonl } from "../formats/index.ts";
import { bytesHash } from "./checkpoint.ts";
import { maybeRead, namesIn } from "./files.ts";

export const FIRST_PREV = "0".repeat(64);

export type LedgerFault = "hash mismatch" | "broken link" | "missing" | "torn tail" | "not an entry";

/** The first thing that is wrong. `seq` is what the entry says, or what should stand there. */
export interface BadEntry {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly seq: number;
  readonly what: LedgerFault;
  readonly detail: string;
}

export interface Segment {
  readonly writer: string;
  readonly file: string;
  /** The entries before the first fault; all of them when there is none. */
  readonly entries: readonly LedgerEntry[];
  readonly bad?: BadEntry;
  readonly torn?: { readonly file: string; readonly line: number; readonly text: string };
  readonly bytes: number;
}

export function entryHash(entry: Omit<LedgerEntry, "hash">): string {
  const { seq, at, kind, key, body, prev } = entry;
  return bytesHash(canonicalJson({ seq, at, kind, key, body, prev }));
}

export function segmentFile(folder: string, writer: string): string {
  return path.join(folder, `${writer}.jsonl`);
}

/** Writers that have a segment, sorted. */
export function segmentWriters(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => name.slice(0, -".jsonl".length));
}

export function headOf({ entries }: Pick<Segment, "entries">): string {
  return entries.at(-1)?.hash ?? FIRST_PREV;
}

export function readSegment(folder: string, writer: string): Segment {
  const file = segmentFile(folder, writer);
  const bytes = maybeRead(file) ?? new Uint8Array();
  const parsed = parseJsonl(bytes);
  const items = [
    ...parsed.rows.map((row, index) => ({ line: parsed.lines[index], row, what: undefined })),
    ...parsed.bad.map(({ line, what }) => ({ line, row: undefined, what })),
  ].sort((a, b) => a.line - b.line);
  const entries: LedgerEntry[] = [];
  let bad: BadEntry | undefined;
  for (const { line, row, what } of items) {
    const checked = what ?? checkEntry(row, entries);
    if (typeof checked === "string") bad = { file, line, seq: entries.length, what: "not an entry", detail: checked };
    else if ("what" in checked) bad = { file, line, ...checked };
    else entries.push(checked);
    if (bad !== undefined) break;
  }
  const torn = parsed.torn === undefined ? undefined : { file, ...parsed.torn };
  return { writer, file, entries, bytes: bytes.length, ...(bad && { bad }), ...(torn && { torn }) };
}

function checkEntry(
  row: unknown,
  before: readonly LedgerEntry[],
): LedgerEntry | string | Pick<BadEntry, "what" | "seq" | "detail"> {
  const parsed = LedgerEntrySchema.safeParse(row);
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  const entry = parsed.data;
  const { seq } = entry;
  const hash = entryHash(entry);
  const expectedSeq = before.length;
  const prev = headOf({ entries: before });
  if (hash !== entry.hash) return { seq, what: "hash mismatch", detail: `expected hash ${hash}, got ${entry.hash}` };
  if (seq > expectedSeq)
    return { seq: expectedSeq, what: "missing", detail: `expected entry ${expectedSeq}, got entry ${seq}` };
  if (seq !== expectedSeq || entry.prev !== prev)
    return {
      seq,
      what: "broken link",
      detail: `expected entry ${expectedSeq} after ${prev}, got ${seq} after ${entry.prev}`,
    };
  return entry;
}
