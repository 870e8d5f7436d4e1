/**
 * @file Writes a run under its lease (see fence.ts): points as they come, and commits that make them count.
 *
 * Order of a commit: checkpoint whole, its description, metrics synced, then the manifest replaced. A crash in
 * between leaves the last commit standing; lines beyond it are held back by readers and replaced by the next attempt.
 * Every call refuses with LEASE_LOST once another writer took over. A failed write (DISK_FULL, WRITE_FAILED) leaves
 * the last commit standing too, and may be tried again.
 */
import fs from "node:fs";
import { z } from "zod";
import {
  canonicalJson,
  type Event,
  EventSchema,
  type Manifest,
  type Numerics,
  OntogenyError,
  type Point,
  type Snapshot,
} from "../core/index.ts";
import { encodePoints, encodePointsParquet } from "../formats/index.ts";
import { AppendFile } from "./appendFile.ts";
import { encodeCheckpoint, maybeReadCheckpointMeta } from "./checkpoint.ts";
import { type Disk, guardingWrites } from "./disk.ts";
import type { Fence } from "./fence.ts";
import { fenceNumbers } from "./fence.ts";
import { bytesFrom } from "./files.ts";
import { manifestBytes, startStepOf } from "./manifest.ts";
import { readPoints, SEALED_ATTEMPTS_KEY, SEALED_STEP_KEY } from "./readPoints.ts";
import type { RunPaths } from "./runPaths.ts";
import type { RunReader } from "./runReader.ts";

export interface CommitOptions {
  /** Everything up to here is done and measured. */
  readonly step: number;
  readonly status: Manifest["status"];
  readonly checkpoint?: Snapshot;
  /** Set by the first commit; another one later is refused, unless the attempt began anew. */
  readonly numericsKey?: string;
  readonly numerics?: Numerics;
  readonly versions?: Readonly<Record<string, string>>;
}

export class RunWriter {
  readonly id: string;
  readonly reader: RunReader;
  private readonly fence: Fence;
  private readonly disk: Disk;
  private readonly clock: () => number;
  private readonly metrics: AppendFile;
  private present: Manifest;
  private resumedFrom: number | null;
  private isBegun = false;
  private isSealed = false;

  /** Use `Workspace.acquireRun`. `manifest` was read after the fence was taken. */
  constructor({ reader, fence, manifest, disk, clock }: RunWriterParts) {
    this.id = reader.id;
    this.reader = reader;
    this.fence = fence;
    this.present = manifest;
    this.disk = disk;
    this.clock = clock;
    this.metrics = new AppendFile(this.paths.attemptMetrics(fence.number), disk);
    this.resumedFrom = manifest.step > startStepOf(manifest.meaning) ? manifest.step : null;
  }

  /** Number of this start of the run; also its fencing number. */
  get attempt(): number {
    return this.fence.number;
  }

  get fenceNumber(): number {
    return this.fence.number;
  }

  /** As last committed by this writer. */
  get manifest(): Manifest {
    return this.present;
  }

  /**
   * Says from which state this attempt goes on, before its first append. Default: the committed step. An earlier step
   * withdraws what was committed beyond it (until it is done again); "start" begins anew, and only then may the
   * numerics change.
   */
  resumeFrom(step: number | "start"): void {
    if (this.isBegun) throw misuse("resumeFrom", "a call before the first append or commit", "a later one");
    const start = startStepOf(this.present.meaning);
    const target = step === "start" ? start : step;
    if (!Number.isSafeInteger(target) || target < start || target > this.present.step)
      throw misuse("resumeFrom", `a step from ${start} to the committed ${this.present.step}`, String(step));
    if (target < this.present.step) this.publishManifest({ ...this.present, step: target, status: "running" });
    this.resumedFrom = step === "start" ? null : target;
  }

  /**
   * Adds points; readers show them once a commit reaches their step. Errors: METRIC_INVALID before anything is
   * written.
   */
  append(points: readonly Point[]): void {
    this.begin();
    if (points.length > 0) this.metrics.append(bytesFrom(encodePoints(points)));
  }

  commit({ step, status, checkpoint, versions, ...key }: CommitOptions): Manifest {
    this.begin();
    if (!Number.isSafeInteger(step) || step < this.present.step)
      throw misuse("commit", `a step from ${this.present.step} on`, String(step));
    if (checkpoint !== undefined && checkpoint.step !== step)
      throw misuse("commit", `a checkpoint of step ${step}`, `one of step ${checkpoint.step}`);
    const numericsKey = this.checkNumerics(key);
    if (checkpoint !== undefined) this.writeCheckpoint(checkpoint, numericsKey);
    this.metrics.sync();
    const { failure: _, ...rest } = this.present;
    this.publishManifest({
      ...rest,
      step,
      status,
      ...(numericsKey === undefined ? {} : { numericsKey }),
      ...(key.numerics === undefined ? {} : { numerics: key.numerics }),
      versions: { ...rest.versions, ...versions },
    });
    this.fence.renewIfDue();
    return this.present;
  }

