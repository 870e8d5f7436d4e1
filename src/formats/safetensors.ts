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
import { type DType, OntogenyError, type Tensor } from "../core/index.ts";

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference reader: a larger header is an attack or a mistake. */
export const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const METADATA_KEY = "__metadata__";

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
  const { header, start } = readHeader(bytes);
  const { [METADATA_KEY]: rawMetadata = {}, ...specs } = header;
  const size = bytes.length - start;
  const tensors: Record<string, Tensor> = Object.create(null);
  const spans: { name: string; begin: number; end: number }[] = [];
  for (const [name, raw] of Object.entries(specs)) {
    const { dtype, shape, begin, end } = readSpec(name, raw, size);
    spans.push({ name, begin, end });
    // A copy, aligned and independent; `slice` would be a view if a Node Buffer came in.
    const data = new Uint8Array(bytes.subarray(start + begin, start + end));
    tensors[name] = { dtype, shape, data: typedFrom(dtype, data) };
  }
  checkSpans(spans, size);
  return { tensors: { ...tensors }, metadata: readMetadata(rawMetadata) };
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
  const count = countOf(name, shape);
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

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw invalid("file", "at least 8 bytes", `${bytes.length}; it is cut off`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw invalid("header", `at most ${MAX_HEADER_BYTES} bytes`, `${length}; this is not a safetensors file`);
  const start = LENGTH_BYTES + Number(length);
  if (start > bytes.length)
    throw invalid("header", `${length} bytes`, `${bytes.length - LENGTH_BYTES}; the file is cut off`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start)));
  } catch (cause) {
    throw invalid("header", "JSON", cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw invalid("header", "a JSON object", JSON.stringify(header));
  return { header: header as Record<string, unknown>, start };
}

function readSpec(name: string, raw: unknown, size: number) {
  const what = `tensor "${name}"`;
  const { dtype: code, shape, data_offsets: offsets } = (raw ?? {}) as Record<string, unknown>;
  const dtype = DTYPE_FROM_CODE.get(code as string);
  if (dtype === undefined) throw invalid(what, "dtype F32, I32, U8 or BOOL", JSON.stringify(code));
  if (!Array.isArray(shape)) throw invalid(what, "a shape", JSON.stringify(shape));
  const count = countOf(name, shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw invalid(what, "two whole offsets", JSON.stringify(offsets));
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size) throw invalid(what, `offsets within 0…${size}`, `[${begin}, ${end}]`);
  if (end - begin !== count * BYTES_PER_ITEM[dtype])
    throw invalid(what, `${count * BYTES_PER_ITEM[dtype]} bytes for ${code} [${shape.join(", ")}]`, `${end - begin}`);
  return { dtype, shape: shape as number[], begin, end };
}

function checkSpans(spans: { name: string; begin: number; end: number }[], size: number): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of spans) {
    if (begin < reached)
      throw invalid(`tensor "${name}"`, `data from byte ${reached}`, `${begin}: it overlaps another`);
    if (begin > reached) throw invalid(`tensor "${name}"`, `data from byte ${reached}`, `${begin}: a hole`);
    reached = end;
  }
  if (reached !== size) throw invalid("file", `${reached} bytes of data`, `${size}; it has bytes that no tensor owns`);
}

function readMetadata(raw: unknown): Record<string, string> {
  const entries = typeof raw === "object" && raw !== null && !Array.isArray(raw) ? Object.entries(raw) : undefined;
  if (entries === undefined || entries.some(([, value]) => typeof value !== "string"))
    throw invalid("metadata", "texts by name", JSON.stringify(raw));
  return Object.fromEntries(entries);
}

function typedFrom(dtype: DType, bytes: Uint8Array): Tensor["data"] {
  if (dtype === "float32") return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === "int32") return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === "uint32") return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return bytes;
}

function countOf(name: string, shape: readonly unknown[]): number {
  if (!shape.every(isCount)) throw invalid(`tensor "${name}"`, "whole dimensions from 0", JSON.stringify(shape));
  const count = (shape as number[]).reduce((product, dimension) => product * dimension, 1);
  if (!Number.isSafeInteger(count)) throw invalid(`tensor "${name}"`, "a size below 2^53", `[${shape.join(", ")}]`);
  return count;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function invalid(what: string, expected: string, got: string): OntogenyError {
  return new OntogenyError("SAFETENSORS_INVALID", `safetensors ${what}: expected ${expected}, got ${got}`);
}
