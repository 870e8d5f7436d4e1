/**
 * @file import.json: what was imported from one unit (a run's folder, a database, a file), how far, and what of it
 * counts.
 *
 * It is the only truth about a unit: a parts file that it does not name does not count. Parsed strictly; errors:
 * IMPORT_INVALID.
 */
import { z } from "zod";
import { EvaluationContextSchema, JsonSchema, MeasureSpecSchema, OntogenyError } from "../../core/index.ts";

export const IMPORTED_STATUSES = ["running", "complete", "failed", "killed", "unknown"] as const;

const SourceSchema = z.strictObject({
  /** Relative to what was imported. */
  relative: z.string(),
  path: z.string(),
  bytes: z.number(),
  mtimeMs: z.number(),
  /** Hash of the first bytes, and of the last before `bytes`: has the file only grown? */
  fingerprint: z.string(),
});
export type ImportedSource = z.infer<typeof SourceSchema>;

const SkipSchema = z.strictObject({ code: z.string(), count: z.int().positive(), example: z.string() });
export type Skip = z.infer<typeof SkipSchema>;

const RunSchema = z.strictObject({
  id: z.string(),
  /** Unique within the unit. */
  key: z.string(),
  name: z.string(),
  foreignId: z.string().optional(),
  configuration: z.record(z.string(), JsonSchema),
  tags: z.record(z.string(), z.string()),
  status: z.enum(IMPORTED_STATUSES),
  startedAtMs: z.number().optional(),
  contexts: z.array(EvaluationContextSchema),
  /** What the column `file` of its points counts from. */
  files: z.array(z.string()),
  measures: z.array(
    z.strictObject({
      name: z.string(),
      points: z.int().nonnegative(),
      spec: MeasureSpecSchema.partial().optional(),
    }),
  ),
});
export type ImportedRunRecord = z.infer<typeof RunSchema>;

export const ImportRecordSchema = z.strictObject({
  format: z.literal("ontogeny.import/1"),
  id: z.string(),
  /** The bridge that read it. */
  bridge: z.string(),
  /** Where it was found: an absolute path, or one with a name inside. */
  where: z.string(),
  sources: z.array(SourceSchema),
  companions: z.array(SourceSchema),
  /** For the bridge: where to go on; null when the format is read whole. */
  state: JsonSchema,
  /** False: stopped on the way; `state` says how far it came. */
  complete: z.boolean(),
  mapping: z.record(z.string(), z.array(z.string())).optional(),
  /** Files in points/, in the order of reading. */
  parts: z.array(z.strictObject({ file: z.string(), points: z.int().nonnegative() })),
  runs: z.array(RunSchema),
  skipped: z.array(SkipSchema),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
});
export type ImportRecord = z.infer<typeof ImportRecordSchema>;

export function parseImportRecord(text: string, file: string): ImportRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), file, cause);
  }
  const parsed = ImportRecordSchema.safeParse(json);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error), file, parsed.error);
  return parsed.data;
}

function invalid(what: string, file: string, cause: unknown): OntogenyError {
  return new OntogenyError(
    "IMPORT_INVALID",
    `Import record: ${what}; delete the folder of this import and import again`,
    { cause, path: file },
  );
}
