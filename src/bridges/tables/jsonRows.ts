/**
 * @file Rows of a JSON document: of a table in it, or of an array whose axes another document names. It is written whole: there
 * is nothing to go on from, it is read again.
 */
import type { SourceFile } from "../bridge.ts";
import { isJsonObject, readJsonFile } from "../jsonFile.ts";
import { arrayTable, maybeArrayShape, maybeAxes } from "./arrayTable.ts";
import { maybeJsonTable } from "./jsonTable.ts";
import type { Cell, ReportSkip, RowBatch, RowSource } from "./rowSource.ts";

const ROWS_A_BATCH = 20_000;

export class JsonRows implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;
  /** Names the axes of an array. */
  private readonly axisFile: SourceFile | undefined;

  constructor(file: SourceFile, report: ReportSkip, axisFile?: SourceFile) {
    this.file = file;
    this.report = report;
    this.axisFile = axisFile;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const json = await readJsonFile(this.file);
    if ("code" in json) {
      this.report(json.code, json.why);
      return;
    }
    const table = (await this.maybeArray(json.value)) ?? maybeJsonTable(json.value, this.file, this.report);
    if (table === undefined) {
      this.report("NO_TABLE", `${this.file.relative}: neither a list of objects nor lists by column`);
      return;
    }
    let [rows, bytesRead]: [(readonly Cell[])[], number] = [[], this.file.bytes];
    for (const row of table.rows) {
      if (rows.push(row) < ROWS_A_BATCH) continue;
      yield { header: table.header, rows, isRestart: false, bytesRead };
      [rows, bytesRead] = [[], 0];
    }
    yield { header: table.header, rows, isRestart: false, bytesRead };
  }

  private async maybeArray(value: unknown) {
    if (this.axisFile === undefined) return undefined;
    const [shape, json] = [maybeArrayShape(value), await readJsonFile(this.axisFile)];
    const document = "code" in json ? undefined : json.value;
    const axes = shape !== undefined && isJsonObject(document) ? maybeAxes(shape, document) : undefined;
    return axes === undefined ? undefined : arrayTable(value, axes);
  }

  resume(): undefined {
    return undefined;
  }
}
