/**
 * @file Branded identifiers. An id is a string that was made by one of the functions here; it is never typed in by hand.
 */
import { canonicalJson } from "./canonicalJson.ts";
import { sha256Hex } from "./hash.ts";
import type { Numerics } from "./run.ts";

export type Brand<T, Name extends string> = T & { readonly __brand: Name };
export type RunId = Brand<string, "RunId">;
export type StudyId = Brand<string, "StudyId">;
/** Optimizer updates done; step 0 is the state before the first update. */
export type Step = number;

/** Content address: the first 24 hex digits (96 bits) of the sha256 of the value's canonical JSON. */
export function contentId(value: unknown): string {
  return sha256Hex(canonicalJson(value)).slice(0, 24);
}

/** The id of a run: the hash of its meaning (see DESIGN §4, "two keys"). */
export function runIdOf(meaning: unknown): RunId {
  return `r${contentId(meaning)}` as RunId;
}

/** The numerics key of a run: the hash of everything that its bits depend on besides its meaning. */
export function numericsKeyOf(numerics: Numerics): string {
  return `n${contentId(numerics)}`;
}
