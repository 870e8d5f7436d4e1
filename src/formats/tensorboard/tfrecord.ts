/**
 * @file TFRecord framing: `u64 length | u32 masked CRC-32C of the length | data | u32 masked CRC-32C of the data`.
 *
 * Pure and browser-safe; both checksums are checked, nothing is copied, nothing is thrown. A record that is cut off is
 * `incomplete` (a file that still grows). After a bad length nothing further can be found: the file is at its end. A bad
 * checksum of the data loses this record only. A record larger than the bound is passed over unread.
 */
import { maskedCrc32c } from "../checksums.ts";

const LENGTH_BYTES = 8;
const HEADER_BYTES = 12;
const FRAME_BYTES = 16;

/** Checksums of lengths, ready made for the short ones, of which files are full. */
const SHORT_LENGTH_CRCS = Uint32Array.from({ length: 1024 }, (_, length) =>
  maskedCrc32c(Uint8Array.of(length & 0xff, length >> 8, 0, 0, 0, 0, 0, 0)),
);

export type TfRecordOutcome = "record" | "badData" | "tooLarge" | "badLength" | "incomplete";

/** One object reads a file: its fields tell of the record that was looked at last. */
export class TfRecordReader {
  /** The data are `bytes[begin … end)`. */
  begin = 0;
  end = 0;
  /** Bytes of the data as stated; 2^53 and more: the nearest double. */
  length = 0;
  /** Bytes of the whole record with its frame; when `incomplete` before the length is known: those of the header. */
  frameBytes = 0;
  private readonly maxRecordBytes: number;

  constructor(maxRecordBytes: number) {
    this.maxRecordBytes = maxRecordBytes;
  }

  /** Looks at the record that begins at `at`; there are bytes up to `limit`. */
  read(bytes: Uint8Array, at: number, limit: number): TfRecordOutcome {
    this.frameBytes = HEADER_BYTES;
    if (limit - at < HEADER_BYTES) return "incomplete";
    const low = u32(bytes, at);
    const high = u32(bytes, at + 4);
    const isShort = high === 0 && low < SHORT_LENGTH_CRCS.length;
    const crc = isShort ? SHORT_LENGTH_CRCS[low] : maskedCrc32c(bytes, at, at + LENGTH_BYTES);
    if (crc !== u32(bytes, at + LENGTH_BYTES)) return "badLength";
    this.length = low + high * 2 ** 32;
    this.frameBytes = this.length + FRAME_BYTES;
    if (this.length > this.maxRecordBytes) return "tooLarge";
    if (limit - at < this.frameBytes) return "incomplete";
    this.begin = at + HEADER_BYTES;
    this.end = this.begin + this.length;
    return maskedCrc32c(bytes, this.begin, this.end) === u32(bytes, this.end) ? "record" : "badData";
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
