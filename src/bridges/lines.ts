/**
 * @file Lines of a file that may be growing, in chunks, from a byte offset on.
 *
 * Reads no further than the size that the scan saw. Holds a chunk and a line at a time. What stands after the last line feed
 * is unfinished and comes as `rest`, not as a line: the next import reads it again. A line longer than the bound is left out
 * and counted. Bytes that are not UTF-8 become U+FFFD; a carriage return before the line feed goes. Errors: READ_FAILED.
 */

import { type FileHandle, open } from "node:fs/promises";
import type { SourceFile } from "./bridge.ts";
import { readFailed } from "./readFailed.ts";

export interface LineChunk {
  readonly lines: readonly string[];
  /** Where each line starts, in bytes. */
  readonly offsets: readonly number[];
  /** Behind the last of these lines: where to go on. */
  readonly end: number;
  /** Lines that were longer than the bound. */
  readonly tooLong: number;
  /** Of the file, since the chunk before. */
  readonly bytesRead: number;
  /** In the last chunk: what follows the last line feed. */
  readonly rest?: string;
}

export interface LineOptions {
  readonly from?: number;
  readonly lineBytesAtMost?: number;
}

const CHUNK_BYTES = 2 ** 20;
export const LINE_BYTES_AT_MOST = 2 ** 20;

export async function* readLines(
  file: SourceFile,
  { from = 0, lineBytesAtMost = LINE_BYTES_AT_MOST }: LineOptions = {},
): AsyncGenerator<LineChunk> {
  const handle = await opened(file);
  try {
    let held: Buffer = Buffer.alloc(0);
    // Inside a line that is too long: its beginning was dropped.
    let isSkipping = false;
    let position = from;
    for (;;) {
      const chunk = await readAt(handle, file, position);
      position += chunk.length;
      const isLast = chunk.length === 0 || position >= file.bytes;
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const start = position - bytes.length;
      const split = splitLines(bytes, start, { isSkipping, lineBytesAtMost });
      held = bytes.subarray(split.used);
      isSkipping = split.isSkipping;
      if (held.length > lineBytesAtMost) {
        held = Buffer.alloc(0);
        isSkipping = true;
      }
      const { lines, offsets, tooLong } = split;
      const end = isSkipping ? position : position - held.length;
      const rest = isLast && held.length > 0 && !isSkipping ? { rest: held.toString("utf8") } : {};
      yield {
        lines,
        offsets,
        end,
        tooLong: tooLong + (isLast && isSkipping ? 1 : 0),
        bytesRead: chunk.length,
        ...rest,
      };
      if (isLast) return;
    }
  } finally {
    await handle.close();
  }
}

interface SplitOptions {
  readonly isSkipping: boolean;
  readonly lineBytesAtMost: number;
}

function splitLines(bytes: Buffer, start: number, { isSkipping, lineBytesAtMost }: SplitOptions) {
  const [lines, offsets]: [string[], number[]] = [[], []];
  let [used, tooLong, skipping] = [0, 0, isSkipping];
  for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, used)) {
    if (skipping || feed - used > lineBytesAtMost) tooLong++;
    else {
      const end = feed > used && bytes[feed - 1] === 13 ? feed - 1 : feed;
      lines.push(bytes.toString("utf8", used, end));
      offsets.push(start + used);
    }
    skipping = false;
    used = feed + 1;
  }
  return { lines, offsets, used, tooLong, isSkipping: skipping };
}

async function opened(file: SourceFile): Promise<FileHandle> {
  try {
    return await open(file.path, "r");
  } catch (cause) {
    throw readFailed(file.path, cause);
  }
}

async function readAt(handle: FileHandle, file: SourceFile, position: number): Promise<Buffer> {
  const length = Math.min(CHUNK_BYTES, Math.max(0, file.bytes - position));
  const buffer = Buffer.allocUnsafe(length);
  try {
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw readFailed(file.path, cause);
  }
}

/** The last bytes of a file as text, for recognising logs that start with something else. */
export async function tailOf(file: SourceFile, bytes = 65_536): Promise<string> {
  const handle = await opened(file);
  try {
    return (await readAt(handle, { ...file, bytes: file.bytes }, Math.max(0, file.bytes - bytes))).toString("utf8");
  } finally {
    await handle.close();
  }
}
