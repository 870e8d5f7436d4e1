/**
 * @file safetensors, for the data types that a snapshot has: F32, I32, U32, U8, BOOL.
 *
 * Pure and browser-safe; little-endian machines only, as every engine we run on. Equal tensors and metadata give
 * equal bytes: names in code-unit order in the header, four-byte types before one-byte types in the data (so that all
 * are aligned without holes), the header padded with spaces to a multiple of 8. NaN payloads are kept bit for bit.
 * Decoding copies, and refuses (SAFETENSORS_INVALID, naming the tensor) a header that does not fit, overlaps, holes,
 * offsets out of bounds, sizes that do not match shapes, and other data types. Source: the format description in the
 * safetensors repository (8-byte length, JSON header, contiguous buffer).
 */
import type { DType, Tensor } from "../core/index.ts";
import {
  countOfShape,
  invalid,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  parseSafetensorsHeader,
} from "./safetensorsHeader.ts";

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const CODE_FROM_DTYPE: Readonly<Record<DType, string>> = {
  float32: "F32",
  int32: "I32",
  uint32: "U32",
  uint8: "U8",
  bool: "BOOL",
};
const DTYPE_FROM_CODE = new Map(Object.entries(CODE_FROM_DTYPE).map(([dtype, code]) => [code, dtype as DType]));
const BYTES_PER_ITEM: Readonly<Record<DType, number>> = { float32: 4, int32: 4, uint32: 4, uint8: 1, bool: 1 };

export function encodeSafetensors({
  tensors,
  metadata = {},
}: Partial<TensorFile> & Pick<TensorFile, "tensors">): Uint8Array {
  const names = Object.keys(tensors).sort();
  for (const name of names) checkTensor(name, tensors[name]);
  const begins = new Map<string, number>();
  let length = 0;
  for (const wanted of [4, 1])
    for (const name of names) {
      if (BYTES_PER_ITEM[tensors[name].dtype] !== wanted) continue;
      begins.set(name, length);
      length += tensors[name].data.byteLength;
    }
  const header = headerBytes(tensors, metadata, names, begins);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  for (const name of names) {
    const { data } = tensors[name];
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      LENGTH_BYTES + header.length + begins.get(name)!,
    );
  }
  return bytes;
}

export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const { tensors: places, metadata, dataStart } = parseSafetensorsHeader(bytes, bytes.length);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype: code, shape, begin, end }] of places) {
    const dtype = DTYPE_FROM_CODE.get(code);
    if (dtype === undefined) throw invalid(`tensor "${name}"`, "dtype F32, I32, U32, U8 or BOOL", JSON.stringify(code));
    // A copy, aligned and independent; `slice` would be a view if a Node Buffer came in.
    const data = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors[name] = { dtype, shape, data: typedFrom(dtype, data) };
  }
  return { tensors: { ...tensors }, metadata };
}

function headerBytes(
  tensors: TensorFile["tensors"],
  metadata: TensorFile["metadata"],
  names: readonly string[],
  begins: ReadonlyMap<string, number>,
): Uint8Array {
  // Written by hand: an object would move names such as "0" to the front and lose the order.
  const entries = names.map((name) => {
    const { dtype, shape, data } = tensors[name];
    const begin = begins.get(name)!;
    const spec = { dtype: CODE_FROM_DTYPE[dtype], shape, data_offsets: [begin, begin + data.byteLength] };
    return `${JSON.stringify(name)}:${JSON.stringify(spec)}`;
  });
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(String(metadata[key]))}`);
    entries.unshift(`"${METADATA_KEY}":{${pairs.join(",")}}`);
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  if (text.length > MAX_HEADER_BYTES)
    throw invalid("header", `at most ${MAX_HEADER_BYTES} bytes`, `${text.length} bytes; split the file`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  if (name === METADATA_KEY) throw invalid("tensor name", `not "${METADATA_KEY}"`, "it; rename the tensor");
  const count = countOfShape(name, shape);
  if (data.length !== count)
    throw invalid(`tensor "${name}"`, `${count} items for shape [${shape.join(", ")}]`, `${data.length}`);
  const fits =
    dtype === "float32"
      ? data instanceof Float32Array
      : dtype === "int32"
        ? data instanceof Int32Array
        : data instanceof Uint8Array;
  if (!fits) throw invalid(`tensor "${name}"`, `an array of ${dtype}`, data.constructor.name);
}

function typedFrom(dtype: DType, bytes: Uint8Array): Tensor["data"] {
  if (dtype === "float32") return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === "int32") return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === "uint32") return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return bytes;
}
