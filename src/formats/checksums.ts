/**
 * @file CRC-32 (IEEE, of the W&B log) and CRC-32C (Castagnoli, of TFRecord) over a part of a byte array.
 *
 * Pure and browser-safe; never throws for bytes, the range is the caller's to keep inside the array. Eight bytes a round
 * through eight tables ("slicing by 8": Kounavis and Berry, ISCC 2005). Why not a package: the ones that exist take a whole
 * array, so that each of millions of short records would first need a view of its own.
 */

/** CRC-32 of `bytes[begin … end)`, unsigned. Reflected polynomial 0xEDB88320, initial value and final XOR all ones. */
export function crc32(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  return sliced(IEEE, bytes, begin, end);
}

/** CRC-32C of `bytes[begin … end)`, unsigned. Reflected polynomial 0x82F63B78, initial value and final XOR all ones. */
export function crc32c(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  return sliced(CASTAGNOLI, bytes, begin, end);
}

/** As TFRecord stores it: rotated right by 15 bits plus a constant, so that a checksum of checksums does not degenerate. */
export function maskedCrc32c(bytes: Uint8Array, begin = 0, end = bytes.length): number {
  const crc = crc32c(bytes, begin, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const IEEE = tablesOf(0xedb88320);
const CASTAGNOLI = tablesOf(0x82f63b78);

/** Eight tables of 256, one after the other; table k moves a byte on by k more bytes. */
function tablesOf(polynomial: number): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) tables[at] = (tables[at - 256] >>> 8) ^ tables[tables[at - 256] & 0xff];
  return tables;
}

function sliced(tables: Int32Array, bytes: Uint8Array, begin: number, end: number): number {
  let crc = -1;
  let at = begin;
  for (const lastEight = end - 8; at <= lastEight; at += 8) {
    const first = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      tables[1792 + (first & 0xff)] ^
      tables[1536 + ((first >>> 8) & 0xff)] ^
      tables[1280 + ((first >>> 16) & 0xff)] ^
      tables[1024 + (first >>> 24)] ^
      tables[768 + bytes[at + 4]] ^
      tables[512 + bytes[at + 5]] ^
      tables[256 + bytes[at + 6]] ^
      tables[bytes[at + 7]];
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
