/**
 * @file A whole JSON file, for the formats that are one JSON document a file.
 *
 * Never throws for what is in the file: too large, not JSON, or gone meanwhile comes back as a code with its reason. Bytes
 * that are not UTF-8 become U+FFFD. NaN and Infinity are read.
 */
import { readFile } from "node:fs";
import { promisify } from "node:util";
import { OntogenyError } from "../core/index.ts";
import { parseTolerantJson } from "../formats/index.ts";
import type { SourceFile } from "./bridge.ts";

export type JsonFile =
  | { readonly value: unknown }
  | { readonly value?: undefined; readonly code: string; readonly why: string };

/** Parsed JSON takes up to some 20 times its text; 64 MiB keep a small machine alive. */
const JSON_FILE_BYTES_AT_MOST = 64 * 2 ** 20;

const NO_BYTES = new Uint8Array(0);

/** A third less work for small files than the one of node:fs/promises, and results often are thousands of them. */
const readText = promisify(readFile);

/** `head`: the file's beginning, if it is in memory; where it is all of the file, the file is not opened again. */
export async function readJsonFile(file: SourceFile, head: Uint8Array = NO_BYTES): Promise<JsonFile> {
  if (file.bytes > JSON_FILE_BYTES_AT_MOST)
    return {
      code: "JSON_TOO_LARGE",
      why: `${file.relative}: ${file.bytes} bytes, at most ${JSON_FILE_BYTES_AT_MOST} are read as one JSON document; write JSONL or CSV, which are streamed`,
    };
  try {
    const isWhole = file.bytes > 0 && head.length === file.bytes;
    const text = isWhole
      ? Buffer.from(head.buffer, head.byteOffset, head.length).toString()
      : await readText(file.path, "utf8");
    return { value: parseTolerantJson(text) };
  } catch (error) {
    const code = error instanceof OntogenyError ? error.code : "READ_FAILED";
    return { code, why: `${file.relative}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}` };
  }
}

/** A JSON object, not an array and not null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
