/**
 * @file Reading files that may not be there, and writing a file that readers see either old or new, never half.
 */
import fs from "node:fs";
import path from "node:path";
import { type Disk, guardingWrites, isMissing, nodeDisk, writeWhole } from "./disk.ts";

/** The bytes, or undefined when there is no such file. Other failures are thrown. */
export function maybeRead(file: string): Uint8Array | undefined {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function maybeReadText(file: string): string | undefined {
  const bytes = maybeRead(file);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** The names in a folder, sorted; none when there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Parsed JSON; undefined when the file is missing or is not JSON. */
export function maybeReadJson(file: string): unknown {
  const text = maybeReadText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function bytesFrom(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

let temporaryCount = 0;
/** Temporary files of `writeFileAtomic` look so; `checkWorkspace` finds leftovers by it. */
export const TEMPORARY_NAME = /\.\d+-\d+\.tmp$/;

/**
 * For files without a lease (studies/, ledger/head.json): written aside, synced, renamed, and the name synced too.
 * Makes missing folders. Errors: DISK_FULL, WRITE_FAILED; the old file then still stands.
 */
export function writeFileAtomic(file: string, content: string | Uint8Array, { disk = nodeDisk as Disk } = {}): void {
  const folder = path.dirname(file);
  temporaryCount += 1;
  const temporary = `${file}.${process.pid}-${temporaryCount}.tmp`;
  guardingWrites(file, () => {
    disk.makeDirectory(folder);
    writeWhole(disk, temporary, typeof content === "string" ? bytesFrom(content) : content);
    disk.rename(temporary, file);
    disk.syncDirectory(folder);
  });
}
