/**
 * @file What a measure is: a named observable with its unit, range, direction, chance level and family.
 */
import { z } from "zod";

export const MEASURE_FAMILIES = [
  "loss",
  "capability",
  "bias",
  "robustness",
  "memorization",
  "safety",
  "mechanism",
  "optimization",
] as const;

export const MeasureSpecSchema = z.strictObject({
  name: z.string(),
  /** Shown on axes, e.g. "share", "nats per example". */
  unit: z.string(),
  range: z.tuple([z.number().nullable(), z.number().nullable()]),
  direction: z.enum(["higher", "lower", "neutral"]),
  chance: z.number().optional(),
  family: z.enum(MEASURE_FAMILIES),
  description: z.string(),
});
export type MeasureSpec = z.infer<typeof MeasureSpecSchema>;

/** One value of one measure. `se` is the standard error over the `n` items it was measured on; NaN and ±∞ are values. */
export interface Point {
  readonly step: number;
  readonly wallMs: number;
  readonly measure: string;
  readonly value: number;
  readonly se?: number;
  readonly n?: number;
}
