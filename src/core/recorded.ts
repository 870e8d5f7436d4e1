/**
 * @file Recorded runs: trajectories as the analyses read them, whoever trained them, and what each value depends on
 * besides the weights.
 *
 * A `MeasuredSeries` is the view for analysis: one value a step. What the files hold beyond that (repeated steps, parts
 * that a restart withdrew) is in `RawSeries`, never dropped. NaN and ±∞ are values; "not stated" is NaN in `ses`, `ns`, `wallMs`
 * and −1 in the index columns.
 */
import { z } from "zod";
import type { MeasureSpec } from "./measure.ts";
import { type Json, JsonSchema } from "./process.ts";

/** Who measured a value, and how. Absent means "the files do not say". Two series are comparable only when these agree. */
export const EvaluationContextSchema = z.strictObject({
  /** The tool, e.g. "lm-evaluation-harness". */
  evaluator: z.string().optional(),
  evaluatorVersion: z.string().optional(),
  /** The task's own version, e.g. "1". */
  taskVersion: z.string().optional(),
  /** Examples in the prompt. */
  shots: z.int().optional(),
  /** Name or hash of the prompt's format. */
  prompt: z.string().optional(),
  /** Most items that the evaluator was allowed; absent: all. */
  limit: z.number().optional(),
  /** The evaluated model as the evaluator names it, e.g. "EleutherAI/pythia-70m". */
  model: z.string().optional(),
  /** Its revision, e.g. "step3000". */
  revision: z.string().optional(),
  /** Everything else that the files say. */
  details: z.record(z.string(), JsonSchema).optional(),
});
export type EvaluationContext = z.infer<typeof EvaluationContextSchema>;

/** One measure of one run: columns of one length. */
export interface MeasuredSeries {
  readonly measure: string;
  /** Strictly ascending. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Standard error over items; NaN: not stated. Absent: stated nowhere. */
  readonly ses?: readonly number[];
  /** Items; NaN: not stated. Absent: stated nowhere. */
  readonly ns?: readonly number[];
  /** Epoch milliseconds; NaN: not stated. Absent: stated nowhere. */
  readonly wallMs?: readonly number[];
  /** Index into the run's contexts; −1: none. Absent: none anywhere. */
  readonly contexts?: readonly number[];
  /** Index into the run's files; −1: none. Absent: none anywhere. */
  readonly files?: readonly number[];
}

/** Every value in the order of the files: steps may repeat and go back. */
export interface RawSeries extends MeasuredSeries {
  /** 0 for the first, one more after each restart. */
  readonly segments: readonly number[];
}

export interface RecordedRun {
  readonly id: string;
  /** Shown to people, unique in a workspace where possible, e.g. "pythia-v1/pythia-70m/zero-shot". */
  readonly name: string;
  /** "native" for our own lab, otherwise the bridge that read it, e.g. "lm-eval". */
  readonly format: string;
  /** Settings as the files state them, flat: dotted names → values. */
  readonly configuration: Readonly<Record<string, Json>>;
  readonly contexts: readonly EvaluationContext[];
  /** Names of the files that it was read from, relative to what was imported. */
  readonly files: readonly string[];
  /** What is known of measures; a measure that is not here is only a name. */
  readonly specs: ReadonlyMap<string, Partial<MeasureSpec>>;
  /** By measure. */
  readonly series: ReadonlyMap<string, MeasuredSeries>;
  /** By measure, where it says more than `series` does. */
  readonly raw: ReadonlyMap<string, RawSeries>;
}
