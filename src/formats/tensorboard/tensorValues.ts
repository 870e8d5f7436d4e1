/**
 * @file Values of a tensor's bytes as float64, for the data types of safetensors that hold one number in whole bytes.
 *
 * Pure and browser-safe; little-endian machines only, as every engine we run on. Exact for all but I64 and U64 beyond 2^53, which are rounded. BOOL gives 0 and 1 (any other byte: 1). C64, F4
 * and F6 are not read. Eight-bit floats after OCP's "8-bit Floating Point Specification" (E5M2 with ∞;
 * E4M3 without, S.1111.111 is NaN; E8M0 is 2^(e − 127), 255 is NaN) and the FNUZ variants (0x80 is NaN, bias one more).
 */

export interface ValueType {
  readonly bytes: number;
  /** Integers and booleans are counters and masks more often than weights. */
  readonly isFloat: boolean;
  /** Reads `count` values from the beginning of `bytes`, which is aligned to 8, into `out`. */
  readonly read: (bytes: Uint8Array, count: number, out: Float64Array) => void;
}

export function maybeValueType(dtype: string): ValueType | undefined {
  return TYPES.get(dtype);
}

type TypedArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;
type BigArray = BigInt64Array | BigUint64Array;
interface Constructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

function typed(array: Constructor<TypedArray>, isFloat: boolean): ValueType {
  return {
    bytes: array.BYTES_PER_ELEMENT,
    isFloat,
    read: ({ buffer, byteOffset }, count, out) => out.set(new array(buffer, byteOffset, count)),
  };
}

function big(array: Constructor<BigArray>): ValueType {
  return {
    bytes: 8,
    isFloat: false,
    read({ buffer, byteOffset }, count, out) {
      const values = new array(buffer, byteOffset, count);
      for (let i = 0; i < count; i++) out[i] = Number(values[i]);
    },
  };
}

/** Through the table of all values that so many bits can have, made when first needed. */
function tabled(
  array: Constructor<Uint8Array | Uint16Array>,
  isFloat: boolean,
  meaning: (bits: number) => number,
): ValueType {
  let table: Float64Array | undefined;
  return {
    bytes: array.BYTES_PER_ELEMENT,
    isFloat,
    read({ buffer, byteOffset }, count, out) {
      table ??= Float64Array.from({ length: 256 ** array.BYTES_PER_ELEMENT }, (_, bits) => meaning(bits));
      const values = new array(buffer, byteOffset, count);
      for (let i = 0; i < count; i++) out[i] = table[values[i]];
    },
  };
}

const SCRATCH = new DataView(new ArrayBuffer(4));

/** IEEE half precision. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function bfloatOf(bits: number): number {
  SCRATCH.setUint32(0, bits << 16);
  return SCRATCH.getFloat32(0);
}

interface SmallFloat {
  readonly fractionBits: number;
  readonly bias: number;
  readonly special: "ieee" | "nanOnly" | "fnuz";
}

function smallFloat({ fractionBits, bias, special }: SmallFloat): ValueType {
  const exponents = 2 ** (7 - fractionBits);
  const fractions = 2 ** fractionBits;
  return tabled(Uint8Array, true, (byte) => {
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte & 0x7f) >> fractionBits;
    const fraction = byte & (fractions - 1);
    if (special === "fnuz" && byte === 0x80) return Number.NaN;
    if (special === "ieee" && exponent === exponents - 1)
      return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (special === "nanOnly" && exponent === exponents - 1 && fraction === fractions - 1) return Number.NaN;
    const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (fractions + fraction) * 2 ** (exponent - bias);
    return (sign * magnitude) / fractions;
  });
}

const TYPES: ReadonlyMap<string, ValueType> = new Map([
  ["F64", typed(Float64Array, true)],
  ["F32", typed(Float32Array, true)],
  ["F16", tabled(Uint16Array, true, halfOf)],
  ["BF16", tabled(Uint16Array, true, bfloatOf)],
  ["F8_E5M2", smallFloat({ fractionBits: 2, bias: 15, special: "ieee" })],
  ["F8_E4M3", smallFloat({ fractionBits: 3, bias: 7, special: "nanOnly" })],
  ["F8_E5M2FNUZ", smallFloat({ fractionBits: 2, bias: 16, special: "fnuz" })],
  ["F8_E4M3FNUZ", smallFloat({ fractionBits: 3, bias: 8, special: "fnuz" })],
  ["F8_E8M0", tabled(Uint8Array, true, (exponent) => (exponent === 255 ? Number.NaN : 2 ** (exponent - 127)))],
  ["BOOL", tabled(Uint8Array, false, (byte) => (byte === 0 ? 0 : 1))],
  ["U8", typed(Uint8Array, false)],
  ["I8", typed(Int8Array, false)],
  ["U16", typed(Uint16Array, false)],
  ["I16", typed(Int16Array, false)],
  ["U32", typed(Uint32Array, false)],
  ["I32", typed(Int32Array, false)],
  ["U64", big(BigUint64Array)],
  ["I64", big(BigInt64Array)],
]);
