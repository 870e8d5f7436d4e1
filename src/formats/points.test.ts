/**
 * @file Points as lines and as parquet: the same points come back; what is no point is refused or numbered.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "../core/index.ts";
import { encodePoint, encodePoints, parsePoints, pointsHashText } from "./points.ts";
import { decodePointsParquet, encodePointsParquet } from "./pointsParquet.ts";

const count = fc.nat(Number.MAX_SAFE_INTEGER);
const pointArbitrary: fc.Arbitrary<Point> = fc.record(
  {
    step: count,
    wallMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    measure: fc.string({ minLength: 1, unit: "grapheme" }),
    value: fc.double().map((value) => value + 0),
    se: fc.double().map((value) => value + 0),
    n: count,
  },
  { requiredKeys: ["step", "wallMs", "measure", "value"], noNullPrototype: true },
);

test("one shape a line", () => {
  expect(encodePoint({ step: 500, wallMs: 1.5, measure: "train.loss", value: 2.1, se: 0.02, n: 512 })).toBe(
    '{"step":500,"wallMs":1.5,"measure":"train.loss","value":2.1,"se":0.02,"n":512}',
  );
  expect(encodePoint({ step: 0, wallMs: 1, measure: "m", value: Number.NaN })).toBe(
    '{"step":0,"wallMs":1,"measure":"m","value":"NaN"}',
  );
});

test("any points come back from lines", () =>
  fc.assert(
    fc.property(fc.array(pointArbitrary), (points) => {
      expect(parsePoints(new TextEncoder().encode(encodePoints(points)))).toEqual({ points, bad: [] });
    }),
    { seed: 29, numRuns: 100 },
  ));

test("any points come back from parquet, with the footer's texts", () =>
  fc.assert(
    fc.asyncProperty(fc.array(pointArbitrary, { maxLength: 20 }), async (points) => {
      const bytes = await encodePointsParquet(points, { metadata: { b: "2", a: "1" } });
      expect(await decodePointsParquet(bytes)).toEqual({
        points,
        metadata: expect.objectContaining({ a: "1", b: "2" }),
      });
    }),
    { seed: 31, numRuns: 40 },
  ));

test("many points, and none, come back from parquet", async () => {
  const many = Array.from({ length: 5000 }, (_, step) => ({
    step,
    wallMs: step / 3,
    measure: `m${step % 7}`,
    value: Math.sin(step),
  }));
  expect((await decodePointsParquet(await encodePointsParquet(many))).points).toEqual(many);
  expect((await decodePointsParquet(await encodePointsParquet([]))).points).toEqual([]);
});

test("equal points give equal parquet bytes", async () => {
  const points = [{ step: 1, wallMs: 2, measure: "m", value: 3 }];
  expect(await encodePointsParquet(points)).toEqual(await encodePointsParquet(points));
});

test.each([
  ["a list", "[]", "expected an object"],
  ["an unknown key", '{"step":1,"wallMs":1,"measure":"m","value":1,"x":1}', 'unknown key "x"'],
  ["a negative step", '{"step":-1,"wallMs":1,"measure":"m","value":1}', "step: expected a whole number from 0, got -1"],
  ["half a step", '{"step":0.5,"wallMs":1,"measure":"m","value":1}', "step: expected"],
  ["no time", '{"step":1,"measure":"m","value":1}', "wallMs: expected"],
  ["no name", '{"step":1,"wallMs":1,"measure":"","value":1}', "measure: expected"],
  ["no value", '{"step":1,"wallMs":1,"measure":"m","value":null}', "value: expected"],
  ["a wrong text", '{"step":1,"wallMs":1,"measure":"m","value":"inf"}', "value: expected"],
  ["a wrong standard error", '{"step":1,"wallMs":1,"measure":"m","value":1,"se":null}', "se: expected"],
  ["a wrong count", '{"step":1,"wallMs":1,"measure":"m","value":1,"n":1.5}', "n: expected"],
])("a line with %s is left out and numbered", (_, line, what) => {
  const good = encodePoint({ step: 1, wallMs: 1, measure: "m", value: 1 });
  const { points, bad } = parsePoints(`${good}\n${line}\n${good}\n`);
  expect(points).toHaveLength(2);
  expect(bad).toMatchObject([{ line: 2, what: expect.stringContaining(what) }]);
});

test("refuses to write what reading would refuse", () => {
  expect(() => encodePoint({ step: -1, wallMs: 1, measure: "m", value: 1 })).toThrow(
    'Point of "m" at step -1: step: expected',
  );
  expect(() => encodePoint({ step: 1, wallMs: Number.NaN, measure: "m", value: 1 })).toThrow("wallMs");
});

test("the text that is hashed knows neither the order nor the time of day", () => {
  const a = { step: 1, wallMs: 5, measure: "a", value: Number.NaN };
  const b = { step: 1, wallMs: 6, measure: "b", value: 1, se: 0.5, n: 3 };
  expect(pointsHashText([b, a])).toBe(
    '[{"measure":"a","step":1,"value":"NaN"},{"measure":"b","n":3,"se":0.5,"step":1,"value":1}]',
  );
});

test("a damaged or foreign parquet file is refused", async () => {
  const bytes = await encodePointsParquet([{ step: 1, wallMs: 1, measure: "m", value: 1 }]);
  for (const damaged of [new Uint8Array(), bytes.subarray(0, 20), bytes.subarray(0, bytes.length - 3)])
    await expect(decodePointsParquet(damaged)).rejects.toMatchObject({ code: "PARQUET_INVALID" });
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const foreign = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x", data: [1, 2] }] }));
  await expect(decodePointsParquet(foreign)).rejects.toMatchObject({ code: "PARQUET_INVALID" });
});
