/**
 * @file A moving window over a file: a fixed read buffer, which grows only for a record that needs it.
 *
 * Reads are synchronous, a window at a time: the way through the thread pool costs more than the copy from the system's cache.
 * Reads up to the size that the file had when it was opened, so that a file which grows faster than it is read still ends.
 * Errors: READ_FAILED with the path.
 */
import fs from "node:fs";
import type { SourceFile } from "./bridge.ts";
import { readFailed } from "./readFailed.ts";

const WINDOW_BYTES = 1 << 20;

export class FileWindow {
  /** What is there is `bytes[begin … end)`. Replaced when the window grows. */
  bytes: Uint8Array;
  begin = 0;
  end = 0;
  /** Of the file, when opened. */
  readonly size: number;
  /** Bytes read from the disk. */
  bytesRead = 0;
  private readonly descriptor: number;
  private readonly path: string;
  /** In the file, of `bytes[end]`. */
  private fileEnd: number;

  private constructor(descriptor: number, path: string, size: number, from: number) {
    this.descriptor = descriptor;
    this.path = path;
    this.size = size;
    this.fileEnd = from;
    this.bytes = new Uint8Array(Math.min(WINDOW_BYTES, Math.max(0, size - from)));
  }

  static open({ path }: Pick<SourceFile, "path">, from = 0): FileWindow {
    try {
      const descriptor = fs.openSync(path, "r");
      return new FileWindow(descriptor, path, fs.fstatSync(descriptor).size, from);
    } catch (cause) {
      throw readFailed(path, cause);
    }
  }

  /** In the file, of `bytes[begin]`. */
  get position(): number {
    return this.fileEnd - (this.end - this.begin);
  }

  /** Bytes of the file from `bytes[begin]` on. */
  get left(): number {
    return Math.max(0, this.size - this.position);
  }

  /**
   * More bytes behind those that are there, with room for `atLeast` of them from `begin` on. False: nothing is left to
   * read.
   */
  more(atLeast = 0): boolean {
    const left = this.size - this.fileEnd;
    if (left <= 0) return false;
    const kept = this.end - this.begin;
    const wanted = Math.min(atLeast, this.left);
    const target = wanted > this.bytes.length ? new Uint8Array(Math.max(wanted, WINDOW_BYTES)) : this.bytes;
    target.set(this.bytes.subarray(this.begin, this.end));
    this.bytes = target;
    this.begin = 0;
    this.end = kept;
    try {
      const room = Math.min(left, target.length - kept);
      const bytesRead = fs.readSync(this.descriptor, target, kept, room, this.fileEnd);
      this.end += bytesRead;
      this.fileEnd += bytesRead;
      this.bytesRead += bytesRead;
      return bytesRead > 0;
    } catch (cause) {
      throw readFailed(this.path, cause);
    }
  }

  /** Passes over bytes, whether they are in the window or not. */
  skip(count: number): void {
    const inside = Math.min(count, this.end - this.begin);
    this.begin += inside;
    if (count === inside) return;
    this.begin = 0;
    this.end = 0;
    this.fileEnd += count - inside;
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}
