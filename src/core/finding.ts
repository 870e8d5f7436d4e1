/**
 * @file What an audit says of recorded runs: one finding is what is wrong, where, by what evidence, how sure that is,
 * and what it would spoil.
 *
 * Severities: an `error` makes an analysis that touches it wrong (forecasts and effects refuse), a `warning` may (they
 * warn), a `note` is worth knowing and spoils nothing by itself.
 */
import { z } from "zod";
import { JsonSchema } from "./process.ts";

export const FINDING_CODES = [
  "checkpoint-repeated",
  "weights-unchanged",
  "checkpoint-evaluated-twice",
  "runs-duplicated",
  "prefix-shared",
  "checkpoints-swapped",
  "checkpoint-outlier",
  "evaluator-shift",
  "context-changed",
  "contexts-differ",
  "step-mislabelled",
  "run-mislabelled",
  "items-changed",
  "standard-error-implausible",
  "steps-missing",
  "measures-incomplete",
  "restarted",
  "steps-repeated",
  "steps-backwards",
  "not-finite",
  "constant",
  "stuck",
  "out-of-range",
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export const FINDING_SEVERITIES = ["error", "warning", "note"] as const;

export const FindingSchema = z.strictObject({
  code: z.enum(FINDING_CODES),
  severity: z.enum(FINDING_SEVERITIES),
  /** One sentence for people, with the names of the runs. */
  what: z.string(),
  where: z.strictObject({
    /** Ids. */
    runs: z.array(z.string()).min(1),
    /** Absent: every measure of these runs. */
    measures: z.array(z.string()).optional(),
    /** Inclusive ranges, ascending. Absent: every step. */
    steps: z.array(z.tuple([z.number(), z.number()])).optional(),
    /** As the runs name them. Absent: not known. */
    files: z.array(z.string()).optional(),
  }),
  /** The numbers that the finding rests on. */
  evidence: z.record(z.string(), JsonSchema),
  confidence: z.strictObject({
    /**
     * Bound on the probability that clean data show as much, corrected for how many places were looked at. Absent: the
     * files say it outright, and `ground` tells where.
     */
    chance: z.number().min(0).max(1).optional(),
    ground: z.string(),
    /** What the ground counts: measures, steps, items. */
    n: z.number().optional(),
  }),
  /** Analyses that it would spoil, e.g. "forecasts of a/acc". */
  spoils: z.array(z.string()),
});
export type Finding = z.infer<typeof FindingSchema>;

/** The runs, measures and steps that an analysis reads; what is absent is everything. */
export interface Touched {
  /** Ids. */
  readonly runs?: readonly string[];
  readonly measures?: readonly string[];
  /** Inclusive. */
  readonly steps?: readonly [low: number, high: number];
}

/** The findings that lie where an analysis reads, in their order. */
export function findingsTouching(findings: readonly Finding[], { runs, measures, steps }: Touched): Finding[] {
  return findings.filter(
    ({ where }) =>
      (runs === undefined || where.runs.some((run) => runs.includes(run))) &&
      (measures === undefined ||
        where.measures === undefined ||
        where.measures.some((measure) => measures.includes(measure))) &&
      (steps === undefined ||
        where.steps === undefined ||
        where.steps.some(([low, high]) => low <= steps[1] && high >= steps[0])),
  );
}