  /**
   * Packs the committed points of all attempts into metrics.parquet; the attempts' own lines go once that is on the
   * disk. Ends this attempt: to add points later, acquire the run again.
   */
  async seal(): Promise<void> {
    this.fence.assertHeld();
    const { points } = await readPoints(this.paths, this.present);
    const metadata = { [SEALED_ATTEMPTS_KEY]: String(this.attempt), [SEALED_STEP_KEY]: String(this.present.step) };
    const bytes = await encodePointsParquet(points, { metadata });
    this.metrics.close();
    this.fence.publish(this.paths.points, bytes);
    this.isSealed = true;
    guardingWrites(this.paths.attempts, () => {
      for (const attempt of fenceNumbers(this.paths.attempts)) {
        const file = this.paths.attemptMetrics(attempt);
        if (attempt <= this.attempt && fs.existsSync(file)) this.disk.removeFile(file);
      }
    });
  }

  /**
   * Replaces the run's events. Errors: EVENTS_INVALID when reading would refuse one (an end of an interval that is
   * not finite).
   */
  writeEvents(events: readonly Event[]): void {
    for (const event of events) {
      const { success, error } = EventSchema.safeParse(event);
      if (!success)
        throw new OntogenyError("EVENTS_INVALID", `Event of ${event.measure}: ${z.prettifyError(error)}`, {
          cause: error,
        });
    }
    this.fence.publish(this.paths.events, bytesFrom(events.map((event) => `${canonicalJson(event)}\n`).join("")));
  }

  /** Keeps what a probe measured on a checkpoint after the fact. */
  saveProbe({ step, probe, version, result }: { step: number; probe: string; version: string; result: unknown }): void {
    guardingWrites(this.paths.probes, () => this.disk.makeDirectory(this.paths.probes));
    this.fence.publish(this.paths.probe(step, probe, version), bytesFrom(`${canonicalJson(result)}\n`));
  }

  renew(): void {
    this.fence.renew();
  }

  /** Prolongs the lease when a third of its time is gone: cheap, to be called while nothing is committed for long. */
  renewIfDue(): void {
    this.fence.renewIfDue();
  }

  /** Marks the run as failed and gives the lease back. */
  fail(reason: string): void {
    try {
      this.publishManifest({ ...this.present, status: "failed", failure: reason.replaceAll(/\s+/g, " ").trim() });
    } finally {
      this.release();
    }
  }

  /** Gives the lease back. Harmless when called twice or after the lease was lost. */
  release(): void {
    this.metrics.close();
    this.fence.release();
  }

  private get paths(): RunPaths {
    return this.reader.paths;
  }

  private begin(): void {
    if (this.isSealed) throw misuse("append or commit", "an open attempt", "a sealed one; acquire the run again");
    this.fence.assertHeld();
    if (this.isBegun) return;
    const start = { attempt: this.attempt, resumedFrom: this.resumedFrom };
    this.fence.publish(this.paths.attemptStart(this.attempt), bytesFrom(`${JSON.stringify(start)}\n`));
    this.isBegun = true;
  }

  private checkNumerics({
    numericsKey,
    numerics,
  }: Pick<CommitOptions, "numericsKey" | "numerics">): string | undefined {
    const had = this.present.numericsKey;
    const got = numericsKey ?? had;
    if (had === undefined || got === had || this.resumedFrom === null) return got;
    const parts =
      numerics === undefined
        ? ""
        : ` (${canonicalJson(numerics)}; before: ${canonicalJson(this.present.numerics ?? null)})`;
    throw new OntogenyError(
      "NUMERICS_CHANGED",
      `Run ${this.id}: expected the numerics key ${had} that it began with, got ${got}${parts}; train it where it began, or from its start with resumeFrom("start")`,
      { path: this.paths.manifest },
    );
  }

  private writeCheckpoint(snapshot: Snapshot, numericsKey: string | undefined): void {
    if (numericsKey === undefined) throw misuse("commit", "a numericsKey with the first checkpoint", "none");
    const { state, meta } = encodeCheckpoint(snapshot, numericsKey);
    const { step } = snapshot;
    const present = maybeReadCheckpointMeta(this.paths, step);
    if (present !== undefined && canonicalJson(present) === canonicalJson(meta) && this.hasState(step, state.length))
      return;
    guardingWrites(this.paths.checkpoints, () => {
      this.disk.makeDirectory(this.paths.checkpoints);
      // Other bytes at the same step: the old description must not stand beside the new state.
      if (present !== undefined) this.disk.removeFile(this.paths.checkpointMeta(step));
    });
    this.fence.publish(this.paths.checkpointState(step), state);
    this.fence.publish(this.paths.checkpointMeta(step), bytesFrom(`${JSON.stringify(meta, null, 2)}\n`));
  }

  private hasState(step: number, length: number): boolean {
    return fs.statSync(this.paths.checkpointState(step), { throwIfNoEntry: false })?.size === length;
  }

  private publishManifest(manifest: Manifest): void {
    const next = { ...manifest, attempts: this.attempt, updatedAtMs: this.clock() };
    this.fence.publish(this.paths.manifest, manifestBytes(next));
    this.present = next;
  }
}

export interface RunWriterParts {
  readonly reader: RunReader;
  readonly fence: Fence;
  readonly manifest: Manifest;
  readonly disk: Disk;
  readonly clock: () => number;
}

function misuse(call: string, expected: string, got: string): OntogenyError {
  return new OntogenyError("RUN_WRITER_MISUSE", `RunWriter.${call}: expected ${expected}, got ${got}`);
}
