/**
 * @file Tables without a tool of their own: CSV, TSV, JSONL, JSON and parquet, read as surveyTable.ts finds or `--map` says.
 *
 * A file is a unit; it may hold many runs. A file whose columns do not say where the step is is refused with what was seen and
 * an example of `--map`; JSON that is no table (settings, vocabularies, lists of names) is named as such. CSV and JSONL that
 * grow are read on: the state holds the place, the shape found and where each run stood. Where the shape hangs on values (a
 * column of text or seeds that may yet turn out to name runs), a grown file is read anew, so that it gives the same whether it
 * was read at once or in pieces; with `--map run=` and `measure=` it is read on.
 */

import { z } from "zod";
import { type Json, OntogenyError } from "../../core/index.ts";
import type { Bridge, ImportUnit, ReadOptions, SourceFile, SourceTree } from "../bridge.ts";
import { boundedState } from "../readingState.ts";
import { AxisFiles } from "./axisFiles.ts";
import { CsvRows } from "./csvRows.ts";
import { JsonlRows } from "./jsonlRows.ts";
import { JsonRows } from "./jsonRows.ts";
import { parseMapping, type TableMapping } from "./mapping.ts";
import { ParquetTable } from "./parquetTable.ts";
import type { ReportSkip, RowSource } from "./rowSource.ts";
import { surveyTable } from "./surveyTable.ts";
import { TableReader } from "./tableReader.ts";
import { type TableShape, TableShapeSchema } from "./tableShape.ts";

export const tablesBridge: Bridge = { format: "table", title: "tables (CSV, JSONL, JSON, parquet)", claim, read };

const HEAD_BYTES = 65_536;
/** A larger JSON document is not parsed to find out what it is. */
const JSON_BYTES_TO_CLAIM = 16 * 2 ** 20;
/** Programs write these beside their results, and some are large. */
const SETTINGS_FILE =
  /(?:^|\/)(?:package(?:-lock)?|tsconfig|tokenizer(?:_config)?|vocab|added_tokens|special_tokens_map|(?:[a-z_]+_)?config|[^/]*\.index)\.json$/i;

type Kind = "csv" | "jsonl" | "json" | "parquet";

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const mapping = parseMapping(tree.mapping);
  const { format } = tablesBridge;
  const axes = new AxisFiles(tree);
  const units: ImportUnit[] = [];
  const refused = new Map<SourceFile, Refusal>();
  for (const file of tree.files) {
    const kind = await kindOf(tree, file);
    if (kind === undefined) continue;
    const axisFile = kind === "json" ? await axes.maybeFor(file) : undefined;
    const refusal = await refusalAtFirstSight({ file, kind, axisFile }, mapping);
    if (refusal !== undefined) refused.set(file, refusal);
    else {
      const companions = axisFile === undefined ? {} : { companions: [axisFile] };
      units.push({ format, key: file.relative, files: [file], ...companions, hints: { kind } });
    }
  }
  for (const { companions = [] } of units) for (const axisFile of companions) refused.delete(axisFile);
  for (const [file, { code, why }] of refused) tree.skip(file, code, why);
  return units;
}

interface TableFile {
  readonly file: SourceFile;
  readonly kind: Kind;
  /** Names the axes of an array in JSON. */
  readonly axisFile: SourceFile | undefined;
}

async function kindOf(tree: SourceTree, file: SourceFile): Promise<Kind | undefined> {
  const ending = /\.(csv|tsv|tab|jsonl|ndjson|json|parquet|pq|log|txt)$/i.exec(file.relative)?.[1].toLowerCase();
  if (ending === undefined) return undefined;
  const head = await tree.head(file);
  const isText = !head.includes(0);
  if (file.bytes === 0 || head.length === 0) {
    if (ending !== "log" && ending !== "txt") tree.skip(file, "EMPTY", "the file is empty");
    return undefined;
  }
  if (ending === "parquet" || ending === "pq") {
    if (Buffer.from(head.subarray(0, 4)).toString("latin1") === "PAR1") return "parquet";
    tree.skip(file, "PARQUET_INVALID", "does not begin as parquet does");
    return undefined;
  }
  if (!isText) {
    if (ending !== "log" && ending !== "txt") tree.skip(file, "NOT_TEXT", `named .${ending}, but holds binary data`);
    return undefined;
  }
  if (holdsObjectLines(head)) return "jsonl";
  if (ending === "log" || ending === "txt") return undefined;
  if (ending === "jsonl" || ending === "ndjson") return "jsonl";
  return ending === "json" ? "json" : "csv";
}

