import { expect, test } from "vitest";
import { Rng } from "../core/index.ts";
import { double, float, joined, message, nested, rawVarint, text, varint, zigzag } from "./encode.fixture.ts";
import { FIXED64, SPAN, textOf, VARINT, WireReader } from "./wire.ts";

const over = (bytes: Uint8Array): WireReader => new WireReader().over(bytes, 0, bytes.length);

test("reads every wire type, passes over unknown fields and ends with the message", () => {
  const reader = over(message(varint(1, 300), double(2, -0.5), text(3, "é"), float(4, 0.25), nested(5, varint(1, 1))));
  const seen: unknown[] = [];
  while (reader.next()) {
    if (reader.field === 1) seen.push(reader.varint());
    else if (reader.field === 2) seen.push(reader.double());
    else if (reader.field === 3) seen.push(reader.text());
    else if (reader.field === 4) seen.push(reader.float());
    else reader.skip();
  }
  expect(seen).toEqual([300, -0.5, "é", 0.25]);
  expect(reader.malformed).toBe(false);
});

test("int64 is exact within ±2^53 and the nearest double or its neighbour beyond", () => {
  const rng = Rng.of(7, "int64");
  const edges = [0n, 1n, -1n, 127n, 128n, -128n, 2n ** 31n, -(2n ** 31n), 2n ** 53n, -(2n ** 53n)];
  const random = Array.from({ length: 2000 }, () => {
    const bits = BigInt(rng.int(2 ** 32)) * 2n ** 32n + BigInt(rng.int(2 ** 32));
    return BigInt.asIntN(54, bits >> BigInt(rng.int(60)));
  });
  for (const value of [...edges, ...random]) {
    expect(over(rawVarint(value)).int64()).toBe(Number(value));
    const field = over(zigzag(1, value));
    field.next();
    expect(field.zigzag64()).toBe(Number(value));
  }
  for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n + 1n, -(2n ** 60n) - 1n]) {
    const read = over(rawVarint(value)).int64();
    expect(Math.abs(read - Number(value))).toBeLessThanOrEqual(Number(value < 0n ? -value : value) * 2 ** -52);
  }
});

test.each([
  ["a length of 2^63", joined(Uint8Array.of(0x0a), rawVarint(2n ** 63n), new Uint8Array(50))],
  ["a length one beyond the end", Uint8Array.of(0x0a, 3, 1, 2)],
  ["a varint without an end", new Uint8Array(11).fill(0xff)],
  ["a varint cut off", Uint8Array.of(0x08, 0x80)],
  ["a double cut off", Uint8Array.of(0x09, 1, 2, 3)],
  ["a float cut off", Uint8Array.of(0x0d, 1)],
  ["field number 0", Uint8Array.of(0x02, 0)],
  ["a group, begun a million times", new Uint8Array(1_000_000).fill(0x0b)],
  ["a wire type that does not exist", Uint8Array.of(0x0f)],
  ["a field number beyond 2^29", joined(rawVarint(2 ** 40), Uint8Array.of(0))],
])("is malformed, not thrown, at %s", (_, bytes) => {
  const reader = over(bytes);
  while (reader.next()) reader.skip();
  expect(reader.malformed).toBe(true);
  expect(reader.at).toBeLessThanOrEqual(bytes.length);
});

test("another wire type than the one asked for is malformed", () => {
  const reader = over(varint(1, 1));
  reader.next();
  expect(reader.is(VARINT)).toBe(true);
  expect(reader.is(FIXED64)).toBe(false);
  expect(reader.malformed).toBe(true);
});

test("never leaves its range and always ends, for 20,000 random messages", () => {
  const rng = Rng.of(7, "wire");
  for (let at = 0; at < 20_000; at++) {
    const bytes = Uint8Array.from({ length: rng.int(40) }, () => rng.int(256));
    const [begin, end] = [Math.min(3, bytes.length), bytes.length];
    const reader = new WireReader().over(bytes, begin, end);
    for (let fields = 0; reader.next(); fields++) {
      if (reader.wireType === SPAN && reader.span()) {
        expect(reader.begin).toBeGreaterThanOrEqual(begin);
        expect(reader.close).toBeLessThanOrEqual(end);
      } else reader.skip();
      expect(fields).toBeLessThan(40);
    }
  }
});

test("text that is not UTF-8 becomes U+FFFD", () => {
  expect(textOf(Uint8Array.of(0x61, 0xff, 0x62), 0, 3)).toBe("a\ufffdb");
});
