/**
 * @file Has a source changed since it was imported? By size and time, and when these differ by fingerprint: the hash of the
 * first 64 KiB and of the last 4 KiB of what was read then.
 */
import fs from "node:fs";
import type { SourceFile } from "../../bridges/index.ts";
import { sha256Hex } from "../../core/index.ts";
import type { ImportedSource } from "../../store/index.ts";

const FIRST_BYTES = 65_536;
const LAST_BYTES = 4096;

export type SourceChange = "unchanged" | "grown" | "changed";

export async function sourceChange(before: ImportedSource, now: SourceFile): Promise<SourceChange> {
  if (now.bytes === before.bytes && now.mtimeMs === before.mtimeMs) return "unchanged";
  if (now.bytes < before.bytes) return "changed";
  if ((await fingerprint(now.path, before.bytes)) !== before.fingerprint) return "changed";
  return now.bytes === before.bytes ? "unchanged" : "grown";
}

/** Sizes as they were when the tree was scanned: a file that grows meanwhile is read further next time. */
export async function importedSource(file: SourceFile): Promise<ImportedSource> {
  const { relative, path, bytes, mtimeMs } = file;
  return { relative, path, bytes, mtimeMs, fingerprint: await fingerprint(path, bytes) };
}

async function fingerprint(path: string, bytes: number): Promise<string> {
  const handle = await fs.promises.open(path, "r");
  try {
    const first = Math.min(FIRST_BYTES, bytes);
    const last = Math.min(LAST_BYTES, bytes - first);
    const read = new Uint8Array(first + last);
    await handle.read(read, 0, first, 0);
    if (last > 0) await handle.read(read, first, last, bytes - last);
    return sha256Hex(read).slice(0, 32);
  } finally {
    await handle.close();
  }
}
