/**
 * @file Rows of a CSV or TSV file that may be growing.
 *
 * The first line that is neither empty nor a "#" comment is the header. The header again in mid-file is a restart; a line of
 * at least half its names and no number is a changed header, and a restart too. A row with another number of fields than the
 * header is counted and left out (one more that is empty is a trailing delimiter). Quotes that do not close within 100 lines
 * cost one line.
 *
 * A last line without its line feed may be cut off. It is taken when all its fields are there and the last one is at least as
 * long as the shortest one in its column so far (for whole numbers: as the one before): a number that lost digits is shorter.
 * When the file has grown and the line turns out to have gone on, it is read again: the later value of a step counts.
 */
import { z } from "zod";
import type { Json } from "../../core/index.ts";
import { guessDelimiter, splitCsvRecord } from "../../formats/index.ts";
import type { SourceFile } from "../bridge.ts";
import { LINE_BYTES_AT_MOST, readLines } from "../lines.ts";
import { type Cell, cellOf, type ReportSkip, type RowBatch, type RowSource } from "./rowSource.ts";

const OPEN_LINES_AT_MOST = 100;

const ResumeSchema = z.strictObject({
  offset: z.number(),
  header: z.array(z.string()).nullable(),
  delimiter: z.string(),
  /** An unfinished line that was taken as a row. */
  tail: z.string().nullable(),
  shortest: z.number(),
});

export class CsvRows implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;
  private offset = 0;
  private header: string[] | null = null;
  private delimiter = ",";
  private tail: string | null = null;
  /** Characters of the shortest last field so far. */
  private shortest = Number.MAX_SAFE_INTEGER;
  private lastField = "";
  /** Lines of a record whose quotes are open, and where its first one starts. */
  private open: string[] = [];
  private openOffset = 0;

  constructor(file: SourceFile, report: ReportSkip, from?: Json) {
    this.file = file;
    this.report = report;
    const { data } = ResumeSchema.safeParse(from);
    if (data === undefined) return;
    ({
      offset: this.offset,
      header: this.header,
      delimiter: this.delimiter,
      tail: this.tail,
      shortest: this.shortest,
    } = data);
  }

  async *batches(): AsyncGenerator<RowBatch> {
    for await (const { lines, offsets, end, tooLong, bytesRead, rest } of readLines(this.file, { from: this.offset })) {
      const batches = new BatchMaker();
      for (let i = 0; i < lines.length; i++) this.take(lines[i], offsets[i], batches);
      if (tooLong > 0)
        this.report("LINE_TOO_LONG", `${this.file.relative}: a line of more than ${LINE_BYTES_AT_MOST} bytes`, tooLong);
      this.offset = this.open.length > 0 ? this.openOffset : end;
      if (rest !== undefined) this.takeRest(rest, batches);
      yield* batches.made(this.header ?? [], bytesRead);
    }
  }

  resume(): Json {
    const { offset, header, delimiter, tail, shortest } = this;
    return { offset, header, delimiter, tail, shortest };
  }

  private take(text: string, offset: number, batches: BatchMaker): void {
    const line = offset === 0 ? text.replace(/^\ufeff/, "") : text;
    if (this.tail !== null) {
      const { tail } = this;
      this.tail = null;
      if (line === tail) return;
      this.report(
        "LAST_LINE_WAS_UNFINISHED",
        `${this.file.relative}: ${quoted(tail)} went on as ${quoted(line)}; read again`,
      );
    }
    if (this.open.length === 0) {
      if (line.trim() === "" || (this.header === null && line.startsWith("#"))) return;
      this.openOffset = offset;
    }
    this.open.push(line);
    if (this.header === null) this.delimiter = guessDelimiter(line);
    const fields = splitCsvRecord(this.open.join("\n"), this.delimiter);
    if (fields !== undefined) {
      this.open = [];
      this.record(fields, batches);
    } else if (this.open.length > OPEN_LINES_AT_MOST) this.dropOpen(batches);
  }

  /** The first of the open lines is damaged; the others are read as lines of their own. */
  private dropOpen(batches: BatchMaker): void {
    const [damaged, ...others] = this.open;
    this.open = [];
    this.report("QUOTES_OPEN", `${this.file.relative}: ${quoted(damaged)}`);
    for (const line of others) {
      const fields = splitCsvRecord(line, this.delimiter);
      if (fields === undefined) this.report("QUOTES_OPEN", `${this.file.relative}: ${quoted(line)}`);
      else this.record(fields, batches);
    }
  }

  private record(fields: string[], batches: BatchMaker): void {
    const { header } = this;
    if (header === null) this.header = unique(fields.map((name) => name.trim()));
    else if (isHeader(fields, header)) {
      batches.restart(header);
      this.header = unique(fields.map((name) => name.trim()));
    } else {
      const cells = this.cellsOf(fields, header);
      if (cells === undefined) return;
      this.lastField = fields[header.length - 1];
      if (this.lastField !== "") this.shortest = Math.min(this.shortest, this.lastField.length);
      batches.add(cells);
    }
  }

  private cellsOf(fields: readonly string[], header: readonly string[]): Cell[] | undefined {
    const isTrailing = fields.length === header.length + 1 && fields[header.length].trim() === "";
    if (fields.length !== header.length && !isTrailing) {
      this.report(
        "ROW_LENGTH",
        `${this.file.relative}: ${fields.length} fields under ${header.length} names: ${quoted(fields.join(this.delimiter))}`,
      );
      return undefined;
    }
    const cells = new Array<Cell>(header.length);
    for (let i = 0; i < header.length; i++) cells[i] = cellOf(fields[i]);
    return cells;
  }

  private takeRest(rest: string, batches: BatchMaker): void {
    const line = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    if (line === this.tail) return;
    const { header } = this;
    const fields = header === null || this.open.length > 0 ? undefined : splitCsvRecord(line, this.delimiter);
    if (
      fields === undefined ||
      header === null ||
      fields.length !== header.length ||
      !this.looksWhole(fields.at(-1)!)
    ) {
      if (line.trim() !== "")
        this.report(
          "LAST_LINE_UNFINISHED",
          `${this.file.relative}: ${quoted(line)} has no line feed; it is read once it has`,
        );
      return;
    }
    if (isHeader(fields, header)) return;
    const cells = this.cellsOf(fields, header);
    if (cells === undefined) return;
    if (this.tail !== null)
      this.report(
        "LAST_LINE_WAS_UNFINISHED",
        `${this.file.relative}: ${quoted(this.tail)} went on as ${quoted(line)}; read again`,
      );
    this.tail = line;
    batches.add(cells);
  }

  private looksWhole(field: string): boolean {
    if (field === "") return false;
    const isWholeNumber = /^[+-]?\d+$/.test(field);
    if (isWholeNumber && /^[+-]?\d+$/.test(this.lastField)) return field.length >= this.lastField.length;
    return this.shortest === Number.MAX_SAFE_INTEGER || field.length >= this.shortest;
  }
}

