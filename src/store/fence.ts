/**
 * @file A lease with a fencing number that a writer cannot outlive.
 *
 * A fenced folder holds one sub-folder a holder, named by its number 1, 2, 3, …: `<n>/lease.json` (who, until when)
 * and `<n>/gate/`.
 * - Taking: the sub-folder is made ready aside and renamed to the next number. A rename onto a folder that is not
 *   empty fails, so of several takers one wins. Then the gates of all earlier numbers are renamed away.
 * - Publishing: a holder writes a file inside its gate and renames it from there to its place. Once its gate is gone,
 *   both fail: LEASE_LOST. The system orders the rename of the gate against the rename out of it, so there is no
 *   moment between "still mine?" and "publish" for another to slip into: a published file was published before the
 *   taker looked.
 * - A lease is live while its gate stands, its time is not up, and its process is not surely dead.
 * What remains: clocks of several hosts must agree to within the lease's time, or a live holder loses its lease
 * early; it then loses work, never consistency. Files that are appended to in place lie in the holder's own numbered
 * folder.
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { OntogenyError } from "../core/index.ts";
import { type Disk, guardingWrites, isMissing, writeWhole } from "./disk.ts";
import { bytesFrom, maybeReadJson, namesIn } from "./files.ts";
import { describeHolder, type Holder, isSurelyDead, thisHolder } from "./holder.ts";

export interface Lease extends Holder {
  readonly fence: number;
  readonly takenAtMs: number;
  readonly expiresAtMs: number;
}

export interface FenceOptions {
  /** The fenced folder. */
  readonly folder: string;
  /** What is being held, for messages: "run r12…". */
  readonly what: string;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly leaseTtlMs: number;
  /** Numbers up to this one were used before, even if their folders are gone. */
  readonly above?: number;
  /** False: on this host a lease ends only with its process, whatever the time. */
  readonly expiresOnThisHost?: boolean;
  readonly disk: Disk;
}

const PREPARED = /^\.new-/;
const GATE = "gate";

