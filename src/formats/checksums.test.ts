import { expect, test } from "vitest";
import { Rng } from "../core/index.ts";
import { crc32, crc32c, maskedCrc32c } from "./checksums.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A bit at a time, by the definition. */
function byDefinition(bytes: Uint8Array, polynomial: number): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("CRC-32C has the published check value and the one of RFC 3720 for 32 zeros", () => {
  expect(crc32c(ascii("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test("CRC-32 has the published check value, as Python's zlib.crc32", () => {
  expect(crc32(ascii("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("masked CRC-32C has the values of TensorFlow's own files and tests", () => {
  expect(maskedCrc32c(new Uint8Array(32))).toBe(0x0fd7fffa);
  expect(maskedCrc32c(ascii("123456789"))).toBe(0xc78ab0e5);
  expect(maskedCrc32c(Uint8Array.of(0x1a, 0x11, ...ascii("CRC test, one two")))).toBe(0x5794d08a);
  expect(maskedCrc32c(Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0))).toBe(0x224b7fa3);
});

test("agrees with the definition for every length and beginning up to 40 bytes", () => {
  const rng = Rng.of(7, "checksums");
  const bytes = Uint8Array.from({ length: 96 }, () => rng.int(256));
  for (let begin = 0; begin <= 40; begin++)
    for (let length = 0; length <= 40; length++) {
      const part = bytes.slice(begin, begin + length);
      expect(crc32(bytes, begin, begin + length)).toBe(byDefinition(part, 0xedb88320));
      expect(crc32c(bytes, begin, begin + length)).toBe(byDefinition(part, 0x82f63b78));
    }
});
