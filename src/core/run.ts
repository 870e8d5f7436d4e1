/**
 * @file The run manifest (run.json) and everything in it. See DESIGN §4 for the folder that it stands in.
 */
import { z } from "zod";
import { ChangeSchema, ProcessSchema, SeedsSchema } from "./process.ts";

/** Where a branch comes from; absent for a run that starts at step 0 by itself. */
export const LineageSchema = z.strictObject({
  parent: z.string(),
  forkStep: z.int().nonnegative(),
  changes: z.array(ChangeSchema),
});
export type Lineage = z.infer<typeof LineageSchema>;

/** What a run means, and nothing else: its canonical JSON is hashed into the run's id. */
export const RunMeaningSchema = z.strictObject({
  process: ProcessSchema,
  seeds: SeedsSchema,
  lineage: LineageSchema.optional(),
  /** sha256 of the bytes of each data source. */
  data: z.record(z.string(), z.string()),
});
export type RunMeaning = z.infer<typeof RunMeaningSchema>;

/** How a run is trained together with others of its shape, as one program. */
export const EnsembleSchema = z.strictObject({
  /** Runs in the program; incomplete groups are filled up with copies, so that it is always the same. */
  members: z.int().min(2),
  /** Against the separate run: the same bits, or outputs of the first steps within this share of their largest value. */
  exactness: z.string().regex(/^(bit-identical|within 1e-\d+)$/),
});
export type EnsembleMembership = z.infer<typeof EnsembleSchema>;

/** What the bits also depend on. Runs of one contrast share one. */
export const NumericsSchema = z.strictObject({
  engine: z.string(),
  graph: z.string(),
  runtime: z.string(),
  threads: z.int().positive(),
  cpu: z.string(),
  /** Absent: trained by itself. */
  ensemble: EnsembleSchema.optional(),
});
export type Numerics = z.infer<typeof NumericsSchema>;

export const RUN_STATUSES = ["created", "running", "paused", "complete", "failed"] as const;
export const ManifestSchema = z.strictObject({
  format: z.literal("ontogeny.run/1"),
  id: z.string(),
  meaning: RunMeaningSchema,
  /** Set by the first attempt; a later attempt with another key is refused or reported, never silent. */
  numericsKey: z.string().optional(),
  numerics: NumericsSchema.optional(),
  status: z.enum(RUN_STATUSES),
  /** Last step whose state and measures are committed. */
  step: z.int().nonnegative(),
  attempts: z.int().nonnegative(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  /** Why it failed, in one line. */
  failure: z.string().optional(),
  versions: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** What stands beside each checkpoint's safetensors file. */
export const CheckpointMetaSchema = z.strictObject({
  format: z.literal("ontogeny.checkpoint/1"),
  step: z.int().nonnegative(),
  /** sha256 of the safetensors file. */
  sha256: z.string(),
  /** sha256 of the state alone (names, shapes, bytes in name order): equal states have equal hashes. */
  stateHash: z.string(),
  /** Everything else that resuming needs, e.g. counters; random numbers are keyed by step, so usually empty. */
  cursor: z.record(z.string(), z.unknown()),
  numericsKey: z.string(),
});
export type CheckpointMeta = z.infer<typeof CheckpointMetaSchema>;

export const EVENT_KINDS = ["onset", "change-point", "spike", "divergence", "plateau", "collapse", "decline"] as const;
/** An event with its interval; `high` null means right-censored: it had not happened by the last observation. */
export const EventSchema = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  measure: z.string(),
  step: z.number().nullable(),
  low: z.number(),
  high: z.number().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  method: z.string(),
  /** How sure it is, and of what: a p-value, a posterior probability, or the detector's rate of false alarms. Absent: not judged. */
  certainty: z
    .strictObject({ kind: z.enum(["p", "posterior", "false-alarm rate"]), value: z.number(), of: z.string() })
    .optional(),
});
export type Event = z.infer<typeof EventSchema>;
