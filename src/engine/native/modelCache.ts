/**
 * @file Lowered programs kept by content hash, so that the same program is lowered once: in this process, and in a folder
 * where one is given. What is kept is the model that the runtime reads; it opens a session of its own from it.
 *
 * Anything in the folder may be deleted at any time. A file that cannot be read or has another hash is lowered anew.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../core/index.ts";
import type { MemoryEstimate } from "../memory.ts";
import type { LoopLayout } from "../onnx/loopModel.ts";

export interface LoweredModel {
  readonly model: Uint8Array;
  readonly layout: LoopLayout;
  readonly memory: MemoryEstimate;
}

/** Models of a few programs, some hundred KB each. */
const KEPT_IN_MEMORY = 32;

const recent = new Map<string, LoweredModel>();

export function cachedModel(key: string, folder: string | undefined, lower: () => LoweredModel): LoweredModel {
  const known = recent.get(key) ?? (folder === undefined ? undefined : maybeRead(join(folder, key)));
  const model = known ?? lower();
  recent.delete(key);
  recent.set(key, model);
  if (recent.size > KEPT_IN_MEMORY) recent.delete(recent.keys().next().value as string);
  if (known === undefined && folder !== undefined) write(folder, key, model);
  return model;
}

/** One line of JSON (the description and the model's hash), then the model's bytes. */
function write(folder: string, key: string, { model, layout, memory }: LoweredModel): void {
  const head = `${JSON.stringify({ layout, memory, sha256: sha256Hex(model) })}\n`;
  const path = join(folder, key);
  const unfinished = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, Buffer.concat([Buffer.from(head), model]));
    renameSync(unfinished, path);
  } catch {
    // A cache that cannot be written saves nothing, and costs nothing.
  }
}

function maybeRead(path: string): LoweredModel | undefined {
  try {
    const bytes = readFileSync(path);
    const end = bytes.indexOf("\n");
    const { layout, memory, sha256 } = JSON.parse(bytes.toString("utf8", 0, end));
    const model = new Uint8Array(bytes.subarray(end + 1));
    return sha256Hex(model) === sha256 ? { model, layout, memory } : undefined;
  } catch {
    return undefined;
  }
}
