/**
 * @file A disk that fails where a test says: the process dies at the nth changing call, the power goes, or the disk
 * is full.
 *
 * It does the real calls on the real file system up to that point. After death every changing call fails, as nothing
 * runs any more. With "power cut", bytes that were written but not synced are gone too (names and renames stay: the
 * journal has them).
 */
import fs from "node:fs";
import { type Disk, nodeDisk } from "./disk.ts";

/** What a test throws at itself in place of SIGKILL. */
export class Died extends Error {}

export interface FaultOptions {
  /** 1: the first changing call. */
  readonly at: number;
  readonly fault: "kill before" | "kill in the middle" | "power cut" | "full";
}

export class FaultyDisk implements Disk {
  calls = 0;
  /** Which of the calls were writes: only those can be interrupted half-way. */
  readonly writes: number[] = [];
  isDead = false;
  private isFull = false;
  private readonly options: FaultOptions | undefined;
  private readonly pathOf = new Map<number, string>();
  /** Path → bytes that are on the disk for sure. */
  private readonly syncedLength = new Map<string, number>();

  constructor(options?: FaultOptions) {
    this.options = options;
  }

  /** Space is made; writes succeed again. */
  makeSpace(): void {
    this.isFull = false;
  }

  open(path: string, flags: "w" | "wx" | "a" | "r+"): number {
    return this.call(() => {
      const descriptor = nodeDisk.open(path, flags);
      this.pathOf.set(descriptor, path);
      if (flags !== "a") this.syncedLength.set(path, 0);
      else if (!this.syncedLength.has(path)) this.syncedLength.set(path, fs.fstatSync(descriptor).size);
      return descriptor;
    });
  }

  write(descriptor: number, bytes: Uint8Array): number {
    const half = bytes.subarray(0, bytes.length >> 1);
    return this.call(
      () => nodeDisk.write(descriptor, bytes),
      () => void (half.length > 0 && nodeDisk.write(descriptor, half)),
    );
  }

  sync(descriptor: number): void {
    this.call(() => {
      nodeDisk.sync(descriptor);
      this.syncedLength.set(this.pathOf.get(descriptor)!, fs.fstatSync(descriptor).size);
    });
  }

  /** Descriptors must not leak in the test's own process: closing always works. */
  close(descriptor: number): void {
    nodeDisk.close(descriptor);
  }

  truncate(path: string, length: number): void {
    this.call(() => nodeDisk.truncate(path, length));
  }

  rename(from: string, to: string): void {
    this.call(() => {
      nodeDisk.rename(from, to);
      for (const [path, length] of [...this.syncedLength]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        this.syncedLength.delete(path);
        this.syncedLength.set(to + path.slice(from.length), length);
      }
      for (const [descriptor, path] of this.pathOf)
        if (path === from || path.startsWith(`${from}/`)) this.pathOf.set(descriptor, to + path.slice(from.length));
    });
  }

  makeDirectory(path: string): void {
    this.call(() => nodeDisk.makeDirectory(path));
  }
  syncDirectory(path: string): void {
    this.call(() => nodeDisk.syncDirectory(path));
  }
  removeFile(path: string): void {
    this.call(() => nodeDisk.removeFile(path));
  }
  removeTree(path: string): void {
    this.call(() => nodeDisk.removeTree(path));
  }

  /** `half` is given for calls that need space: what they have done when they are interrupted. */
  private call<T>(action: () => T, half?: () => void): T {
    if (this.isDead) throw new Died();
    this.calls += 1;
    if (half !== undefined) this.writes.push(this.calls);
    const { at, fault } = this.options ?? { at: Number.POSITIVE_INFINITY };
    if (fault === "full" && this.calls === at) this.isFull = true;
    if (this.isFull && half !== undefined) {
      half();
      throw Object.assign(new Error("ENOSPC: no space left on device"), {
        code: "ENOSPC",
        errno: -28,
        syscall: "write",
      });
    }
    if (fault === "full" || this.calls < at) return action();
    this.isDead = true;
    if (fault === "kill in the middle") half?.();
    if (fault === "power cut") {
      action();
      this.loseUnsynced();
    }
    throw new Died();
  }

  private loseUnsynced(): void {
    for (const [path, length] of this.syncedLength)
      if ((fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0) > length) fs.truncateSync(path, length);
  }
}
