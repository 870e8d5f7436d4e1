/**
 * @file The header of a safetensors file, all data types: which tensors there are, and where.
 *
 * Pure and browser-safe. Refuses (SAFETENSORS_INVALID, naming the tensor) a header above 100 MB, what is no JSON object,
 * offsets out of bounds or not whole, overlaps, holes, bytes that no tensor owns, and sizes that do not match shape and
 * data type. Data types that it does not know are listed without that last check. Names are data: "__proto__" is a name like any
 * other, since nothing is kept under names but in maps. Source: the format description in the safetensors repository
 * (8-byte length, JSON header, contiguous buffer).
 */
import { OntogenyError } from "../core/index.ts";

export interface TensorPlace {
  /** As in the file, e.g. "BF16". */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
  /** Of the data, from `dataStart` on. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the header's order. */
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begin in the file. */
  readonly dataStart: number;
}

/** As in the reference reader: a larger header is an attack or a mistake. */
export const MAX_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;
export const METADATA_KEY = "__metadata__";

const BITS: ReadonlyMap<string, number> = new Map([
  ...["F4"].map((code) => [code, 4] as const),
  ...["F6_E2M3", "F6_E3M2"].map((code) => [code, 6] as const),
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map(
    (code) => [code, 8] as const,
  ),
  ...["I16", "U16", "F16", "BF16"].map((code) => [code, 16] as const),
  ...["I32", "U32", "F32"].map((code) => [code, 32] as const),
  ...["I64", "U64", "F64", "C64"].map((code) => [code, 64] as const),
]);

/** How long the header is, from the file's first 8 bytes; `fileBytes`: of the whole file. */
export function safetensorsHeaderBytes(start: Uint8Array, fileBytes: number): number {
  if (start.length < LENGTH_BYTES) throw invalid("file", "at least 8 bytes", `${start.length}; it is cut off`);
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw invalid("header", `at most ${MAX_HEADER_BYTES} bytes`, `${length}; this is not a safetensors file`);
  if (LENGTH_BYTES + Number(length) > fileBytes)
    throw invalid("header", `${length} bytes`, `${fileBytes - LENGTH_BYTES}; the file is cut off`);
  return Number(length);
}

/** `bytes`: the file's first 8 + header bytes, or more of it. */
export function parseSafetensorsHeader(bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const dataStart = LENGTH_BYTES + safetensorsHeaderBytes(bytes, fileBytes);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch (cause) {
    throw invalid("header", "JSON", cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw invalid("header", "a JSON object", JSON.stringify(header).slice(0, 200));
  const tensors = new Map<string, TensorPlace>();
  let metadata: Record<string, string> = {};
  for (const [name, raw] of Object.entries(header))
    if (name === METADATA_KEY) metadata = readMetadata(raw);
    else tensors.set(name, readPlace(name, raw, fileBytes - dataStart));
  checkPlaces(tensors, fileBytes - dataStart);
  return { tensors, metadata, dataStart };
}

function readPlace(name: string, raw: unknown, size: number): TensorPlace {
  const what = `tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets } = (raw ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string") throw invalid(what, "a dtype", JSON.stringify(dtype) ?? "none");
  if (!Array.isArray(shape)) throw invalid(what, "a shape", JSON.stringify(shape) ?? "none");
  const count = countOfShape(name, shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw invalid(what, "two whole offsets", JSON.stringify(offsets) ?? "none");
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size) throw invalid(what, `offsets within 0…${size}`, `[${begin}, ${end}]`);
  const bits = BITS.get(dtype);
  const bytes = bits === undefined ? end - begin : Math.ceil((count * bits) / 8);
  if (end - begin !== bytes) throw invalid(what, `${bytes} bytes for ${dtype} [${shape.join(", ")}]`, `${end - begin}`);
  return { dtype, shape: shape as number[], count, begin, end };
}

function checkPlaces(tensors: ReadonlyMap<string, TensorPlace>, size: number): void {
  const places = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const [name, { begin, end }] of places) {
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

export function countOfShape(name: string, shape: readonly unknown[]): number {
  if (!shape.every(isCount)) throw invalid(`tensor "${name}"`, "whole dimensions from 0", JSON.stringify(shape));
  const count = (shape as number[]).reduce((product, dimension) => product * dimension, 1);
  if (!Number.isSafeInteger(count)) throw invalid(`tensor "${name}"`, "a size below 2^53", `[${shape.join(", ")}]`);
  return count;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function invalid(what: string, expected: string, got: string): OntogenyError {
  return new OntogenyError("SAFETENSORS_INVALID", `safetensors ${what}: expected ${expected}, got ${got}`);
}
