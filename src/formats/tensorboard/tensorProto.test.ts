import { expect, test } from "vitest";
import { type Bytes, double, float, message, nested, packed, varint } from "../encode.fixture.ts";
import { TensorReader } from "./tensorProto.ts";

const content = (...bytes: readonly number[]): Bytes => nested(4, Uint8Array.from(bytes));
const shape = (...sizes: readonly number[]): Bytes => nested(2, ...sizes.map((size) => nested(2, varint(1, size))));

function read(bytes: Bytes, maxItems = 100): readonly number[] | undefined {
  const reader = new TensorReader();
  return reader.read(bytes, 0, bytes.length, maxItems) ? reader.values : undefined;
}

test.each([
  ["float in float_val", message(varint(1, 1), float(5, 0.5)), [0.5]],
  ["double in double_val, packed", message(varint(1, 2), shape(2), packed(6, [1e-300, -2])), [1e-300, -2]],
  ["int64 in int64_val, negative", message(varint(1, 9), varint(10, -7)), [-7]],
  ["int32 in int_val", message(varint(1, 3), varint(7, -(2 ** 31))), [-(2 ** 31)]],
  ["bool in bool_val", message(varint(1, 10), varint(11, 1)), [1]],
  [
    "half in half_val: 1.5, smallest, infinity",
    message(varint(1, 19), shape(3), nested(13, Uint8Array.of(0x80, 0x7c, 1, 0x80, 0xf8, 1))),
    [1.5, 2 ** -24, Number.POSITIVE_INFINITY],
  ],
  ["bfloat16 in half_val: 1", message(varint(1, 14), varint(13, 0x3f80)), [1]],
  ["float in tensor_content", message(varint(1, 1), content(0, 0, 0x20, 0xc1)), [-10]],
  ["half in tensor_content: −2", message(varint(1, 19), content(0, 0xc0)), [-2]],
  ["bfloat16 in tensor_content: −2", message(varint(1, 14), content(0, 0xc0)), [-2]],
  ["uint8, int8, int16 in tensor_content", message(varint(1, 6), shape(2), content(0xff, 1)), [-1, 1]],
  ["int64 in tensor_content", message(varint(1, 9), content(0xfe, 255, 255, 255, 255, 255, 255, 255)), [-2]],
  ["uint64 in uint64_val", message(varint(1, 23), varint(17, 2n ** 63n)), [2 ** 63]],
  ["one listed value for three items repeats", message(varint(1, 1), shape(3), float(5, 2)), [2, 2, 2]],
])("reads %s", (_, bytes, values) => {
  expect(read(bytes)).toEqual(values);
});

test.each([
  ["text", message(varint(1, 7), nested(8, Uint8Array.of(65)))],
  ["no type", message(float(5, 1))],
  ["no value", message(varint(1, 1))],
  ["more values than items", message(varint(1, 1), float(5, 1), float(5, 2))],
  ["content of another size", message(varint(1, 1), content(0, 0))],
  ["a packed list that is cut off", message(varint(1, 2), nested(6, new Uint8Array(7)))],
  ["a size of 2^62", message(varint(1, 1), shape(2 ** 62), float(5, 1))],
  [
    "sizes whose product overflows",
    message(varint(1, 1), shape(...Array.from({ length: 16 }, () => 2 ** 62)), float(5, 1)),
  ],
  ["a hundred dimensions", message(varint(1, 1), shape(...Array.from({ length: 100 }, () => 1)), float(5, 1))],
  ["a negative size", message(varint(1, 1), shape(-1), float(5, 1))],
])("refuses %s", (_, bytes) => {
  expect(read(bytes)).toBeUndefined();
});

test("refuses more items than stated before it makes room for them", () => {
  expect(read(message(varint(1, 1), shape(101), float(5, 1)))).toBeUndefined();
  expect(read(message(varint(1, 2), shape(3), double(6, 1)), 2)).toBeUndefined();
});
