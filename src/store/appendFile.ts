/**
 * @file A file that only grows, by one holder. A failed or half-done append is cut off again, at once or before the
 * next one, so that no bad line can come to stand in the middle.
 */
import fs from "node:fs";
import { type Disk, guardingWrites, writeFully } from "./disk.ts";

export class AppendFile {
  readonly path: string;
  private readonly disk: Disk;
  private descriptor: number | undefined;
  private length = 0;
  private isSynced = true;
  private mayBeTorn = false;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.disk = disk;
  }

  /** Written when this returns, on the disk after `sync`. Errors: DISK_FULL, WRITE_FAILED; then nothing was added. */
  append(bytes: Uint8Array): void {
    guardingWrites(this.path, () => {
      const descriptor = this.opened();
      if (this.mayBeTorn) this.cut();
      try {
        writeFully(this.disk, descriptor, bytes);
      } catch (error) {
        this.mayBeTorn = true;
        this.tryToCut();
        throw error;
      }
      this.length += bytes.length;
      this.isSynced = false;
    });
  }

  sync(): void {
    const { descriptor } = this;
    if (descriptor === undefined || this.isSynced) return;
    guardingWrites(this.path, () => this.disk.sync(descriptor));
    this.isSynced = true;
  }

  close(): void {
    if (this.descriptor === undefined) return;
    this.disk.close(this.descriptor);
    this.descriptor = undefined;
  }

  private opened(): number {
    if (this.descriptor === undefined) {
      this.descriptor = this.disk.open(this.path, "a");
      this.length = fs.statSync(this.path).size;
    }
    return this.descriptor;
  }

  private cut(): void {
    this.disk.truncate(this.path, this.length);
    this.mayBeTorn = false;
  }

  private tryToCut(): void {
    try {
      this.cut();
    } catch {
      // Still torn: `mayBeTorn` stays set, and the next append cuts first. The error that matters is the append's own.
    }
  }
}
