/**
 * @file What the reader of an event directory must remember to go on later: where each file stands, and of each tag its
 * plugin, last step and segment.
 *
 * Kept as plain arrays: names of files and tags are other people's text, `__proto__` among them.
 */

import { z } from "zod";
import type { Json } from "../../core/index.ts";
import { boundedState, parseReadingState } from "../readingState.ts";
import { FileStateSchema } from "../recordFiles.ts";

const TagStateSchema = z.tuple([
  z.string().describe("tag"),
  z.string().nullable().describe("plugin; null: no metadata seen"),
  z.number().describe("data class of the metadata"),
  z.number().describe("last step"),
  z.number().describe("segment"),
  z.number().describe("epoch of the last value"),
]);
const StateSchema = z.strictObject({
  files: z.array(FileStateSchema),
  tags: z.array(TagStateSchema),
  /** The first event's time is known. */
  isStarted: z.boolean(),
  /** Greatest segment of any value; −1: no value yet. */
  maxSegment: z.number(),
});
export type EventState = z.infer<typeof StateSchema>;

const NEW_STATE: EventState = { files: [], tags: [], isStarted: false, maxSegment: -1 };

/** Errors: IMPORT_STATE_INVALID. */
export function parseEventState(json: Json | undefined): EventState {
  if (json === undefined) return NEW_STATE;
  return parseReadingState(StateSchema, json, "event files");
}

/** undefined: more than may be kept (some 15,000 tags); such a run is read whole each time. */
export function maybeJsonOfState(state: EventState): Json | undefined {
  return boundedState(state as unknown as Json);
}
