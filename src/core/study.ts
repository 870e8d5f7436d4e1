/**
 * @file The study file: question, process, observations, forecasts, interventions, requirements.
 *
 * The schema is strict: an unknown key is an error. What depends on the organism (factor names, measures) is checked by
 * the planner, which knows it.
 */
import { z } from "zod";
import { RequirementSchema } from "./claims.ts";
import { ChangeSchema, JsonSchema } from "./process.ts";

const share = z.number().min(0).max(1);
const measureName = z.string().min(1);
const factorPath = z
  .string()
  .regex(
    /^(data|objective|architecture|optimizer)\.[A-Za-z]\w*$/,
    'expected a factor path such as "data.cueAgreement"',
  );
/** A setting, or with "@start" the share of training at which the setting comes into force (before it: the default). */
const designPath = z
  .string()
  .regex(
    /^(data|objective|architecture|optimizer)\.[A-Za-z]\w*(@start)?$/,
    'expected a factor path such as "data.cueAgreement", or "data.cueAgreement@start"',
  );
const settings = z.record(factorPath, JsonSchema);

/** The steps at which measures are taken: a list, every k steps, or k per factor of ten from a first step on. */
export const GridSchema = z.union([
  z.array(z.int().positive()).min(2),
  z.strictObject({ every: z.int().positive() }),
  z.strictObject({ from: z.int().positive(), perDecade: z.int().positive().max(50) }),
]);
export type Grid = z.infer<typeof GridSchema>;

const OnsetSchema = z.strictObject({
  measure: measureName,
  threshold: z.number(),
  direction: z.enum(["above", "below"]).default("above"),
  /** The threshold must hold at this many evaluations in a row, the first included. */
  hold: z.int().positive().default(2),
});
export type OnsetDefinition = z.infer<typeof OnsetSchema>;

/** What is forecast, or what effects are measured on: a value at the last step, or the step of an onset. */
export const OutcomeSchema = z.union([z.strictObject({ value: measureName }), z.strictObject({ onset: OnsetSchema })]);
export type Outcome = z.infer<typeof OutcomeSchema>;

export const SpaceSchema = z.record(
  designPath,
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("linear"), low: z.number(), high: z.number() }),
    z.strictObject({
      kind: z.literal("log"),
      low: z.number().positive(),
      high: z.number().positive(),
      /** Share of candidates that get exactly 0 instead. */
      zeroShare: share.optional(),
    }),
    z.strictObject({ kind: z.literal("choice"), values: z.array(JsonSchema).min(1) }),
  ]),
);
export type Space = z.infer<typeof SpaceSchema>;

const QuickSchema = z.strictObject({
  observeSeeds: z.int().min(2).optional(),
  predictSeeds: z.int().min(2).optional(),
  interveneSeeds: z.int().min(2).optional(),
  pilotSeeds: z.int().min(2).optional(),
  windowStarts: z.array(z.int().nonnegative()).min(2).optional(),
  doseValues: z.array(z.number()).min(2).optional(),
  varianceBases: z.int().min(2).optional(),
  varianceVariants: z.int().positive().optional(),
  candidates: z.int().min(2).optional(),
  finalists: z.int().positive().optional(),
  replicates: z.int().positive().optional(),
  confirmFailures: z.int().min(0).optional(),
});

export const StudySchema = z.strictObject({
  study: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and hyphens"),
  title: z.string(),
  question: z.string(),
  process: z.strictObject({
    organism: z.string(),
    steps: z.int().positive(),
    factors: settings.default({}),
    /** Changes that belong to the procedure itself. */
    changes: z.array(ChangeSchema).default([]),
  }),
  observe: z.strictObject({
    seeds: z.int().min(2),
    grid: GridSchema,
    onsets: z.array(OnsetSchema).default([]),
    changePoints: z.array(measureName).default([]),
    /** A one-at-a-time design: `bases` cohort runs, each repeated `variants` times with only one seed component changed. */
    variance: z.strictObject({ measure: measureName, bases: z.int().min(2), variants: z.int().positive() }).optional(),
  }),
  predict: z
    .strictObject({
      seeds: z.int().min(2),
      /** Shares of training, ascending. */
      cutoffs: z.array(share.gt(0).lt(1)).min(1),
      targets: z.array(OutcomeSchema).min(1),
    })
    .optional(),
  intervene: z
    .strictObject({
      outcome: OutcomeSchema,
      seeds: z.int().min(2),
      /** Seeds on which all arms are tried first, to forecast the effects on the others. */
      pilotSeeds: z.int().min(2),
      window: z
        .strictObject({
          title: z.string(),
          set: settings,
          length: z.int().positive(),
          starts: z.array(z.int().nonnegative()).min(2),
        })
        .optional(),
      dose: z
        .strictObject({
          title: z.string(),
          path: factorPath,
          values: z.array(z.number()).min(2),
          from: z.int().nonnegative(),
        })
        .optional(),
      nulls: z.strictObject({
        /** The step at which the null branches fork. */
        from: z.int().nonnegative(),
        /** The same dose on a matched irrelevant target. */
        active: settings.optional(),
        /** Seeds on which the exact placebo is tried; default 3. */
        exactSeeds: z.int().positive().default(3),
        /** The seed component that is re-keyed after the fork; absent: none, the process has no draws after the fork. */
        perturb: z.string().optional(),
      }),
    })
    .optional(),
  design: z
    .strictObject({
      goal: z.string(),
      requirements: z.array(RequirementSchema).min(1),
      reliability: share.gt(0).lt(1),
      level: share.gt(0).lt(1).default(0.95),
      space: SpaceSchema,
      search: z.strictObject({
        /** Candidates drawn at random before the surrogate proposes. */
        random: z.int().min(2),
        /** Candidates in all, at most. */
        candidates: z.int().min(2),
        /** The search ends once this many of the surrogate's candidates met every requirement; default: the finalists. */
        enough: z.int().positive().optional(),
        /** Best candidates that are repeated on further seeds before one is chosen. */
        finalists: z.int().positive(),
        replicates: z.int().positive(),
        /** Shares of training at which a hopeless candidate may be stopped. */
        looks: z.array(share.gt(0).lt(1)).default([]),
      }),
      /** Failures that the confirmation allows; its size follows from the reliability and the level. */
      confirm: z.strictObject({ failures: z.int().min(0) }),
    })
    .optional(),
  /** Sizes under `--quick`; what is not named keeps its size. */
  quick: QuickSchema.optional(),
});
export type Study = z.infer<typeof StudySchema>;

/** The steps of a grid, ascending, ending with the last step. */
export function gridSteps(grid: Grid, lastStep: number): number[] {
  const steps = new Set<number>([lastStep]);
  if (Array.isArray(grid)) for (const step of grid) steps.add(step);
  else if ("every" in grid) for (let step = grid.every; step < lastStep; step += grid.every) steps.add(step);
  else
    for (let i = 0; grid.from * 10 ** (i / grid.perDecade) < lastStep; i++)
      steps.add(Math.round(grid.from * 10 ** (i / grid.perDecade)));
  return [...steps].filter((step) => step <= lastStep).sort((a, b) => a - b);
}

/** Short name of an outcome for tables and keys: "conflict.accuracy" or "onset(test.accuracy ≥ 0.95)". */
export function outcomeLabel(outcome: Outcome): string {
  if ("value" in outcome) return outcome.value;
  const { measure, direction, threshold } = outcome.onset;
  return `onset(${measure} ${direction === "above" ? "≥" : "≤"} ${threshold})`;
}
