/**
 * @file The calls that change the disk, and nothing else: the seam at which tests cut the power or fill the disk.
 *
 * Calls are synchronous: for small files that is quicker, and their order is then plain. Reading does not go through
 * here. Failures other than "not there" become DISK_FULL or WRITE_FAILED with the path; a missing path is left as it
 * is (code ENOENT), for it carries meaning (see fence.ts).
 */
import fs from "node:fs";
import { OntogenyError } from "../core/index.ts";

export interface Disk {
  open(path: string, flags: "w" | "wx" | "a" | "r+"): number;
  /** May write less than it was given; returns how many bytes it wrote. */
  write(descriptor: number, bytes: Uint8Array): number;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  truncate(path: string, length: number): void;
  rename(from: string, to: string): void;
  makeDirectory(path: string): void;
  /** Makes renames and new names inside a directory last. */
  syncDirectory(path: string): void;
  removeFile(path: string): void;
  removeTree(path: string): void;
}

export const nodeDisk: Disk = {
  open: (path, flags) => fs.openSync(path, flags),
  write: (descriptor, bytes) => fs.writeSync(descriptor, bytes),
  sync: (descriptor) => fs.fsyncSync(descriptor),
  close: (descriptor) => fs.closeSync(descriptor),
  truncate: (path, length) => fs.truncateSync(path, length),
  rename: (from, to) => fs.renameSync(from, to),
  makeDirectory: (path) => void fs.mkdirSync(path, { recursive: true }),
  syncDirectory: (path) => {
    const descriptor = fs.openSync(path, "r");
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  },
  removeFile: (path) => fs.rmSync(path, { force: true }),
  removeTree: (path) => fs.rmSync(path, { recursive: true, force: true }),
};

/** Writes all bytes, however many calls that takes. */
export function writeFully(disk: Disk, descriptor: number, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(disk.write(descriptor, rest));
}

/** A file written whole; with `durable` it is on the disk when this returns. A failed attempt leaves no file. */
export function writeWhole(disk: Disk, path: string, bytes: Uint8Array, { durable = true } = {}): void {
  const descriptor = disk.open(path, "w");
  try {
    writeFully(disk, descriptor, bytes);
    if (durable) disk.sync(descriptor);
  } catch (cause) {
    disk.close(descriptor);
    disk.removeFile(path);
    throw cause;
  }
  disk.close(descriptor);
}

/** Runs `write`, and turns what the system says into an error that a user can act on. */
export function guardingWrites<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw writeErrorFrom(cause, path);
  }
}

export function writeErrorFrom(cause: unknown, path: string): unknown {
  const code = errorCode(cause);
  if (cause instanceof OntogenyError || code === undefined) return cause;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new OntogenyError(
      "DISK_FULL",
      `Writing: expected space on the disk, got ${code}; free some (the workspace's cache/ may be deleted) and run the same command again: nothing committed was lost`,
      { cause, path },
    );
  return new OntogenyError(
    "WRITE_FAILED",
    `Writing: expected to succeed, got ${code} (${cause instanceof Error ? cause.message : String(cause)}); check that the folder may be written to, then run the same command again`,
    { cause, path },
  );
}

/** The system's code, e.g. "ENOENT"; undefined for anything that is not a system error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errno" in error || "syscall" in error)) return undefined;
  return (error as NodeJS.ErrnoException).code;
}

export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
