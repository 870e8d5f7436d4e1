/**
 * @file Records of SQLite: varints and the values of a row.
 *
 * Integers beyond ±(2^53 − 1) come as bigint, text as U+FFFD where it is no text. What does not fit the bytes that are
 * there is undefined, never read past them. Source: sqlite.org/fileformat2.html, sections 1.6 and 2.1.
 */
import { type SqlitePages, u16, u32 } from "./sqlitePages.ts";

export type SqliteValue = number | bigint | string | Uint8Array | null;

/** Reads numbers one after the other; `isPast` once the bytes were not enough. */
export class VarintReader {
  bytes: Uint8Array;
  at: number;
  isPast = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  begin(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
    this.isPast = false;
  }

  /** Exact to 2^53; larger ones are rounded (lengths that large are refused anyway, rowids that large do not occur). */
  next(): number {
    const { bytes } = this;
    let value = 0;
    for (let i = 0; i < 9; i++) {
      if (this.at >= bytes.length) {
        this.isPast = true;
        return 0;
      }
      const byte = bytes[this.at++];
      if (i === 8) return this.nineBytes(this.at - 9);
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return value;
  }

  /** 64 bits in two's complement: seven bits of each of eight bytes, then all eight of the ninth. */
  private nineBytes(from: number): number {
    let value = 0n;
    for (let i = 0; i < 8; i++) value = (value << 7n) | BigInt(this.bytes[from + i] & 0x7f);
    return Number(BigInt.asIntN(64, (value << 8n) | BigInt(this.bytes[from + 8])));
  }
}

const HEADER = new VarintReader(new Uint8Array(0));

/** The values of the wanted columns of a record; undefined where the row is shorter. A record that does not fit itself gives undefined. */
export function recordValues(
  payload: Uint8Array,
  wanted: readonly number[],
  encoding: SqlitePages["encoding"],
): (SqliteValue | undefined)[] | undefined {
  const header = HEADER;
  header.begin(payload, 0);
  const headerBytes = header.next();
  if (header.isPast || headerBytes > payload.length) return undefined;
  const values: (SqliteValue | undefined)[] = new Array(wanted.length).fill(undefined);
  let last = -1;
  for (const column of wanted) if (column > last) last = column;
  let at = headerBytes;
  for (let column = 0; column <= last && header.at < headerBytes; column++) {
    const type = header.next();
    const bytes = bytesOf(type);
    if (header.isPast || header.at > headerBytes || bytes === undefined || at + bytes > payload.length)
      return undefined;
    for (let i = 0; i < wanted.length; i++)
      if (wanted[i] === column) values[i] = decoded(type, payload, at, bytes, encoding);
    at += bytes;
  }
  return values;
}

const SCRATCH = new DataView(new ArrayBuffer(8));
const FIXED_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function bytesOf(type: number): number | undefined {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return type < 0 ? undefined : FIXED_BYTES[type];
}

function decoded(
  type: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  encoding: SqlitePages["encoding"],
): SqliteValue {
  switch (type) {
    case 0:
      return null;
    case 1:
      return (bytes[at] << 24) >> 24;
    case 2:
      return (u16(bytes, at) << 16) >> 16;
    case 3:
      return ((u16(bytes, at) << 16) | (bytes[at + 2] << 8)) >> 8;
    case 4:
      return u32(bytes, at) | 0;
    case 5:
      return ((u16(bytes, at) << 16) >> 16) * 2 ** 32 + u32(bytes, at + 2);
    case 6:
      return int64(bytes, at);
    case 7:
      for (let i = 0; i < 8; i++) SCRATCH.setUint8(i, bytes[at + i]);
      return SCRATCH.getFloat64(0);
    case 8:
    case 9:
      return type - 8;
    default:
      return type % 2 === 0 ? bytes.slice(at, at + length) : textOf(bytes, at, length, encoding);
  }
}

function int64(bytes: Uint8Array, at: number): number | bigint {
  const value = (u32(bytes, at) | 0) * 2 ** 32 + u32(bytes, at + 4);
  return Number.isSafeInteger(value) ? value : new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigInt64(0);
}

const DECODERS = new Map<string, TextDecoder>();
/** Tables repeat a few short texts (names, ids) in every row: made once each, as long as their slot is not taken. */
const SHORT_BYTES = 64;
const SLOTS = 1024;
const MADE: ({ readonly bytes: Uint8Array; readonly text: string } | undefined)[] = new Array(SLOTS);

function textOf(bytes: Uint8Array, at: number, length: number, encoding: SqlitePages["encoding"]): string {
  const isShort = encoding === "utf-8" && length <= SHORT_BYTES;
  let slot = 0;
  if (isShort) {
    for (let i = 0; i < length; i++) slot = Math.imul(slot ^ bytes[at + i], 0x01000193);
    slot = (slot >>> 8) % SLOTS;
    const made = MADE[slot];
    if (made !== undefined && made.bytes.length === length) {
      let i = 0;
      while (i < length && made.bytes[i] === bytes[at + i]) i++;
      if (i === length) return made.text;
    }
  }
  let decoder = DECODERS.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding, { ignoreBOM: true });
    DECODERS.set(encoding, decoder);
  }
  const text = decoder.decode(bytes.subarray(at, at + length));
  if (isShort) MADE[slot] = { bytes: bytes.slice(at, at + length), text };
  return text;
}
