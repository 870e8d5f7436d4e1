/**
 * @file What the reader of a W&B run must remember to go on later: where each file stands, the metrics and their axes, the last
 * step, and the summary's values that no history has.
 *
 * Kept as plain arrays: names are other people's text, `__proto__` among them.
 */

import { z } from "zod";
import { type Json, jsonNumberFrom, maybeNumberFromJson } from "../../core/index.ts";
import { boundedState, parseReadingState } from "../readingState.ts";
import { FileStateSchema } from "../recordFiles.ts";

const NumberSchema = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]).transform((stored, context) => {
  const value = maybeNumberFromJson(stored);
  if (value !== undefined) return value;
  context.addIssue("expected a number");
  return z.NEVER;
});
const MetricStateSchema = z.tuple([
  z.string().describe("name"),
  z.union([z.literal(0), z.literal(1)]).describe("has its axis settled"),
  z.string().nullable().describe("name of the axis; null: the step"),
  z.union([z.literal(0), z.literal(1)]).describe("takes the axis' last value"),
  NumberSchema.describe("last value"),
  z.union([z.literal(0), z.literal(1)]).describe("stood in a history row"),
]);
const DefinitionStateSchema = z.strictObject({
  name: z.string(),
  isPattern: z.boolean(),
  stepMetric: z.string(),
  syncs: z.boolean(),
  goal: z.enum(["lower", "higher"]).optional(),
});
const StateSchema = z.strictObject({
  files: z.array(FileStateSchema),
  metrics: z.array(MetricStateSchema),
  definitions: z.array(DefinitionStateSchema),
  /** Of the last row; null: no row yet. */
  lastStep: z.number().nullable(),
  maxSegment: z.number(),
  /** The run's end was read: what the summary says from now on is final. */
  hasEnded: z.boolean(),
  isDescribed: z.boolean(),
  /** Name and value; null: not a number. */
  summary: z.array(z.tuple([z.string(), NumberSchema.nullable()])),
});
export type WandbState = z.infer<typeof StateSchema>;

const NEW_STATE: WandbState = {
  files: [],
  metrics: [],
  definitions: [],
  lastStep: null,
  maxSegment: -1,
  hasEnded: false,
  isDescribed: false,
  summary: [],
};

/** Errors: IMPORT_STATE_INVALID. */
export function parseWandbState(json: Json | undefined): WandbState {
  if (json === undefined) return NEW_STATE;
  return parseReadingState(StateSchema, json, "a W&B run");
}

/** undefined: more than may be kept (some 15,000 metrics); such a run is read whole each time. */
export function maybeJsonOfWandbState(state: WandbState): Json | undefined {
  const text = JSON.stringify(state, (_, value) => (typeof value === "number" ? jsonNumberFrom(value) : value));
  return boundedState(JSON.parse(text) as Json);
}
