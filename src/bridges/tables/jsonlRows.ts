/**
 * @file Rows of a file with one JSON object a line, that may be growing. Keys make columns, in the order in which they first
 * come; objects within objects are flattened with dots, lists are named and left out.
 *
 * A line that is not JSON, or no object, is counted and left out. A last line without its line feed is taken when its object
 * closes, and otherwise waits. NaN and Infinity are read, bare or as text.
 */
import { z } from "zod";
import { type Json, OntogenyError } from "../../core/index.ts";
import { parseTolerantJson } from "../../formats/index.ts";
import type { SourceFile } from "../bridge.ts";
import { isJsonObject } from "../jsonFile.ts";
import { LINE_BYTES_AT_MOST, readLines } from "../lines.ts";
import { FlatRows } from "./flatRows.ts";
import type { Cell, ReportSkip, RowBatch, RowSource } from "./rowSource.ts";

const ResumeSchema = z.strictObject({ offset: z.number(), header: z.array(z.string()), tail: z.boolean() });

export class JsonlRows implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;
  private readonly flat: FlatRows;
  private offset = 0;
  /** The unfinished last line was taken: it is the first one of the next import. */
  private tail = false;

  constructor(file: SourceFile, report: ReportSkip, from?: Json) {
    this.file = file;
    this.report = report;
    const { data } = ResumeSchema.safeParse(from);
    this.flat = new FlatRows(file, report, data?.header);
    if (data !== undefined) ({ offset: this.offset, tail: this.tail } = data);
  }

  async *batches(): AsyncGenerator<RowBatch> {
    for await (const { lines, end, tooLong, bytesRead, rest } of readLines(this.file, { from: this.offset })) {
      const rows: Cell[][] = [];
      for (const line of lines) {
        if (this.tail) this.tail = false;
        else this.take(line, rows);
      }
      if (tooLong > 0)
        this.report("LINE_TOO_LONG", `${this.file.relative}: a line of more than ${LINE_BYTES_AT_MOST} bytes`, tooLong);
      this.offset = end;
      if (rest !== undefined && !this.tail) this.takeRest(rest, rows);
      yield { header: this.flat.header, rows, isRestart: false, bytesRead };
    }
  }

  resume(): Json {
    return { offset: this.offset, header: [...this.flat.header], tail: this.tail };
  }

  private take(line: string, rows: Cell[][]): void {
    if (line.trim() === "") return;
    const parsed = parsedLine(line);
    if (parsed.why !== undefined) this.report("LINE_INVALID", `${this.file.relative}: ${parsed.why}`);
    else rows.push(this.flat.row(parsed.row));
  }

  private takeRest(rest: string, rows: Cell[][]): void {
    const parsed = parsedLine(rest);
    if (parsed.why === undefined) {
      this.tail = true;
      rows.push(this.flat.row(parsed.row));
    } else if (rest.trim() !== "")
      this.report(
        "LAST_LINE_UNFINISHED",
        `${this.file.relative}: ${JSON.stringify(rest.slice(0, 80))} has no line feed; it is read once it has`,
      );
  }
}

type ParsedLine = { readonly row: Record<string, unknown>; readonly why?: undefined } | { readonly why: string };

function parsedLine(line: string): ParsedLine {
  try {
    const value = parseTolerantJson(line, { maxDepth: 64, maxContainers: 100_000 });
    if (isJsonObject(value)) return { row: value };
    return { why: `expected an object, got ${line.slice(0, 80)}` };
  } catch (error) {
    if (!(error instanceof OntogenyError)) throw error;
    return { why: error.message.split("\n")[0] };
  }
}
