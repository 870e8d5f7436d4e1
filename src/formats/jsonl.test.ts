/**
 * @file JSON lines with torn tails: what was finished is read, what was cut off is told, what is wrong is numbered.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonl } from "./jsonl.ts";

test("reads rows with their line numbers, and skips empty lines", () => {
  expect(parseJsonl('{"a":1}\n\n[2]\r\n3\n')).toEqual({ rows: [{ a: 1 }, [2], 3], lines: [1, 3, 4], bad: [] });
  expect(parseJsonl("")).toEqual({ rows: [], lines: [], bad: [] });
});

test("a cut-off last line is torn, not bad", () => {
  expect(parseJsonl('{"a":1}\n{"a":')).toEqual({
    rows: [{ a: 1 }],
    lines: [1],
    torn: { line: 2, text: '{"a":' },
    bad: [],
  });
});

test("a last object without its line feed is whole; a last number may be half of one", () => {
  expect(parseJsonl('{"a":1}').rows).toEqual([{ a: 1 }]);
  expect(parseJsonl("1\n12")).toMatchObject({ rows: [1], torn: { line: 2, text: "12" } });
});

test("a bad line in the middle is left out and numbered", () => {
  expect(parseJsonl('{"a":1}\n{"a":\n{"a":3}\n')).toEqual({
    rows: [{ a: 1 }, { a: 3 }],
    lines: [1, 3],
    bad: [{ line: 2, text: '{"a":', what: "not JSON" }],
  });
});

test("bytes that are not UTF-8 spoil their own line only; zeros at the end are a torn tail", () => {
  const bytes = Buffer.concat([
    Buffer.from('{"a":1}\n{"a":"'),
    Buffer.from([0xff]),
    Buffer.from('"}\n{"a":3}\n'),
    Buffer.alloc(4),
  ]);
  const result = parseJsonl(bytes);
  expect(result.rows).toEqual([{ a: 1 }, { a: 3 }]);
  expect(result.bad).toMatchObject([{ line: 2, what: "not UTF-8" }]);
  expect(result.torn).toEqual({ line: 4, text: "\0\0\0\0" });
});

test("cut anywhere, every finished row is there and at most one line is torn", () => {
  const row = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(), (rows, position) => {
      const bytes = new TextEncoder().encode(rows.map((value) => `${JSON.stringify(value)}\n`).join(""));
      const cut = bytes.subarray(0, position % (bytes.length + 1));
      const finished = cut.filter((byte) => byte === 10).length;
      const result = parseJsonl(cut);
      expect(result.bad).toEqual([]);
      expect(
        result.rows.length === finished || (result.rows.length === finished + 1 && result.torn === undefined),
      ).toBe(true);
      expect(result.rows).toEqual(JSON.parse(JSON.stringify(rows.slice(0, result.rows.length))));
    }),
    { seed: 23, numRuns: 100 },
  );
});
