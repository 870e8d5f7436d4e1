/**
 * @file run.json: parsed strictly, and checked against its own id, since the id is the hash of what the run means.
 */
import { z } from "zod";
import {
  type Manifest,
  ManifestSchema,
  OntogenyError,
  type RunMeaning,
  RunMeaningSchema,
  runIdOf,
} from "../core/index.ts";
import { bytesFrom, maybeReadText } from "./files.ts";

/** Errors: MANIFEST_INVALID. */
export function parseManifest(text: string, file: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`expected JSON, got ${cause instanceof Error ? cause.message : String(cause)}`, file, cause);
  }
  const parsed = ManifestSchema.safeParse(json);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error), file, parsed.error);
  const id = runIdOf(parsed.data.meaning);
  if (parsed.data.id !== id)
    throw invalid(`expected the id ${id} that its meaning hashes to, got ${parsed.data.id}`, file);
  return parsed.data;
}

/** undefined when the run has no manifest (it was never created, or its creation was cut short). */
export function maybeReadManifest(file: string): Manifest | undefined {
  const text = maybeReadText(file);
  return text === undefined ? undefined : parseManifest(text, file);
}

export function manifestBytes(manifest: Manifest): Uint8Array {
  return bytesFrom(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** Step that the run starts from: where its parent was left, or 0. */
export function startStepOf(meaning: RunMeaning): number {
  return meaning.lineage?.forkStep ?? 0;
}

export function newManifest(meaning: RunMeaning, nowMs: number): Manifest {
  const parsed = RunMeaningSchema.parse(meaning);
  return {
    format: "ontogeny.run/1",
    id: runIdOf(parsed),
    meaning: parsed,
    status: "created",
    step: startStepOf(parsed),
    attempts: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    versions: {},
  };
}

function invalid(what: string, file: string, cause?: unknown): OntogenyError {
  return new OntogenyError(
    "MANIFEST_INVALID",
    `Run manifest: ${what}; restore it from a copy, or remove the run's folder to train it again`,
    { cause, path: file },
  );
}
