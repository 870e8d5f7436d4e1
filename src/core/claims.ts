/**
 * @file What Ontogeny states: forecasts, effects, requirements, ledger entries.
 */
import { z } from "zod";

/** A predictive distribution as quantiles at stated probabilities (ascending). */
export const DistributionSchema = z.strictObject({
  probabilities: z.array(z.number()),
  quantiles: z.array(z.number()),
});
export type Distribution = z.infer<typeof DistributionSchema>;

export const EstimateSchema = z.strictObject({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  level: z.number(),
  method: z.string(),
  n: z.int(),
});

/** One method's forecast of one target for one run, made at a cutoff. */
export const ForecastSchema = z.strictObject({
  run: z.string(),
  target: z.string(),
  targetStep: z.int(),
  cutoff: z.int(),
  method: z.string(),
  distribution: DistributionSchema,
  /** sha256 of the run's points up to the cutoff, as read from disk. */
  dataHash: z.string(),
  /** The run's last committed step when the forecast was made: at the cutoff, so the outcome did not exist. */
  runStep: z.int(),
});
export type Forecast = z.infer<typeof ForecastSchema>;

export const RequirementSchema = z.strictObject({
  measure: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** Absent: the last step of the study. */
  step: z.int().positive().optional(),
});
export type Requirement = z.infer<typeof RequirementSchema>;

export const LEDGER_KINDS = [
  "registration",
  "forecast",
  "outcome",
  "score",
  "effect",
  "design",
  "confirmation",
  "note",
] as const;
export const LedgerEntrySchema = z.strictObject({
  seq: z.int().nonnegative(),
  at: z.string(),
  kind: z.enum(LEDGER_KINDS),
  /** Identifies the claim, so that running a study again registers nothing twice. */
  key: z.string(),
  body: z.unknown(),
  prev: z.string(),
  hash: z.string(),
});
export type LedgerEntry = z.infer<typeof LedgerEntrySchema>;
