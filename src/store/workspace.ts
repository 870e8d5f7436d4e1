/**
 * @file The workspace: a folder with runs/, studies/, ledger/ and cache/ (DESIGN §4). Files are the truth; nothing is
 * kept in memory that they do not hold.
 */
import fs from "node:fs";
import path from "node:path";
import { OntogenyError, type RunMeaning } from "../core/index.ts";
import { type Disk, guardingWrites, nodeDisk } from "./disk.ts";
import { Fence } from "./fence.ts";
import { namesIn } from "./files.ts";
import { ImportStore } from "./imports/importStore.ts";
import { Ledger } from "./ledger.ts";
import { manifestBytes, maybeReadManifest, newManifest } from "./manifest.ts";
import { RunReader, runNotFound } from "./runReader.ts";
import { RunWriter } from "./runWriter.ts";

export interface WorkspaceOptions {
  /** Epoch milliseconds; the default is the system's clock. */
  readonly clock?: () => number;
  readonly disk?: Disk;
}

export interface AcquireOptions {
  /** Shown to whoever finds the lease held. */
  readonly owner: string;
  readonly clock?: () => number;
  readonly leaseTtlMs?: number;
}

/** Longer than any pause between two commits of a healthy worker. */
export const DEFAULT_LEASE_TTL_MS = 60_000;

export class Workspace {
  readonly home: string;
  private readonly clock: () => number;
  private readonly disk: Disk;
  private readonly ledgers = new Map<string, Ledger>();

  private constructor(home: string, { clock = Date.now, disk = nodeDisk }: WorkspaceOptions) {
    this.home = path.resolve(home);
    this.clock = clock;
    this.disk = disk;
  }

  /** Makes the folder when it is missing. Errors: WORKSPACE_INVALID when `home` is a file, WRITE_FAILED. */
  static async open(home: string, options: WorkspaceOptions = {}): Promise<Workspace> {
    const workspace = new Workspace(home, options);
    if (fs.statSync(workspace.home, { throwIfNoEntry: false })?.isFile())
      throw new OntogenyError("WORKSPACE_INVALID", "Workspace: expected a folder, got a file; choose another --home", {
        path: workspace.home,
      });
    guardingWrites(workspace.home, () => {
      for (const folder of [workspace.runsDir, workspace.studiesDir, workspace.ledgerDir, workspace.cacheDir])
        if (!fs.existsSync(folder)) workspace.disk.makeDirectory(folder);
    });
    return workspace;
  }

  get runsDir(): string {
    return path.join(this.home, "runs");
  }
  get studiesDir(): string {
    return path.join(this.home, "studies");
  }
  get ledgerDir(): string {
    return path.join(this.home, "ledger");
  }
  get cacheDir(): string {
    return path.join(this.home, "cache");
  }

  /** What `ontogeny import` brought in: `imported/`. */
  get imports(): ImportStore {
    return new ImportStore({ folder: path.join(this.home, "imported"), clock: this.clock, disk: this.disk });
  }

  /** Ids of all created runs, sorted; imported ones are in `imports`. */
  runIds(): string[] {
    return namesIn(this.runsDir).filter((id) => fs.existsSync(path.join(this.runsDir, id, "run.json")));
  }

  hasRun(id: string): boolean {
    return isPlainName(id) && fs.existsSync(path.join(this.runsDir, id, "run.json"));
  }

  /** Errors: RUN_NOT_FOUND. */
  run(id: string): RunReader {
    if (!this.hasRun(id)) throw runNotFound(id, this.runsDir);
    return new RunReader(path.join(this.runsDir, id), id);
  }

  /**
   * Creates the run when it is new, and takes its lease. Errors: LEASE_HELD, MANIFEST_INVALID, DISK_FULL,
   * WRITE_FAILED.
   */
  async acquireRun(
    meaning: RunMeaning,
    { owner, clock = this.clock, leaseTtlMs = DEFAULT_LEASE_TTL_MS }: AcquireOptions,
  ): Promise<RunWriter> {
    const fresh = newManifest(meaning, clock());
    const reader = new RunReader(path.join(this.runsDir, fresh.id), fresh.id);
    const { disk } = this;
    const before = maybeReadManifest(reader.paths.manifest);
    const fence = Fence.take({
      folder: reader.paths.attempts,
      what: `run ${fresh.id}`,
      owner,
      clock,
      leaseTtlMs,
      above: before?.attempts ?? 0,
      disk,
    });
    // Read again: only now can no earlier holder change it any more.
    const manifest = maybeReadManifest(reader.paths.manifest);
    if (manifest === undefined) fence.publish(reader.paths.manifest, manifestBytes(fresh));
    return new RunWriter({ reader, fence, manifest: manifest ?? fresh, disk, clock });
  }

  /** One segment of the ledger; the same object for the same writer. Errors: LEDGER_WRITER_INVALID. */
  ledger(writer: string): Ledger {
    const present = this.ledgers.get(writer);
    if (present !== undefined) return present;
    const ledger = new Ledger({ folder: this.ledgerDir, writer, clock: this.clock, disk: this.disk });
    this.ledgers.set(writer, ledger);
    return ledger;
  }
}

function isPlainName(id: string): boolean {
  return /^[\w.-]+$/.test(id) && id !== "." && id !== "..";
}
