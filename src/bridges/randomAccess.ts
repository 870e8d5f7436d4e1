/**
 * @file A file's bytes at random, through one read-ahead block: for formats that are not read from front to back.
 *
 * Opened for reading only; nothing is locked and nothing is made beside the file. Synchronous, since its readers are pure
 * functions over bytes. What is returned is valid until the next read. Errors: READ_FAILED with the path.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../formats/index.ts";
import type { SourceFile } from "./bridge.ts";
import { readFailed } from "./readFailed.ts";

const BLOCK_BYTES = 2 ** 18;

export class RandomAccessFile implements ByteSource {
  readonly size: number;
  bytesRead = 0;
  private readonly path: string;
  private readonly handle: number;
  private block = new Uint8Array(BLOCK_BYTES);
  private blockStart = 0;
  private blockLength = 0;

  constructor({ path }: Pick<SourceFile, "path">) {
    this.path = path;
    this.handle = this.attempt(() => openSync(path, "r"));
    this.size = this.attempt(() => fstatSync(this.handle).size);
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < this.blockStart || offset + length > this.blockStart + this.blockLength) this.load(offset, length);
    const from = offset - this.blockStart;
    return this.block.subarray(from, Math.min(from + length, this.blockLength));
  }

  close(): void {
    closeSync(this.handle);
  }

  private load(offset: number, length: number): void {
    if (length > this.block.length) this.block = new Uint8Array(length);
    this.blockStart = offset;
    this.blockLength = this.attempt(() => readSync(this.handle, this.block, 0, this.block.length, offset));
    this.bytesRead += this.blockLength;
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw readFailed(this.path, cause);
    }
  }
}
