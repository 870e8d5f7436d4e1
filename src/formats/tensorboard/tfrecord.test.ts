import { expect, test } from "vitest";
import { joined, tfRecord, tfRecordHeader } from "../encode.fixture.ts";
import { TfRecordReader } from "./tfrecord.ts";

const DATA = new TextEncoder().encode("some data");
const RECORD = tfRecord(DATA);

test("reads record after record", () => {
  const bytes = joined(Uint8Array.of(9, 9), RECORD, tfRecord(new Uint8Array()), RECORD);
  const reader = new TfRecordReader(1000);
  const read: string[] = [];
  for (let at = 2; reader.read(bytes, at, bytes.length) === "record"; at += reader.frameBytes)
    read.push(new TextDecoder().decode(bytes.subarray(reader.begin, reader.end)));
  expect(read).toEqual(["some data", "", "some data"]);
});

test("is incomplete at every cut, and says how many bytes it needs", () => {
  const reader = new TfRecordReader(1000);
  for (let cut = 0; cut < RECORD.length; cut++) {
    expect(reader.read(RECORD, 0, cut)).toBe("incomplete");
    expect(reader.frameBytes).toBe(cut < 12 ? 12 : RECORD.length);
  }
  expect(reader.read(RECORD, 0, RECORD.length)).toBe("record");
});

test("finds every flipped bit: in the header it is a bad length, behind it bad data", () => {
  const reader = new TfRecordReader(1000);
  for (let bit = 0; bit < 8 * RECORD.length; bit++) {
    const bytes = RECORD.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    expect(reader.read(bytes, 0, bytes.length)).toBe(bit < 96 ? "badLength" : "badData");
  }
});

test("a length with the right checksum may be any: beyond the bound it is too large, 2^63 and 2^64 − 1 included", () => {
  const reader = new TfRecordReader(1000);
  for (const length of [1001n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    const bytes = tfRecordHeader(length);
    expect(reader.read(bytes, 0, bytes.length)).toBe("tooLarge");
    expect(reader.length).toBe(Number(length));
  }
  expect(reader.read(tfRecordHeader(1000), 0, 12)).toBe("incomplete");
});
