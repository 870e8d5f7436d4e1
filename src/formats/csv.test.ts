import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guessDelimiter, splitCsvRecord } from "./csv.ts";

describe("records of comma-separated text", () => {
  test.each([
    ["a,b,c", ["a", "b", "c"]],
    ['"a,b",c', ["a,b", "c"]],
    ['"say ""hi""",', ['say "hi"', ""]],
    ['"line\nfeed",x', ["line\nfeed", "x"]],
    [",,", ["", "", ""]],
    ["", [""]],
    ['""', [""]],
    ['5" disk,1', ['5" disk', "1"]],
    ['"a"b,c', ["ab", "c"]],
  ])("%j", (record, fields) => expect(splitCsvRecord(record, ",")).toEqual(fields));

  test.each(['"open,a', 'a,"open', '"a""'])("does not close: %s", (record) =>
    expect(splitCsvRecord(record, ",")).toBeUndefined(),
  );

  test("reads what another parser reads, on 500 random records", () => {
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", " ", "é", "1", "."), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        const record = fields.map((text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",");
        // The reference leaves out a record without any character.
        fc.pre(record !== "");
        expect(splitCsvRecord(record, ",")).toEqual((parse(record, { relax_column_count: true }) as string[][])[0]);
      }),
      { seed: 12, numRuns: 500 },
    );
  });

  test("takes the delimiter that gives most columns", () => {
    expect(guessDelimiter("step\tloss, mean\tacc")).toBe("\t");
    expect(guessDelimiter('"a;b";c;d')).toBe(";");
    expect(guessDelimiter("step")).toBe(",");
  });
});
