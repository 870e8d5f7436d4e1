/**
 * @file The whole ledger: the head over all segments, head.json, the anchor line, and verification.
 *
 * head = sha256 of the canonical JSON of {writer: {entries, head}}. head.json is only a memory of it: it may be
 * behind (a kill between an entry and it), never ahead; ahead means that entries are gone. Whoever owns the folder
 * could rewrite everything, head.json too: only an anchor published elsewhere proves otherwise. Nothing is thrown for
 * a broken ledger; the verdict names the first bad entry.
 */
import path from "node:path";
import { canonicalJson } from "../core/index.ts";
import { bytesHash } from "./checkpoint.ts";
import { maybeReadJson } from "./files.ts";
import {
  type BadEntry,
  FIRST_PREV,
  headOf,
  readSegment,
  type Segment,
  segmentFile,
  segmentWriters,
} from "./ledgerSegment.ts";

export interface SegmentHead {
  readonly entries: number;
  readonly head: string;
}
export type SegmentHeads = Readonly<Record<string, SegmentHead>>;

export type LedgerVerdict =
  | {
      readonly ok: true;
      readonly entries: number;
      readonly head: string;
      readonly segments: SegmentHeads;
      /** Last lines that a kill cut off before they were promised to anyone; the next append clears them. */
      readonly torn: readonly { readonly file: string; readonly line: number }[];
    }
  | { readonly ok: false; readonly entries: number; readonly firstBad: BadEntry };

export function verifyLedger(folder: string): LedgerVerdict {
  const claims = maybeReadHeads(folder);
  const writers = [...new Set([...segmentWriters(folder), ...Object.keys(claims)])].sort();
  const segments = writers.map((writer) => readSegment(folder, writer));
  const entries = segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  for (const segment of segments) {
    const firstBad = segment.bad ?? maybeClaimFault(segment, claims[segment.writer]);
    if (firstBad !== undefined) return { ok: false, entries, firstBad };
  }
  const heads = headsOf(segments);
  const torn = segments.flatMap(({ torn }) => (torn === undefined ? [] : [{ file: torn.file, line: torn.line }]));
  return { ok: true, entries, head: joinedHead(heads), segments: heads, torn };
}

export function headsOf(segments: readonly Segment[]): SegmentHeads {
  return Object.fromEntries(
    segments.map((segment) => [segment.writer, { entries: segment.entries.length, head: headOf(segment) }]),
  );
}

export function joinedHead(heads: SegmentHeads): string {
  return bytesHash(canonicalJson(heads));
}

export function headFile(folder: string): string {
  return path.join(folder, "head.json");
}

export function headFileText(heads: SegmentHeads): string {
  const entries = Object.values(heads).reduce((sum, head) => sum + head.entries, 0);
  return `${JSON.stringify({ format: "ontogeny.ledger-head/1", entries, head: joinedHead(heads), segments: heads }, null, 2)}\n`;
}

/**
 * One line to publish: what the ledger held at a time, by segment, so that a later ledger can be shown to extend it.
 */
export function anchorLine(verdict: LedgerVerdict & { ok: true }, atMs: number): string {
  const parts = Object.entries(verdict.segments).map(([writer, { entries }]) => `${writer}:${entries}`);
  return `ontogeny-ledger/1 ${new Date(atMs).toISOString()} entries=${verdict.entries} head=${verdict.head} segments=${parts.join(",")}`;
}

/** Whether the ledger still begins with exactly what an anchor line stood for; otherwise why not. */
export function checkAnchor(
  folder: string,
  line: string,
): { readonly ok: true } | { readonly ok: false; readonly why: string } {
  const match = /^ontogeny-ledger\/1 (\S+) entries=(\d+) head=([0-9a-f]{64}) segments=(\S*)$/.exec(line.trim());
  if (match === null) return { ok: false, why: "expected a line printed by `ontogeny ledger anchor`" };
  const heads: Record<string, SegmentHead> = {};
  for (const part of match[4].split(",").filter((text) => text !== "")) {
    const colon = part.lastIndexOf(":");
    const writer = part.slice(0, colon);
    const count = Number(part.slice(colon + 1));
    const { entries, bad } = readSegment(folder, writer);
    if (entries.length < count)
      return {
        ok: false,
        why: `${segmentFile(folder, writer)}: expected at least ${count} sound entries, got ${entries.length}${bad === undefined ? "" : ` (line ${bad.line}: ${bad.what})`}`,
      };
    heads[writer] = { entries: count, head: count === 0 ? FIRST_PREV : entries[count - 1].hash };
  }
  const head = joinedHead(heads);
  if (head === match[3]) return { ok: true };
  return {
    ok: false,
    why: `expected the head ${match[3]} of ${match[1]}, got ${head} from the same numbers of entries: they were rewritten`,
  };
}

/** What head.json claims of each segment; nothing when it is missing or unreadable. */
export function maybeReadHeads(folder: string): SegmentHeads {
  const json = maybeReadJson(headFile(folder)) as { segments?: Record<string, Partial<SegmentHead>> } | undefined;
  const heads: Record<string, SegmentHead> = {};
  for (const [writer, claim] of Object.entries(json?.segments ?? {}))
    if (Number.isSafeInteger(claim?.entries) && typeof claim?.head === "string") heads[writer] = claim as SegmentHead;
  return heads;
}

function maybeClaimFault(segment: Segment, claim: SegmentHead | undefined): BadEntry | undefined {
  if (claim === undefined || claim.entries === 0) return undefined;
  const { file, entries, torn } = segment;
  const had = entries.length;
  if (had < claim.entries)
    return {
      file,
      line: torn?.line ?? had + 1,
      seq: had,
      what: torn === undefined ? "missing" : "torn tail",
      detail: `head.json: expected ${claim.entries} entries, got ${had}`,
    };
  const last = entries[claim.entries - 1];
  if (last.hash === claim.head) return undefined;
  return {
    file,
    line: claim.entries,
    seq: claim.entries - 1,
    what: "hash mismatch",
    detail: `head.json: expected hash ${claim.head}, got ${last.hash}: the entries up to here were rewritten`,
  };
}
