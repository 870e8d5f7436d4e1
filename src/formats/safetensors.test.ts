/**
 * @file safetensors: bit-exact round trips, canonical bytes, agreement with the reference implementation, damage
 * refused.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DType, Tensor } from "../core/index.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { MAX_HEADER_BYTES } from "./safetensorsHeader.ts";

const SEED = { seed: 17, numRuns: 60 };

const tensorArbitrary: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom<DType>("float32", "int32", "uint8", "bool"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }): fc.Arbitrary<Tensor> => {
    const length = shape.reduce((product, size) => product * size, 1);
    const items = { minLength: length, maxLength: length };
    if (dtype === "float32") return fc.float32Array(items).map((data) => ({ dtype, shape, data }));
    if (dtype === "int32") return fc.int32Array(items).map((data) => ({ dtype, shape, data }));
    return fc.uint8Array({ ...items, max: dtype === "bool" ? 1 : 255 }).map((data) => ({ dtype, shape, data }));
  });
const tensorsArbitrary = fc.dictionary(
  fc.string({ minLength: 1, unit: "grapheme" }).filter((name) => name !== "__metadata__"),
  tensorArbitrary,
  { maxKeys: 6, noNullPrototype: true },
);

function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

test("any tensors and metadata come back bit for bit", () =>
  fc.assert(
    fc.property(
      tensorsArbitrary,
      fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      (tensors, metadata) => {
        expect(decodeSafetensors(encodeSafetensors({ tensors, metadata }))).toEqual({ tensors, metadata });
      },
    ),
    SEED,
  ));

test("the order in which tensors were put in does not show in the bytes", () =>
  fc.assert(
    fc.property(tensorsArbitrary, (tensors) => {
      const reversed = Object.fromEntries(Object.entries(tensors).reverse());
      expect(encodeSafetensors({ tensors: reversed })).toEqual(encodeSafetensors({ tensors }));
    }),
    SEED,
  ));

test("a NaN keeps its payload", () => {
  const bits = Int32Array.of(0x7fc12345, -0x3fffff, -0x80000000);
  const tensors = { x: { dtype: "float32" as const, shape: [3], data: new Float32Array(bits.buffer) } };
  const { data } = decodeSafetensors(encodeSafetensors({ tensors })).tensors.x;
  expect(new Int32Array(data.buffer)).toEqual(bits);
});

test("every four-byte tensor is aligned in the file, whatever the names", () => {
  const byte = { dtype: "uint8" as const, shape: [3], data: Uint8Array.of(1, 2, 3) };
  const float = { dtype: "float32" as const, shape: [1], data: Float32Array.of(4) };
  const bytes = encodeSafetensors({ tensors: { a: byte, b: float, c: byte, d: float } });
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  expect(headerLength % 8).toBe(0);
  expect(Object.keys(header)).toEqual(["a", "b", "c", "d"]);
  expect([header.a, header.b, header.c, header.d].map((spec) => spec.data_offsets)).toEqual([
    [8, 11],
    [0, 4],
    [11, 14],
    [4, 8],
  ]);
});

// /tmp/venv/bin/python (safetensors 0.8.0):
//   from safetensors.numpy import save; import numpy as np
//   save({"w": np.array([[1.5, -2.0]], dtype=np.float32), "i": np.array(7, dtype=np.int32), "m": np.array([True, False])}, {"k": "v"}).hex()
const REFERENCE_HEX =
  "c0000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2277223a7b226474797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b302c385d7d2c2269223a7b226474797065223a22493332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b382c31325d7d2c226d223a7b226474797065223a22424f4f4c222c227368617065223a5b325d2c22646174615f6f666673657473223a5b31322c31345d7d7d20200000c03f000000c0070000000100";

test("reads what the reference implementation writes", () => {
  const { tensors, metadata } = decodeSafetensors(Uint8Array.from(Buffer.from(REFERENCE_HEX, "hex")));
  expect(metadata).toEqual({ k: "v" });
  expect(tensors).toEqual({
    w: { dtype: "float32", shape: [1, 2], data: Float32Array.of(1.5, -2) },
    i: { dtype: "int32", shape: [], data: Int32Array.of(7) },
    m: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
  });
});

// python: safetensors.numpy.load(bytes.fromhex(WRITTEN_HEX)) gives w [[1.5, -2.]] float32, i 7 int32, m [True, False], e of shape (0, 3) uint8
const WRITTEN_HEX =
  "f8000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2265223a7b226474797065223a225538222c227368617065223a5b302c335d2c22646174615f6f666673657473223a5b31322c31325d7d2c2269223a7b226474797065223a22493332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c345d7d2c226d223a7b226474797065223a22424f4f4c222c227368617065223a5b325d2c22646174615f6f666673657473223a5b31322c31345d7d2c2277223a7b226474797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b342c31325d7d7d2020070000000000c03f000000c00100";

test("writes what the reference implementation reads", () => {
  const tensors = {
    w: { dtype: "float32" as const, shape: [1, 2], data: Float32Array.of(1.5, -2) },
    m: { dtype: "bool" as const, shape: [2], data: Uint8Array.of(1, 0) },
    i: { dtype: "int32" as const, shape: [], data: Int32Array.of(7) },
    e: { dtype: "uint8" as const, shape: [0, 3], data: new Uint8Array() },
  };
  expect(Buffer.from(encodeSafetensors({ tensors, metadata: { k: "v" } })).toString("hex")).toBe(WRITTEN_HEX);
});

test("decoding does not share memory with its input, Buffer or not", () => {
  const tensors = { x: { dtype: "uint8" as const, shape: [1], data: Uint8Array.of(5) } };
  const bytes = Buffer.from(encodeSafetensors({ tensors }));
  const decoded = decodeSafetensors(bytes);
  bytes.fill(0);
  expect(decoded.tensors.x.data).toEqual(Uint8Array.of(5));
});

test.each([
  ["an empty file", new Uint8Array(), /at least 8 bytes, got 0/],
  ["a header longer than the file", fileWith("{}", 0).subarray(0, 9), /header: expected 2 bytes, got 1/],
  ["a header that is not JSON", fileWith("{x", 0), /header: expected JSON/],
  ["a header that is a list", fileWith("[]", 0), /a JSON object/],
  [
    "another data type",
    fileWith({ x: { dtype: "F64", shape: [1], data_offsets: [0, 8] } }, 8),
    /tensor "x": expected dtype .*, got "F64"/,
  ],
  [
    "overlap",
    fileWith({ a: f32(0, 8), b: f32(4, 12) }, 12),
    /tensor "b": expected data from byte 8, got 4: it overlaps/,
  ],
  ["a hole", fileWith({ a: f32(0, 4), b: f32(8, 12) }, 12), /tensor "b": .*a hole/],
  ["bytes that no tensor owns", fileWith({ a: f32(0, 4) }, 8), /bytes that no tensor owns/],
  ["offsets out of bounds", fileWith({ a: f32(0, 8) }, 4), /offsets within 0…4, got \[0, 8\]/],
  ["offsets backwards", fileWith({ a: { dtype: "F32", shape: [1], data_offsets: [4, 0] } }, 4), /offsets within/],
  [
    "offsets that are no numbers",
    fileWith({ a: { dtype: "F32", shape: [1], data_offsets: ["0", 4] } }, 4),
    /two whole offsets/,
  ],
  ["a size that is not the shape's", fileWith({ a: f32(0, 8, [3]) }, 8), /expected 12 bytes for F32 \[3\], got 8/],
  ["a negative dimension", fileWith({ a: f32(0, 4, [-1]) }, 4), /whole dimensions/],
  ["a shape whose size overflows", fileWith({ a: f32(0, 0, [2 ** 30, 2 ** 30]) }, 0), /size below 2\^53/],
  ["metadata that is not text", fileWith({ __metadata__: { a: 1 } }, 0), /texts by name/],
])("refuses %s", (_, bytes, message) => expect(() => decodeSafetensors(bytes)).toThrow(message));

test("refuses a header length beyond the limit without reading it", () => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(MAX_HEADER_BYTES) + 1n, true);
  expect(() => decodeSafetensors(bytes)).toThrow(/at most 100000000 bytes/);
});

test("refuses to write a tensor whose data is not its shape or type", () => {
  const data = Float32Array.of(1, 2);
  expect(() => encodeSafetensors({ tensors: { x: { dtype: "float32", shape: [3], data } } })).toThrow(
    'tensor "x": expected 3 items',
  );
  expect(() => encodeSafetensors({ tensors: { x: { dtype: "int32", shape: [2], data } } })).toThrow(
    "an array of int32, got Float32Array",
  );
  expect(() => encodeSafetensors({ tensors: { __metadata__: { dtype: "float32", shape: [2], data } } })).toThrow(
    "rename",
  );
});

test("damage anywhere is refused or changes the content: never a crash of another kind", () => {
  const tensors = { w: { dtype: "float32" as const, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } };
  const bytes = encodeSafetensors({ tensors, metadata: { a: "b" } });
  fc.assert(
    fc.property(
      fc.nat(bytes.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(bytes.length),
      (at, flip, length) => {
        const damaged = Uint8Array.from(bytes).subarray(0, Math.max(length, at + 1));
        damaged[at] ^= flip;
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          expect((error as { code?: string }).code).toBe("SAFETENSORS_INVALID");
        }
      },
    ),
    { seed: 19, numRuns: 300 },
  );
});
