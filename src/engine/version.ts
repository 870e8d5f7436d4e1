/**
 * @file The parts of a numerics key that all devices share: the engine's version, and one hash for several programs.
 */
import { sha256Hex } from "../core/index.ts";
import type { HashedProgram } from "./device.ts";

/** Raised whenever the engine may change bits: lowering rules, rewrites, optimizers. */
export const ENGINE_VERSION = "2";

/** One hash for all programs of a run, whatever their order. */
export function combinedHash(programs: readonly HashedProgram[]): string {
  const hashes = programs.map(({ graphHash }) => graphHash).sort();
  return hashes.length === 1 ? hashes[0] : sha256Hex(hashes.join("\n"));
}
