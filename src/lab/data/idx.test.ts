import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIdx } from "./idx.ts";

function idx(shape: readonly number[], data: readonly number[], type = 8): Uint8Array {
  const header = [0, 0, type, shape.length, ...shape.flatMap((size) => [size >>> 24, size >>> 16, size >>> 8, size])];
  return Uint8Array.from([...header, ...data].map((byte) => byte & 255));
}

test("reads a matrix with its shape", () => {
  const { shape, data } = parseIdx(idx([2, 3], [1, 2, 3, 4, 5, 255]), "m");
  expect(shape).toEqual([2, 3]);
  expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
});

test("gives back what was written, for any shape, also from the middle of a buffer", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (shape) => {
      const items = shape.reduce((a, b) => a * b, 1);
      const values = Array.from({ length: items }, (_, i) => (i * 37) % 256);
      const bytes = idx(shape, values);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      const parsed = parseIdx(shifted.subarray(3), "p");
      expect(parsed.shape).toEqual(shape);
      expect([...parsed.data]).toEqual(values);
    }),
    { seed: 11 },
  ));

test.each([
  ["an empty file", new Uint8Array(0), "at least 4 bytes, got 0 bytes"],
  ["a gzip file", Uint8Array.from([0x1f, 0x8b, 8, 0, 0]), "is it still compressed?"],
  ["a file of floats", idx([1], [0, 0, 0, 0], 13), "expected unsigned bytes (type 8), got type 13"],
  ["a truncated file", idx([2, 3], [1, 2, 3]), "expected 18 bytes for shape [2, 3], got 15 bytes"],
  ["a file with trailing bytes", idx([2], [1, 2, 3]), "expected 10 bytes for shape [2], got 11 bytes"],
  ["a header cut short", Uint8Array.from([0, 0, 8, 3, 0, 0]), "a header of 16 bytes for 3 dimensions"],
])("refuses %s", (_, bytes, message) => {
  expect(() => parseIdx(bytes, "/data/x")).toThrow(message);
  expect(() => parseIdx(bytes, "/data/x")).toThrow("File: /data/x");
});
