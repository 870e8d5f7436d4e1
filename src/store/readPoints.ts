/**
 * @file A run's points from its files: the sealed parquet, and over it the attempts made since.
 *
 * A cut-off last line, bad lines and superseded lines are left out and reported. A damaged parquet is
 * PARQUET_INVALID: with it, points are lost, so nothing is pieced together silently.
 */
import { type Manifest, OntogenyError, type Point } from "../core/index.ts";
import { type BadLine, decodePointsParquet, parsePoints } from "../formats/index.ts";
import { fenceNumbers } from "./fence.ts";
import { maybeRead, maybeReadJson } from "./files.ts";
import { type Layer, mergeLayers } from "./mergePoints.ts";
import type { RunPaths } from "./runPaths.ts";

export interface PointsReport {
  /** Lines cut off by a kill: normal, at most one an attempt. */
  readonly torn: readonly { readonly file: string; readonly line: number; readonly text: string }[];
  /** How many values a later attempt replaced. */
  readonly superseded: number;
  /** How many values lie beyond the committed step: they do not count yet. */
  readonly uncommitted: number;
  /** Lines that are no points: a defect of the writer, or damage. */
  readonly bad: readonly (BadLine & { readonly file: string })[];
}

export interface PointsRead {
  readonly points: readonly Point[];
  readonly report: PointsReport;
}

/** Footer keys of metrics.parquet. */
export const SEALED_ATTEMPTS_KEY = "ontogeny.attempts";
export const SEALED_STEP_KEY = "ontogeny.step";

export async function readPoints(paths: RunPaths, manifest: Manifest): Promise<PointsRead> {
  const layers: Layer[] = [];
  const sealed = await maybeSealed(paths);
  if (sealed !== undefined) layers.push({ points: sealed.points, resumedFrom: null });
  const torn: PointsReport["torn"][number][] = [];
  const bad: PointsReport["bad"][number][] = [];
  for (const attempt of fenceNumbers(paths.attempts)) {
    if (attempt <= (sealed?.attempts ?? 0)) continue;
    const file = paths.attemptMetrics(attempt);
    const bytes = maybeRead(file);
    if (bytes === undefined) continue;
    const start = maybeReadAttemptStart(paths, attempt);
    const parsed = parsePoints(bytes);
    // Without its start an attempt cannot say what it replaces: its values then only replace their equals.
    layers.push({
      points: parsed.points,
      resumedFrom: start === undefined ? Number.POSITIVE_INFINITY : start.resumedFrom,
    });
    if (parsed.torn !== undefined) torn.push({ file, ...parsed.torn });
    bad.push(...parsed.bad.map((line) => ({ file, ...line })));
    if (start === undefined)
      bad.push({ file: paths.attemptStart(attempt), line: 1, text: "", what: "missing or unreadable" });
  }
  const { points, superseded, uncommitted } = mergeLayers(layers, { committedStep: manifest.step });
  return { points, report: { torn, superseded, uncommitted, bad } };
}

export interface AttemptStart {
  readonly attempt: number;
  /** null: began anew. */
  readonly resumedFrom: number | null;
}

export function maybeReadAttemptStart(paths: RunPaths, attempt: number): AttemptStart | undefined {
  const json = maybeReadJson(paths.attemptStart(attempt)) as Partial<AttemptStart> | undefined;
  if (json?.attempt !== attempt) return undefined;
  return json.resumedFrom === null || Number.isSafeInteger(json.resumedFrom) ? (json as AttemptStart) : undefined;
}

async function maybeSealed(paths: RunPaths): Promise<{ points: readonly Point[]; attempts: number } | undefined> {
  const bytes = maybeRead(paths.points);
  if (bytes === undefined) return undefined;
  try {
    const { points, metadata } = await decodePointsParquet(bytes);
    const attempts = Number(metadata[SEALED_ATTEMPTS_KEY]);
    if (!Number.isSafeInteger(attempts))
      throw new OntogenyError(
        "PARQUET_INVALID",
        `Points file: expected the footer key ${SEALED_ATTEMPTS_KEY}, got none`,
      );
    return { points, attempts };
  } catch (cause) {
    if (!(cause instanceof OntogenyError)) throw cause;
    throw new OntogenyError(cause.code, cause.message, { cause, path: paths.points });
  }
}
