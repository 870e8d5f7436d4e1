/**
 * @file The state that a reading leaves for the next one: how large it may be, and how it is taken back.
 */
import { z } from "zod";
import { type Json, OntogenyError } from "../core/index.ts";

/** Contract of `Bridge.read`: at most 1 MB. */
const CHARACTERS_AT_MOST = 900_000;

/** undefined: more than may be kept; such a unit is read whole each time. */
export function boundedState(state: Json): Json | undefined {
  return JSON.stringify(state).length <= CHARACTERS_AT_MOST ? state : undefined;
}

/** `of`: what was read, for the message. Errors: IMPORT_STATE_INVALID. */
export function parseReadingState<Schema extends z.ZodType>(schema: Schema, json: Json, of: string): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new OntogenyError(
    "IMPORT_STATE_INVALID",
    `Import of ${of}: expected the state that a read left, got ${z.prettifyError(parsed.error)}; delete this import and import again`,
  );
}
