/**
 * @file Points as a parquet file: columns step, wallMs, measure, value, se, n.
 *
 * Browser-safe. DESIGN §4 asks for zstd; hyparquet-writer brings only snappy and Node 20 has no zstd of its own, so
 * pages are snappy (readers take both). NaN, ±∞ and −0 are kept as such; missing `se` and `n` are nulls; a NaN
 * standard error is not a missing one. No column statistics: NaN makes them wrong in several readers. Decoding
 * refuses (PARQUET_INVALID) a file that is cut off, damaged, or without these columns. The codecs are loaded at first
 * use, for they cost start-up time.
 */
import { OntogenyError, type Point } from "../core/index.ts";

export interface PointsFile {
  readonly points: readonly Point[];
  /** Free key → value texts from the file's footer. */
  readonly metadata: Readonly<Record<string, string>>;
}

export async function encodePointsParquet(
  points: readonly Point[],
  { metadata = {} }: { metadata?: Readonly<Record<string, string>> } = {},
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const column = <T>(read: (point: Point) => T): T[] => points.map(read);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "step", data: column(({ step }) => BigInt(step)), type: "INT64", nullable: false },
        { name: "wallMs", data: Float64Array.from(points, ({ wallMs }) => wallMs), type: "DOUBLE", nullable: false },
        { name: "measure", data: column(({ measure }) => measure), type: "STRING", nullable: false },
        { name: "value", data: Float64Array.from(points, ({ value }) => value), type: "DOUBLE", nullable: false },
        { name: "se", data: column(({ se }) => se), type: "DOUBLE", nullable: true },
        {
          name: "n",
          data: column(({ n }) => (n === undefined ? undefined : BigInt(n))),
          type: "INT64",
          nullable: true,
        },
      ],
      statistics: false,
      createdBy: "ontogeny",
      kvMetadata: Object.keys(metadata)
        .sort()
        .map((key) => ({ key, value: metadata[key] })),
    }),
  );
}

export async function decodePointsParquet(bytes: Uint8Array): Promise<PointsFile> {
  const { parquetMetadata, parquetReadObjects } = await import("hyparquet");
  try {
    const file = new Uint8Array(bytes).buffer;
    const footer = parquetMetadata(file);
    const rows = await parquetReadObjects({ file, metadata: footer });
    const metadata: Record<string, string> = {};
    for (const { key, value } of footer.key_value_metadata ?? []) metadata[key] = value ?? "";
    return { points: rows.map(pointFromRow), metadata };
  } catch (cause) {
    throw new OntogenyError(
      "PARQUET_INVALID",
      `Points file: expected parquet with the columns step, wallMs, measure, value, se, n, got ${cause instanceof Error ? cause.message : String(cause)}; restore it from a copy or train the run again`,
      { cause },
    );
  }
}

function pointFromRow(row: Record<string, unknown>): Point {
  const { step, wallMs, measure, value, se, n } = row;
  if (
    typeof step !== "bigint" ||
    typeof wallMs !== "number" ||
    typeof measure !== "string" ||
    typeof value !== "number"
  )
    throw new OntogenyError("PARQUET_INVALID", `a row with step ${String(step)} and measure ${String(measure)}`);
  const point: { -readonly [K in keyof Point]: Point[K] } = { step: Number(step), wallMs, measure, value };
  if (typeof se === "number") point.se = se;
  if (typeof n === "bigint") point.n = Number(n);
  return point;
}