/** Numbers in a fenced folder, ascending. */
export function fenceNumbers(folder: string): number[] {
  return namesIn(folder)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The lease that keeps others out now, if there is one. */
export function maybeLiveLease(
  folder: string,
  { nowMs, expiresOnThisHost = true }: { nowMs: number; expiresOnThisHost?: boolean },
): Lease | undefined {
  const newest = fenceNumbers(folder).at(-1);
  if (newest === undefined || !fs.existsSync(path.join(folder, String(newest), GATE))) return undefined;
  const lease = maybeReadLease(folder, newest);
  if (lease === undefined || isSurelyDead(lease)) return undefined;
  const here = lease.host === thisHolder("").host;
  return lease.expiresAtMs <= nowMs && (expiresOnThisHost || !here) ? undefined : lease;
}

/** The lease of one number; undefined when it is missing or unreadable (then nobody can hold it). */
export function maybeReadLease(folder: string, fence: number): Lease | undefined {
  const lease = maybeReadJson(path.join(folder, String(fence), "lease.json")) as Partial<Lease> | undefined;
  return typeof lease?.pid === "number" && typeof lease.host === "string" && typeof lease.expiresAtMs === "number"
    ? (lease as Lease)
    : undefined;
}

/** Gates and prepared folders that no live lease owns: what a killed writer left. */
export function fenceLeftovers(folder: string, nowMs: number): string[] {
  const live = maybeLiveLease(folder, { nowMs })?.fence;
  return [
    ...namesIn(folder).filter((name) => PREPARED.test(name)),
    ...fenceNumbers(folder)
      .filter((fence) => fence !== live)
      .flatMap((fence) =>
        namesIn(path.join(folder, String(fence)))
          .filter((name) => name === GATE || name === ".closed")
          .map((name) => path.join(String(fence), name)),
      ),
  ].map((name) => path.join(folder, name));
}

export class Fence {
  readonly number: number;
  /** The holder's own folder. */
  readonly folder: string;
  private readonly options: FenceOptions;
  private lease: Lease;

  private constructor(options: FenceOptions, lease: Lease) {
    this.options = options;
    this.lease = lease;
    this.number = lease.fence;
    this.folder = path.join(options.folder, String(lease.fence));
  }

  /** Errors: LEASE_HELD while another holds it, DISK_FULL, WRITE_FAILED. */
  static take(options: FenceOptions): Fence {
    const { folder, disk, above = 0 } = options;
    return guardingWrites(folder, () => {
      disk.makeDirectory(folder);
      const nowMs = options.clock();
      const live = maybeLiveLease(folder, { nowMs, expiresOnThisHost: options.expiresOnThisHost });
      if (live !== undefined) throw heldError(options, live, nowMs);
      const fence = Math.max(above, fenceNumbers(folder).at(-1) ?? 0) + 1;
      const lease = {
        ...thisHolder(options.owner),
        fence,
        takenAtMs: nowMs,
        expiresAtMs: nowMs + options.leaseTtlMs,
      };
      const prepared = path.join(folder, `.new-${randomUUID()}`);
      disk.makeDirectory(path.join(prepared, GATE));
      writeWhole(disk, path.join(prepared, "lease.json"), leaseBytes(lease), { durable: false });
      try {
        disk.rename(prepared, path.join(folder, String(fence)));
      } catch (error) {
        disk.removeTree(prepared);
        const winner = maybeReadLease(folder, fence);
        if (winner !== undefined) throw heldError(options, winner, nowMs);
        throw error;
      }
      for (const earlier of fenceNumbers(folder)) if (earlier < fence) closeGate(disk, folder, earlier);
      return new Fence(options, lease);
    });
  }

  /** False once another took over or this one released. */
  isHeld(): boolean {
    return fs.existsSync(path.join(this.folder, GATE));
  }

  assertHeld(): void {
    if (!this.isHeld()) throw this.lostError();
  }

  /**
   * Puts a file in its place: written whole inside the gate, synced, renamed. Errors: LEASE_LOST, DISK_FULL,
   * WRITE_FAILED.
   */
  publish(target: string, bytes: Uint8Array, { durable = true } = {}): void {
    const { disk } = this.options;
    const aside = path.join(this.folder, GATE, path.basename(target));
    guardingWrites(target, () => {
      this.losingIfMissing(() => writeWhole(disk, aside, bytes, { durable }));
      this.losingIfMissing(() => disk.rename(aside, target));
      if (durable) disk.syncDirectory(path.dirname(target));
    });
  }

  /** Prolongs the lease from now. Errors: LEASE_LOST. */
  renew(): void {
    const nowMs = this.options.clock();
    this.lease = { ...this.lease, expiresAtMs: nowMs + this.options.leaseTtlMs };
    this.publish(path.join(this.folder, "lease.json"), leaseBytes(this.lease), { durable: false });
  }

  /** Renews when a third of the lease's time is gone: cheap to call often. */
  renewIfDue(): void {
    const left = this.lease.expiresAtMs - this.options.clock();
    if (left < (this.options.leaseTtlMs * 2) / 3) this.renew();
  }

  /** Gives the lease back; harmless when it is already gone. */
  release(): void {
    guardingWrites(this.folder, () => closeGate(this.options.disk, this.options.folder, this.number));
  }

  private losingIfMissing(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (isMissing(error) && !this.isHeld()) throw this.lostError(error);
      throw error;
    }
  }

  private lostError(cause?: unknown): OntogenyError {
    const newest = fenceNumbers(this.options.folder).at(-1) ?? 0;
    const taker = newest > this.number ? maybeReadLease(this.options.folder, newest) : undefined;
    const got = taker === undefined ? "it was given back or taken away" : `${describeHolder(taker)} holds it now`;
    return new OntogenyError(
      "LEASE_LOST",
      `Lease ${this.number} of ${this.options.what}: expected to hold it, got: ${got}; stop this worker, what it had not committed will be done again`,
      { path: this.folder, cause },
    );
  }
}

function leaseBytes(lease: Lease): Uint8Array {
  return bytesFrom(`${JSON.stringify(lease)}\n`);
}

function closeGate(disk: Disk, folder: string, fence: number): void {
  const gate = path.join(folder, String(fence), GATE);
  const closed = path.join(folder, String(fence), ".closed");
  if (fs.existsSync(closed)) disk.removeTree(closed);
  try {
    disk.rename(gate, closed);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  disk.removeTree(closed);
}

function heldError({ what, folder }: FenceOptions, lease: Lease, nowMs: number): OntogenyError {
  const seconds = Math.max(0, Math.ceil((lease.expiresAtMs - nowMs) / 1000));
  return new OntogenyError(
    "LEASE_HELD",
    `Lease of ${what}: expected it to be free, got: held by ${describeHolder(lease)} for another ${seconds} s unless renewed; wait for that process or stop it`,
    { path: folder },
  );
}
