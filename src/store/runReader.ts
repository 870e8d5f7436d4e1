/**
 * @file Reads a run while others may write it. Never writes, needs no lease.
 */
import {
  type CheckpointMeta,
  type Event,
  EventSchema,
  type Manifest,
  OntogenyError,
  type Point,
  type Snapshot,
} from "../core/index.ts";
import { parseJsonl, pointsHashText } from "../formats/index.ts";
import { bytesHash, maybeReadCheckpointMeta, readCheckpoint } from "./checkpoint.ts";
import { maybeRead, maybeReadJson, namesIn } from "./files.ts";
import { maybeReadManifest } from "./manifest.ts";
import { type PointsRead, type PointsReport, readPoints } from "./readPoints.ts";
import { maybeCheckpointStep, RunPaths } from "./runPaths.ts";

export interface PointsOptions {
  /** Inclusive. */
  readonly upToStep?: number;
  readonly measures?: readonly string[];
}

export interface CheckpointRef {
  readonly step: number;
  readonly meta: CheckpointMeta;
}

export class RunReader {
  readonly id: string;
  readonly paths: RunPaths;

  /** Use `Workspace.run(id)`. */
  constructor(folder: string, id: string) {
    this.id = id;
    this.paths = new RunPaths(folder);
  }

  /** As it stands on disk now. Errors: RUN_NOT_FOUND, MANIFEST_INVALID. */
  manifest(): Manifest {
    const manifest = maybeReadManifest(this.paths.manifest);
    if (manifest === undefined) throw runNotFound(this.id, this.paths.manifest);
    return manifest;
  }

  /** Committed points by step and measure, and what was left out of the files. Errors: PARQUET_INVALID. */
  async points({ upToStep = Number.POSITIVE_INFINITY, measures }: PointsOptions = {}): Promise<PointsRead> {
    const { points, report } = await readPoints(this.paths, this.manifest());
    const wanted = measures === undefined ? undefined : new Set(measures);
    return {
      points: points.filter(({ step, measure }) => step <= upToStep && (wanted?.has(measure) ?? true)),
      report,
    };
  }

  /** Committed checkpoints of the run's present numerics, ascending. Their states are not verified until loaded. */
  checkpoints(): readonly CheckpointRef[] {
    const { step: committedStep, numericsKey } = this.manifest();
    return namesIn(this.paths.checkpoints)
      .map(maybeCheckpointStep)
      .filter((step) => step !== undefined && step <= committedStep)
      .sort((a, b) => a! - b!)
      .map((step) => ({ step: step!, meta: maybeReadCheckpointMeta(this.paths, step!) }))
      .filter((ref): ref is CheckpointRef => ref.meta !== undefined && ref.meta.numericsKey === numericsKey);
  }

  /** Verified by its sha256. Errors: CHECKPOINT_MISSING, CHECKPOINT_CORRUPT. */
  loadCheckpoint(step: number): Snapshot {
    return readCheckpoint(this.paths, step);
  }

  /** The last checkpoint at or before `step`. */
  nearestCheckpoint(step: number): CheckpointRef | undefined {
    return this.checkpoints().findLast((ref) => ref.step <= step);
  }

  events(): readonly Event[] {
    const bytes = maybeRead(this.paths.events);
    if (bytes === undefined) return [];
    const { rows, lines } = parseJsonl(bytes);
    return rows.map((row, index) => {
      const parsed = EventSchema.safeParse(row);
      if (parsed.success) return parsed.data;
      throw new OntogenyError(
        "EVENTS_INVALID",
        `Events, line ${lines[index]}: expected an event, got ${JSON.stringify(row)}; delete the file, the next analysis writes it anew`,
        { cause: parsed.error, path: this.paths.events },
      );
    });
  }

  /** What `RunWriter.saveProbe` saved; undefined when it was not. */
  maybeProbe({ step, probe, version }: { step: number; probe: string; version: string }): unknown {
    return maybeReadJson(this.paths.probe(step, probe, version));
  }

  /** sha256 of the points up to a step, without the time of day: equal training gives equal hashes. */
  async dataHash(upToStep: number): Promise<string> {
    const { points } = await this.points({ upToStep });
    return dataHashOf(points);
  }
}

/** The hash that `RunReader.dataHash` gives, of points at hand. */
export function dataHashOf(points: readonly Point[]): string {
  return bytesHash(pointsHashText(points));
}

export function runNotFound(id: string, path: string): OntogenyError {
  return new OntogenyError(
    "RUN_NOT_FOUND",
    `Run: expected ${JSON.stringify(id)} in the workspace, got no such run; list the runs with "ontogeny ls", or name another workspace with --home`,
    { path },
  );
}

export type { PointsRead, PointsReport };
