import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { logChunks } from "../encode.fixture.ts";
import { BLOCK_BYTES, LevelDbLogReader } from "./levelDbLog.ts";

const HEADER = 7;

/** Records as arrays, and what else was met; `from` in the file, whose bytes before it are not given. */
function readAll(bytes: Uint8Array, from = HEADER, maxRecordBytes = 2 ** 20) {
  const reader = new LevelDbLogReader(maxRecordBytes);
  const records: Buffer[] = [];
  const others: string[] = [];
  let at = 0;
  for (;;) {
    const outcome = reader.read(bytes, at, bytes.length, from + at);
    if (outcome === "incomplete") return { records, others, at, needed: reader.frameBytes };
    if (outcome === "record") records.push(Buffer.from(reader.bytes.slice(reader.begin, reader.end)));
    else others.push(outcome);
    at += reader.frameBytes;
  }
}

function randomRecords(rng: Rng, count: number, largest: number): Uint8Array[] {
  return Array.from({ length: count }, () =>
    new Uint8Array(rng.int(largest)).map((_, at) => (at * 131 + rng.int(3)) & 0xff),
  );
}

test("reads records of all sizes, over block ends, as they were written", () => {
  const rng = Rng.of(7, "log");
  // Sizes that end a block with every number of bytes left, from none to eight.
  const fitted = Array.from({ length: 9 }, (_, left) => new Uint8Array(BLOCK_BYTES - 7 - left).fill(left));
  for (const records of [randomRecords(rng, 200, 900), randomRecords(rng, 20, 3 * BLOCK_BYTES), fitted]) {
    const bytes = logChunks(records, HEADER);
    const { records: read, others, at } = readAll(bytes);
    expect(read.map((record) => record.length)).toEqual(records.map((record) => record.length));
    expect(read.every((record, index) => record.equals(records[index]))).toBe(true);
    expect(others).toEqual([]);
    expect(at).toBe(bytes.length);
  }
});

test("a record that begins with exactly a header's room left in the block is read: its first chunk is empty", () => {
  const records = [new Uint8Array(BLOCK_BYTES - HEADER - 7 - 7), Uint8Array.of(1, 2, 3)];
  const bytes = logChunks(records, HEADER);
  // Length 0, type FIRST.
  expect([...bytes.subarray(BLOCK_BYTES - HEADER - 3, BLOCK_BYTES - HEADER)]).toEqual([0, 0, 2]);
  expect(readAll(bytes)).toMatchObject({ records: [{}, Buffer.of(1, 2, 3)], others: [] });
});

test("a cut anywhere loses the cut record only, and reading from there gives the rest", () => {
  const rng = Rng.of(8, "log");
  const records = randomRecords(rng, 12, BLOCK_BYTES);
  const bytes = logChunks(records, HEADER);
  for (let turn = 0; turn < 300; turn++) {
    const cut = rng.int(bytes.length);
    const first = readAll(bytes.subarray(0, cut));
    const second = readAll(bytes.subarray(first.at), HEADER + first.at);
    expect(first.others).toEqual([]);
    expect(first.needed).toBeGreaterThan(cut - first.at);
    expect(Buffer.concat([...first.records, ...second.records]).equals(Buffer.concat(records))).toBe(true);
  }
});

test("a flipped bit is always found; whole records before it and after its block are all there", () => {
  const rng = Rng.of(9, "log");
  const records = randomRecords(rng, 250, 300);
  const bytes = logChunks(records, HEADER);
  const texts = new Set(records.map((record) => Buffer.from(record).toString("latin1")));
  for (let turn = 0; turn < 200; turn++) {
    const flipped = bytes.slice();
    const place = rng.int(flipped.length);
    flipped[place] ^= 1 << rng.int(8);
    const { records: read, others } = readAll(flipped);
    // Bytes that nobody checks are the padding at a block's end: fewer than seven of each 32 KiB.
    if (read.length < records.length) expect(others.length).toBeGreaterThan(0);
    for (const record of read) expect(texts.has(Buffer.from(record).toString("latin1"))).toBe(true);
    expect(read.length).toBeGreaterThan(records.length - 220);
  }
});

test("a record above the bound is passed over, the next one read", () => {
  const bytes = logChunks([new Uint8Array(200_000), Uint8Array.of(1, 2, 3)], HEADER);
  const { records, others } = readAll(bytes, HEADER, 100_000);
  expect(records).toEqual([Buffer.of(1, 2, 3)]);
  // The beginning, and the chunks that belonged to it.
  expect(others[0]).toBe("tooLarge");
  expect(new Set(others.slice(1))).toEqual(new Set(["orphan"]));
});

test("a middle or last chunk without a beginning, and a beginning without an end, are orphans", () => {
  const long = logChunks([new Uint8Array(3 * BLOCK_BYTES)], 0);
  const fromSecond = readAll(long.subarray(BLOCK_BYTES), BLOCK_BYTES);
  expect(fromSecond).toMatchObject({ records: [], others: ["orphan", "orphan", "orphan"] });
  const beginning = long.slice(0, 2 * BLOCK_BYTES);
  const after = logChunks([Uint8Array.of(5)], 2 * BLOCK_BYTES);
  expect(readAll(Buffer.concat([beginning, after]), 0)).toMatchObject({ records: [Buffer.of(5)], others: ["orphan"] });
});

test("zeros to the end of a block are damage of that block only", () => {
  const first = logChunks([Uint8Array.of(1)], HEADER);
  const zeros = new Uint8Array(BLOCK_BYTES - HEADER - first.length);
  const bytes = Buffer.concat([first, zeros, logChunks([Uint8Array.of(2)], BLOCK_BYTES)]);
  expect(readAll(bytes)).toMatchObject({ records: [Buffer.of(1), Buffer.of(2)], others: ["damaged"] });
});
