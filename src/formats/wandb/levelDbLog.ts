/**
 * @file The framing of LevelDB's log, as W&B uses it: blocks of 32 KiB counted from the file's start, in them chunks
 * `u32 CRC-32 | u16 length | u8 type | data`; a record is one chunk, or first, middle and last ones.
 *
 * Pure and browser-safe; every checksum (plain CRC-32 of type and data, not LevelDB's masked CRC-32C) is checked, nothing is
 * thrown. A record that is cut off is `incomplete` (a file that still grows). Damage loses the record that it is in: a bad
 * checksum its chunk, a length that leaves the block the block's rest, and then whatever belonged to a record that lost its
 * beginning or end. Sources: LevelDB doc/log_format.md; wandb core's leveldb package, by its files.
 */
import { crc32 } from "../checksums.ts";

export const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
/** Between them 3: neither the first nor the last. */
const LAST = 4;

/**
 * `damaged`: a chunk whose checksum or length is wrong. `orphan`: chunks of a record without its beginning or end.
 * `tooLarge`: the record's beginning, once it exceeds the bound.
 */
export type LogOutcome = "record" | "damaged" | "orphan" | "tooLarge" | "incomplete";

/** One object reads a file: its fields tell of what was looked at last. */
export class LevelDbLogReader {
  /** The record is `bytes[begin … end)`: within the caller's bytes, or joined in a buffer that the next call uses again. */
  bytes: Uint8Array = new Uint8Array();
  begin = 0;
  end = 0;
  /** Bytes of the file that this outcome takes; when `incomplete`: that are needed at least. */
  frameBytes = 0;
  private joined = new Uint8Array(BLOCK_BYTES);
  private readonly maxRecordBytes: number;

  constructor(maxRecordBytes: number) {
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Looks at what begins at `at`, which is byte `position` of the file; there are bytes up to `limit`. */
  read(bytes: Uint8Array, at: number, limit: number, position: number): LogOutcome {
    let next = at;
    let length = 0;
    let isOpen = false;
    for (;;) {
      const blockLeft = BLOCK_BYTES - ((position + next - at) % BLOCK_BYTES);
      if (blockLeft < HEADER_BYTES) {
        if (limit - next < blockLeft) return this.incomplete(next + blockLeft + HEADER_BYTES - at);
        next += blockLeft;
        continue;
      }
      if (limit - next < HEADER_BYTES) return this.incomplete(next + HEADER_BYTES - at);
      const size = bytes[next + 4] | (bytes[next + 5] << 8);
      const type = bytes[next + 6];
      const data = next + HEADER_BYTES;
      // Zeros are what a crash leaves of space that was asked for and never written.
      if (data - next + size > blockLeft || type === 0) {
        if (limit - next < blockLeft) return this.incomplete(next + blockLeft - at);
        return this.take("damaged", next + blockLeft - at);
      }
      const end = data + size;
      if (limit < end) return this.incomplete(end - at);
      const stored = (bytes[next] | (bytes[next + 1] << 8) | (bytes[next + 2] << 16) | (bytes[next + 3] << 24)) >>> 0;
      if (crc32(bytes, data - 1, end) !== stored || type > LAST) return this.take("damaged", end - at);
      const begins = type === FULL || type === FIRST;
      if (begins === isOpen) return this.take("orphan", (begins ? next : end) - at);
      if (type === FULL) {
        this.bytes = bytes;
        this.begin = data;
        this.end = end;
        return this.take("record", end - at);
      }
      if (length + size > this.maxRecordBytes) return this.take("tooLarge", end - at);
      this.append(bytes, data, end, length);
      length += size;
      isOpen = true;
      next = end;
      if (type !== LAST) continue;
      this.bytes = this.joined;
      this.begin = 0;
      this.end = length;
      return this.take("record", end - at);
    }
  }

  private append(bytes: Uint8Array, begin: number, end: number, length: number): void {
    if (length + end - begin > this.joined.length) {
      const larger = new Uint8Array(Math.min(2 * (length + end - begin), this.maxRecordBytes));
      larger.set(this.joined.subarray(0, length));
      this.joined = larger;
    }
    this.joined.set(bytes.subarray(begin, end), length);
  }

  private take(outcome: LogOutcome, frameBytes: number): LogOutcome {
    this.frameBytes = frameBytes;
    return outcome;
  }

  private incomplete(needed: number): LogOutcome {
    return this.take("incomplete", needed);
  }
}
