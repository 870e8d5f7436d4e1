/**
 * @file Rows of files that are written whole: JSON documents and parquet. There is nothing to go on from: they are read again.
 */
import { open } from "node:fs/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { AsyncBuffer, Compressors } from "hyparquet";
import { OntogenyError } from "../../core/index.ts";
import { parquetRows } from "../../formats/index.ts";
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

/** Node's own codecs, bounded by what the page states. */
const CODECS: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};

export class ParquetTable implements RowSource {
  private readonly file: SourceFile;
  private readonly report: ReportSkip;

  constructor(file: SourceFile, report: ReportSkip) {
    this.file = file;
    this.report = report;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const { file } = this;
    const handle = await open(file.path, "r");
    const buffer: AsyncBuffer = {
      byteLength: file.bytes,
      async slice(start: number, end = file.bytes): Promise<ArrayBuffer> {
        const length = Math.max(0, Math.min(end, file.bytes) - start);
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, start);
        return bytes.buffer.slice(0, bytesRead);
      },
    };
    try {
      let isFirst = true;
      for await (const { columns, nested, rows } of parquetRows(buffer, CODECS)) {
        if (isFirst) for (const name of nested) this.report("LIST_LEFT_OUT", `${file.relative}: ${name}`);
        yield { header: columns, rows, isRestart: false, bytesRead: isFirst ? file.bytes : 0 };
        isFirst = false;
      }
    } catch (error) {
      if (!(error instanceof OntogenyError)) throw error;
      this.report(error.code, `${file.relative}: ${error.message.split("\n")[0]}`);
    } finally {
      await handle.close();
    }
  }

  resume(): undefined {
    return undefined;
  }
}