/** Rows until the next restart are one batch. */
class BatchMaker {
  private readonly done: { header: readonly string[]; rows: Cell[][]; isRestart: boolean }[] = [];
  private rows: Cell[][] = [];
  private isRestart = false;

  add(cells: Cell[]): void {
    this.rows.push(cells);
  }

  restart(header: readonly string[]): void {
    this.done.push({ header, rows: this.rows, isRestart: this.isRestart });
    [this.rows, this.isRestart] = [[], true];
  }

  *made(header: readonly string[], bytesRead: number): Generator<RowBatch> {
    const all = [...this.done, { header, rows: this.rows, isRestart: this.isRestart }];
    for (const [i, batch] of all.entries()) yield { ...batch, bytesRead: i === 0 ? bytesRead : 0 };
  }
}

function isHeader(fields: readonly string[], header: readonly string[]): boolean {
  // Nearly every row has a number somewhere near its beginning: it is known for none at little cost.
  for (const field of fields) if (typeof cellOf(field) === "number") return false;
  const known = new Set(header);
  let [same, names] = [0, 0];
  for (const field of fields) {
    const name = field.trim();
    if (name === "") continue;
    names++;
    if (known.has(name)) same++;
  }
  return names > 0 && same * 2 >= names && same * 2 >= Math.min(names, header.length);
}

/** Columns of the same name are told apart by a number; nameless ones are called by their place. */
function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name, i) => {
    const known = name === "" ? `column ${i + 1}` : name;
    const count = (seen.get(known) ?? 0) + 1;
    seen.set(known, count);
    return count === 1 ? known : `${known} (${count})`;
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
