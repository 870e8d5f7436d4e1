/**
 * @file Rows of a JSON document. It is written whole: there is nothing to go on from, it is read again.
 */
import type { SourceFile } from "../bridge.ts";
import { readJsonFile } from "../jsonFile.ts";
import { maybeJsonTable } from "./jsonTable.ts";
import type { ReportSkip, RowBatch, RowSource } from "./rowSource.ts";

const ROWS_A_BATCH = 20_000;

export class JsonRows implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;

  constructor(file: SourceFile, report: ReportSkip) {
    this.file = file;
    this.report = report;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const json = await readJsonFile(this.file);
    if ("code" in json) {
      this.report(json.code, json.why);
      return;
    }
    const table = maybeJsonTable(json.value, this.file, this.report);
    if (table === undefined) {
      this.report("NO_TABLE", `${this.file.relative}: neither a list of objects nor lists by column`);
      return;
    }
    const { header, rows } = table;
    for (let start = 0; start < rows.length; start += ROWS_A_BATCH)
      yield {
        header,
        rows: rows.slice(start, start + ROWS_A_BATCH),
        isRestart: false,
        bytesRead: start === 0 ? this.file.bytes : 0,
      };
  }

  resume(): undefined {
    return undefined;
  }
}
