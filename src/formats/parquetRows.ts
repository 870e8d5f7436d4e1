/**
 * @file Rows of any flat parquet file, a slice at a time.
 *
 * Browser-safe. Integers beyond 2^53 are rounded; dates come as ISO text; nested and binary columns come as null, their names
 * in `nested`. Refuses (PARQUET_INVALID) what is cut off or damaged, a codec that it was not given (PARQUET_CODEC), and lengths
 * that no honest writer states: a page of more than 256 MiB, more rows than the file has bytes × 1,000.
 */
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { OntogenyError } from "../core/index.ts";

export type ParquetCell = number | string | null;

export interface ParquetRows {
  readonly columns: readonly string[];
  /** Left out of `columns`: lists, maps, structures, bytes. */
  readonly nested: readonly string[];
  readonly rows: readonly (readonly ParquetCell[])[];
}

const ROWS_A_SLICE = 20_000;
const PAGE_BYTES_AT_MOST = 2 ** 28;
const ROWS_A_BYTE = 1000;

export async function* parquetRows(file: AsyncBuffer, codecs: Compressors = {}): AsyncGenerator<ParquetRows> {
  const { parquetReadObjects, snappyUncompress } = await import("hyparquet");
  const metadata = await footerOf(file);
  const { columns, nested } = flatColumns(metadata);
  const snappy = (input: Uint8Array, length: number): Uint8Array => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  };
  const compressors = bounded({ SNAPPY: snappy, ...codecs });
  for (const { codec, path } of chunksOf(metadata))
    if (codec !== "UNCOMPRESSED" && compressors[codec as keyof Compressors] === undefined)
      throw new OntogenyError(
        "PARQUET_CODEC",
        `Parquet: expected pages in ${["UNCOMPRESSED", ...Object.keys(compressors)].join(", ")}, got ${codec} in "${path}"; write the file with snappy`,
      );
  const rowCount = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < rowCount; rowStart += ROWS_A_SLICE) {
    const rowEnd = Math.min(rowCount, rowStart + ROWS_A_SLICE);
    const objects = await refusing(() =>
      parquetReadObjects({ file, metadata, columns: [...columns], rowStart, rowEnd, compressors }),
    );
    yield { columns, nested, rows: objects.map((row) => columns.map((name) => cellOf(row[name]))) };
  }
}

async function footerOf(file: AsyncBuffer): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await import("hyparquet");
  const metadata = await refusing(() => parquetMetadataAsync(file));
  if (!(Number(metadata.num_rows) >= 0 && Number(metadata.num_rows) <= file.byteLength * ROWS_A_BYTE))
    throw new OntogenyError(
      "PARQUET_INVALID",
      `Parquet: expected a number of rows that ${file.byteLength} bytes can hold, got ${metadata.num_rows}; restore the file from a copy`,
    );
  return metadata;
}

function flatColumns({ schema }: FileMetaData): { columns: string[]; nested: string[] } {
  const [columns, nested]: [string[], string[]] = [[], []];
  const [root, ...elements] = schema;
  // Depth first: a group is followed by its children, which are skipped with it.
  let skip = 0;
  for (const {
    name,
    num_children: children,
    type,
    converted_type: converted,
    logical_type: logical,
    repetition_type: repetition,
  } of elements) {
    if (skip > 0) {
      skip += (children ?? 0) - 1;
      continue;
    }
    const isBytes = type === "BYTE_ARRAY" && converted === undefined && logical === undefined;
    if (children !== undefined && children > 0) {
      skip = children;
      nested.push(name);
    } else if (isBytes || repetition === "REPEATED") nested.push(name);
    else columns.push(name);
  }
  if (root === undefined || columns.length === 0)
    throw new OntogenyError(
      "PARQUET_INVALID",
      "Parquet: expected columns of numbers or text, got none; there is nothing to read here",
    );
  return { columns, nested };
}

function* chunksOf({ row_groups: groups }: FileMetaData): Generator<{ codec: string; path: string }> {
  for (const { columns } of groups)
    for (const { meta_data: chunk } of columns)
      if (chunk !== undefined) yield { codec: chunk.codec, path: chunk.path_in_schema.join(".") };
}

/** The length of a page is what the file says: checked before anything is allocated. */
function bounded(compressors: Compressors): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([name, uncompress]) => [
      name,
      (input: Uint8Array, length: number) => {
        if (!(length >= 0 && length <= PAGE_BYTES_AT_MOST))
          throw new OntogenyError(
            "PARQUET_INVALID",
            `Parquet: expected a page of at most ${PAGE_BYTES_AT_MOST} bytes, got ${length}`,
          );
        return uncompress(input, length);
      },
    ]),
  );
}

async function refusing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof OntogenyError) throw cause;
    throw new OntogenyError(
      "PARQUET_INVALID",
      `Parquet: expected a whole file, got ${cause instanceof Error ? cause.message : String(cause)}; restore it from a copy`,
      { cause },
    );
  }
}

function cellOf(value: unknown): ParquetCell {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "bigint":
      return Number(value);
    case "boolean":
      return String(value);
    default:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : null;
  }
}
