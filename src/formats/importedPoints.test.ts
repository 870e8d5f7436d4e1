import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeImportedPoints, encodeImportedPoints, type ImportedSeries } from "./importedPoints.ts";

const series = (run: string, measure: string, values: readonly number[], more = {}): ImportedSeries => ({
  run,
  measure,
  columns: {
    step: Float64Array.from(values, (_, i) => i),
    value: Float64Array.from(values),
    wallMs: Float64Array.from(values, (_, i) => 1000 * i),
    ...more,
  },
});

const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

test("gives back every value bit by bit, NaN, infinities and −0 included", async () => {
  const number = fc.double();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(number, { minLength: 1, maxLength: 20 }), { maxLength: 5 }), async (lists) => {
      const written = lists.map((values, i) => series(`run${i % 2}`, `measure ${i}`, values));
      const read = await decodeImportedPoints(bufferOf(await encodeImportedPoints(written)));
      expect(read.map(({ run, measure }) => [run, measure])).toEqual(written.map(({ run, measure }) => [run, measure]));
      read.forEach(({ columns }, i) => {
        expect([...columns.value].map((v) => Object.is(v, -0))).toEqual(lists[i].map((v) => Object.is(v, -0)));
        expect([...columns.value]).toEqual(lists[i]);
      });
    }),
    { seed: 7, numRuns: 60 },
  );
});

test("reads one series out of many without mixing it with its neighbours, across row groups", async () => {
  const long = Array.from({ length: 150_000 }, (_, i) => i / 7);
  const written = ["a", "b", "c"].map((measure) => series("r", measure, long));
  const [only, ...rest] = await decodeImportedPoints(
    bufferOf(await encodeImportedPoints(written)),
    (_, measure) => measure === "b",
  );
  expect(rest).toEqual([]);
  expect(only.measure).toBe("b");
  expect(only.columns.value).toEqual(written[1].columns.value);
});

test("what one series does not state is not stated when another does", async () => {
  const stated = series("r", "a", [1], { se: Float64Array.of(0.1), context: Int32Array.of(3) });
  const read = await decodeImportedPoints(bufferOf(await encodeImportedPoints([stated, series("r", "b", [2])])));
  expect(read.map(({ columns }) => [columns.se?.[0], columns.context?.[0], columns.n])).toEqual([
    [0.1, 3, undefined],
    [Number.NaN, -1, undefined],
  ]);
});

test("refuses a file that is cut off, with the way out", async () => {
  const bytes = await encodeImportedPoints([series("r", "a", [1, 2, 3])]);
  await expect(decodeImportedPoints(bufferOf(bytes.subarray(0, bytes.length - 5)))).rejects.toThrow("import again");
});
