/**
 * @file Checkpoints: a snapshot as safetensors, beside it a small JSON with its hashes.
 *
 * The JSON is written last, so that its presence means that the state is whole. Reading verifies the file's hash before
 * anything is decoded: CHECKPOINT_MISSING, CHECKPOINT_CORRUPT (both name the file and the way out).
 */
import { createHash } from "node:crypto";
import {
  type CheckpointMeta,
  CheckpointMetaSchema,
  canonicalJson,
  OntogenyError,
  type Snapshot,
  type Tensor,
} from "../core/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../formats/index.ts";
import { maybeRead, maybeReadJson } from "./files.ts";
import type { RunPaths } from "./runPaths.ts";

export interface EncodedCheckpoint {
  readonly state: Uint8Array;
  readonly meta: CheckpointMeta;
}

/** sha256 over names, types, shapes and bytes in name order. Equal states have equal hashes, whatever their step. */
export function stateHashOf(tensors: Readonly<Record<string, Tensor>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name];
    hash.update(`${canonicalJson([name, dtype, [...shape]])}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

export function encodeCheckpoint(snapshot: Snapshot, numericsKey: string): EncodedCheckpoint {
  const state = encodeSafetensors({
    tensors: snapshot.tensors,
    metadata: { format: "ontogeny.checkpoint/1", step: String(snapshot.step) },
  });
  return {
    state,
    meta: {
      format: "ontogeny.checkpoint/1",
      step: snapshot.step,
      sha256: bytesHash(state),
      stateHash: stateHashOf(snapshot.tensors),
      cursor: { ...snapshot.cursor },
      numericsKey,
    },
  };
}

/** undefined when there is no readable description of a checkpoint at that step. */
export function maybeReadCheckpointMeta(paths: RunPaths, step: number): CheckpointMeta | undefined {
  const parsed = CheckpointMetaSchema.safeParse(maybeReadJson(paths.checkpointMeta(step)));
  return parsed.success && parsed.data.step === step ? parsed.data : undefined;
}

export function readCheckpoint(paths: RunPaths, step: number): Snapshot {
  const file = paths.checkpointState(step);
  const state = maybeRead(file);
  const wayOut =
    "resume from an earlier checkpoint (nearestCheckpoint), or run the study again: what is missing is trained again";
  if (state === undefined)
    throw new OntogenyError("CHECKPOINT_MISSING", `Checkpoint of step ${step}: expected a file, got none; ${wayOut}`, {
      path: file,
    });
  const meta = maybeReadCheckpointMeta(paths, step);
  if (meta === undefined)
    throw new OntogenyError(
      "CHECKPOINT_MISSING",
      `Checkpoint of step ${step}: expected its description with hashes beside it, got none that is readable; ${wayOut}`,
      { path: paths.checkpointMeta(step) },
    );
  const sha256 = bytesHash(state);
  if (sha256 !== meta.sha256)
    throw new OntogenyError(
      "CHECKPOINT_CORRUPT",
      `Checkpoint of step ${step}: expected sha256 ${meta.sha256}, got ${sha256}; delete this file, then ${wayOut}`,
      { path: file },
    );
  return { step, tensors: decodeSafetensors(state).tensors, cursor: meta.cursor };
}

export function bytesHash(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