/** The first two lines are objects, each for itself (or the only line is). */
function holdsObjectLines(head: Uint8Array): boolean {
  const lines = new TextDecoder()
    .decode(head)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 2);
  return lines.length > 1 && lines.every((line) => /^\ufeff?\s*\{.*\}\s*$/.test(line));
}

interface Refusal {
  readonly code: string;
  readonly why: string;
}

async function refusalAtFirstSight(table: TableFile, mapping: TableMapping): Promise<Refusal | undefined> {
  const { file, kind } = table;
  if (kind === "parquet") return undefined;
  if (kind === "json" && SETTINGS_FILE.test(file.relative))
    return { code: "NO_TABLE", why: "a file of settings or words, by its name" };
  if (kind === "json" && file.bytes > JSON_BYTES_TO_CLAIM) return undefined;
  const start = kind === "json" ? file : { ...file, bytes: Math.min(file.bytes, HEAD_BYTES) };
  let first: Refusal | undefined;
  const source = rowsOf({ ...table, file: start }, (code, why) => {
    first ??= { code, why: why.replace(`${file.relative}: `, "") };
  });
  const survey = await surveyTable(source, mapping);
  if (survey.shape !== undefined) return undefined;
  if (survey.refusal.code !== "NO_ROWS") return survey.refusal;
  // The first line may be longer than what was looked at.
  return kind !== "json" && file.bytes > HEAD_BYTES ? undefined : (first ?? survey.refusal);
}

function rowsOf({ file, kind, axisFile }: TableFile, report: ReportSkip, from?: Json): RowSource {
  switch (kind) {
    case "csv":
      return new CsvRows(file, report, from);
    case "jsonl":
      return new JsonlRows(file, report, from);
    case "json":
      return new JsonRows(file, report, axisFile);
    default:
      kind satisfies "parquet";
      return new ParquetTable(file, report);
  }
}

const HintsSchema = z.object({ kind: z.enum(["csv", "jsonl", "json", "parquet"]) });
const EpochMemorySchema = z.tuple([z.number().nullable(), z.number(), z.array(z.tuple([z.number(), z.number()]))]);
const StateSchema = z.strictObject({
  rows: z.custom<Json>(),
  shape: TableShapeSchema,
  runs: z.array(z.tuple([z.string(), z.number().nullable(), z.int(), z.int(), z.boolean(), EpochMemorySchema])),
});

async function read(unit: ImportUnit, { sink, from, mapping: given }: ReadOptions): Promise<Json | undefined> {
  const [file] = unit.files;
  const { kind } = HintsSchema.parse(unit.hints);
  const before = StateSchema.safeParse(from).data;
  const table: TableFile = { file, kind, axisFile: unit.companions?.[0] };
  const shape = before?.shape ?? (await shapeOf(table, { sink, mapping: parseMapping(given) }));
  if (shape === undefined) return undefined;
  const source = rowsOf(table, (code, example, count) => sink.skip(code, example, count), before?.rows);
  const reader = new TableReader({
    sink,
    file,
    shape,
    isJson: kind === "json" || kind === "jsonl",
    memory: before?.runs ?? [],
  });
  const stateNow = (): Json | undefined => {
    const rows = source.resume();
    if (rows === undefined || !shape.isSettled) return undefined;
    return boundedState({ rows, shape: shape as unknown as Json, runs: reader.runs.memory() });
  };
  let bytesRead = 0;
  try {
    for await (const batch of source.batches()) {
      reader.take(batch);
      bytesRead += batch.bytesRead;
      await sink.drain(bytesRead, stateNow);
    }
  } catch (error) {
    if (!(error instanceof OntogenyError) || error.code !== "STEP_UNKNOWN") throw error;
    sink.skip(error.code, `${file.relative}: ${error.message.split("\n")[0]}`);
    return undefined;
  }
  reader.describe(unit.key.replace(/\.[A-Za-z]+$/, ""));
  return stateNow();
}

async function shapeOf(
  table: TableFile,
  { sink, mapping }: { sink: ReadOptions["sink"]; mapping: TableMapping },
): Promise<TableShape | undefined> {
  // What the rows themselves have wrong is reported when they are read; a document that has no rows is never read.
  const skips: [string, string, number | undefined][] = [];
  const survey = await surveyTable(
    rowsOf(table, (...skip) => skips.push(skip as [string, string, number | undefined])),
    mapping,
  );
  await sink.drain(0);
  if (survey.shape === undefined) {
    for (const skip of skips) sink.skip(...skip);
    sink.skip(survey.refusal.code, `${table.file.relative}: ${survey.refusal.why}`);
    return undefined;
  }
  for (const { code, why } of survey.notes) sink.skip(code, `${table.file.relative}: ${why}`);
  return survey.shape;
}
