/**
 * @file Imported points as a parquet file: columns run, measure, step, wallMs, value and, where anything is stated, se, n,
 * segment, context, file. One series after the other, each in the order in which its points were read.
 *
 * Browser-safe. Not compressed: a series of a million points is then read in milliseconds, which is what charts need.
 * In se, n and wallMs NaN means "not stated"; −1 in context and file means "none"; a column that would say nothing is
 * left out. Values keep NaN, ±∞ and −0. No column statistics: NaN makes them wrong in several readers. Where each series
 * lies stands in the footer, so that one series is read without the others. Decoding refuses (PARQUET_INVALID) a file
 * that is cut off, damaged, or without these columns.
 */
import type { AsyncBuffer } from "hyparquet";
import { z } from "zod";
import { OntogenyError } from "../core/index.ts";

/** Columns of one length. */
export interface PointColumns {
  readonly step: Float64Array;
  readonly value: Float64Array;
  readonly wallMs: Float64Array;
  readonly se?: Float64Array;
  readonly n?: Float64Array;
  readonly segment?: Int32Array;
  readonly context?: Int32Array;
  readonly file?: Int32Array;
}

export interface ImportedSeries {
  readonly run: string;
  readonly measure: string;
  readonly columns: PointColumns;
}

const SERIES_KEY = "ontogeny.series";
const ROWS_A_GROUP = 100_000;
const FLOATS = ["se", "n"] as const;
const INTEGERS = ["segment", "context", "file"] as const;
/** What an absent column stands for. */
const ABSENT = { se: Number.NaN, n: Number.NaN, segment: 0, context: -1, file: -1 } as const;

const IndexSchema = z.array(
  z.tuple([z.string(), z.string(), z.int().nonnegative(), z.int().nonnegative()]), // run, measure, first row, rows
);

export async function encodeImportedPoints(series: readonly ImportedSeries[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const rows = series.reduce((sum, { columns }) => sum + columns.step.length, 0);
  const optional = [...FLOATS, ...INTEGERS].filter((name) => series.some(({ columns }) => columns[name] !== undefined));
  let start = 0;
  const index = series.map(({ run, measure, columns }) => {
    const entry = [run, measure, start, columns.step.length];
    start += columns.step.length;
    return entry;
  });
  const text = (read: (one: ImportedSeries) => string): string[] => {
    const column = new Array<string>(rows);
    let at = 0;
    for (const one of series) {
      column.fill(read(one), at, at + one.columns.step.length);
      at += one.columns.step.length;
    }
    return column;
  };
  const plain = (name: "step" | "wallMs" | "value" | (typeof FLOATS)[number]) => ({
    name,
    data: joined(series, name, new Float64Array(rows)),
    type: "DOUBLE" as const,
    nullable: false,
    encoding: "PLAIN" as const,
  });
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "run", data: text(({ run }) => run), type: "STRING", nullable: false },
        { name: "measure", data: text(({ measure }) => measure), type: "STRING", nullable: false },
        plain("step"),
        plain("wallMs"),
        plain("value"),
        ...FLOATS.filter((name) => optional.includes(name)).map(plain),
        ...INTEGERS.filter((name) => optional.includes(name)).map((name) => ({
          name,
          data: joined(series, name, new Int32Array(rows)),
          type: "INT32" as const,
          nullable: false,
        })),
      ],
      codec: "UNCOMPRESSED",
      statistics: false,
      rowGroupSize: ROWS_A_GROUP,
      createdBy: "ontogeny",
      kvMetadata: [{ key: SERIES_KEY, value: JSON.stringify(index) }],
    }),
  );
}

export type PointColumnName = keyof PointColumns;

/**
 * Only the series that `wanted` names, and only the columns `only` (wallMs is then all NaN when it is not among them); all
 * when absent.
 */
export async function decodeImportedPoints(
  file: AsyncBuffer,
  wanted?: (run: string, measure: string) => boolean,
  only?: readonly PointColumnName[],
): Promise<ImportedSeries[]> {
  const { parquetMetadataAsync, parquetRead } = await import("hyparquet");
  try {
    const metadata = await parquetMetadataAsync(file);
    const stated = metadata.key_value_metadata?.find(({ key }) => key === SERIES_KEY)?.value;
    const index = IndexSchema.parse(JSON.parse(stated ?? "null")).filter(
      ([run, measure]) => wanted?.(run, measure) ?? true,
    );
    const names = new Set(metadata.schema.map(({ name }) => name));
    const present = ["step", "wallMs", "value", ...[...FLOATS, ...INTEGERS].filter((name) => names.has(name))];
    const columns = present.filter((name) => only === undefined || (only as readonly string[]).includes(name));
    const found: ImportedSeries[] = [];
    for (const stretch of stretchesOf(index)) {
      const rows = stretch.end - stretch.start;
      const read: Record<string, Float64Array | Int32Array> = {};
      for (const name of columns) read[name] = isInteger(name) ? new Int32Array(rows) : new Float64Array(rows);
      read.wallMs ??= new Float64Array(rows).fill(Number.NaN);
      await parquetRead({
        file,
        metadata,
        columns,
        rowStart: stretch.start,
        rowEnd: stretch.end,
        onChunk: ({ columnName, columnData, rowStart }) =>
          copyInto(read[columnName], columnData as ArrayLike<number>, rowStart - stretch.start),
      });
      for (const [run, measure, start, count] of stretch.entries)
        found.push({ run, measure, columns: slice(read, start - stretch.start, count) });
    }
    return found;
  } catch (cause) {
    throw new OntogenyError(
      "PARQUET_INVALID",
      `Imported points: expected parquet as \`ontogeny import\` writes it, got ${cause instanceof Error ? cause.message : String(cause)}; delete the import's folder and import again`,
      { cause },
    );
  }
}

type Index = z.infer<typeof IndexSchema>;

/** Series that lie side by side are read in one go. */
function stretchesOf(index: Index): { start: number; end: number; entries: Index }[] {
  const stretches: { start: number; end: number; entries: Index }[] = [];
  for (const entry of index) {
    const last = stretches.at(-1);
    const [, , start, count] = entry;
    if (last !== undefined && last.end === start) {
      last.entries.push(entry);
      last.end += count;
    } else stretches.push({ start, end: start + count, entries: [entry] });
  }
  return stretches;
}

function joined<T extends Float64Array | Int32Array>(
  series: readonly ImportedSeries[],
  name: keyof PointColumns,
  into: T,
): T {
  let at = 0;
  for (const { columns } of series) {
    const column = columns[name];
    if (column !== undefined) into.set(column, at);
    else into.fill(ABSENT[name as keyof typeof ABSENT], at, at + columns.step.length);
    at += columns.step.length;
  }
  return into;
}

/** A chunk may begin before and end after what was asked for. */
function copyInto(target: Float64Array | Int32Array, data: ArrayLike<number>, at: number): void {
  const from = Math.max(0, -at);
  const to = Math.min(data.length, target.length - at);
  if (to <= from) return;
  if (ArrayBuffer.isView(data)) target.set((data as unknown as Float64Array).subarray(from, to), at + from);
  else for (let i = from; i < to; i++) target[at + i] = data[i];
}

function slice(read: Readonly<Record<string, Float64Array | Int32Array>>, start: number, count: number): PointColumns {
  const cut = Object.fromEntries(
    Object.entries(read).map(([name, column]) => [name, column.subarray(start, start + count)]),
  );
  return cut as unknown as PointColumns;
}

const isInteger = (name: string): boolean => (INTEGERS as readonly string[]).includes(name);
