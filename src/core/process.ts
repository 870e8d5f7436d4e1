/**
 * @file Process, seeds, intervention: what is trained, and what is changed while it trains.
 *
 * A process is an organism with its four factors (data, objective, architecture, optimizer) written out in full, plus
 * the changes that are part of the procedure itself. The factors in force at a step are a pure function of
 * (process, changes, step): `factorsAt`.
 */
import { z } from "zod";
import { OntogenyError } from "./errors.ts";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export const JsonSchema: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(JsonSchema), z.record(z.string(), JsonSchema)]),
);

export const FACTORS = ["data", "objective", "architecture", "optimizer"] as const;
export type FactorName = (typeof FACTORS)[number];
const FactorValues = z.record(z.string(), JsonSchema);
export const FactorsSchema = z.strictObject({
  data: FactorValues,
  objective: FactorValues,
  architecture: FactorValues,
  optimizer: FactorValues,
});
export type Factors = z.infer<typeof FactorsSchema>;

/** Sets `factor.key` paths from step `from` on, up to but not including `until` (absent: for good). */
export const ChangeSchema = z.strictObject({
  from: z.int().nonnegative(),
  until: z.int().positive().optional(),
  /** Dotted paths such as "data.cueAgreement", or "seeds.order" to re-key one component of the seed vector. */
  set: z.record(z.string().regex(/^(data|objective|architecture|optimizer|seeds)\.[A-Za-z][\w.]*$/), JsonSchema),
});
export type Change = z.infer<typeof ChangeSchema>;

export const ProcessSchema = z.strictObject({
  organism: z.string(),
  factors: FactorsSchema,
  changes: z.array(ChangeSchema).default([]),
});
export type Process = z.infer<typeof ProcessSchema>;

/** A named vector, e.g. { data: 3, init: 3, order: 3 }. */
export const SeedsSchema = z.record(z.string(), z.int().nonnegative());
export type Seeds = z.infer<typeof SeedsSchema>;

export const InterventionSchema = z.strictObject({ name: z.string(), changes: z.array(ChangeSchema) });
export type Intervention = z.infer<typeof InterventionSchema>;

/** Factors and seeds in force for the update that leads from `step` to `step + 1`. Later changes win. */
export function factorsAt(
  base: { readonly factors: Factors; readonly seeds: Seeds },
  changes: readonly Change[],
  step: number,
): { factors: Factors; seeds: Seeds } {
  const factors = structuredClone(base.factors);
  const seeds = { ...base.seeds };
  for (const change of changes) {
    if (step < change.from || (change.until !== undefined && step >= change.until)) continue;
    for (const [path, value] of Object.entries(change.set)) applyPath(factors, seeds, path, value);
  }
  return { factors, seeds };
}

/** Steps at which the factors in force may change, ascending: a trainer advances from one to the next. */
export function changeSteps(changes: readonly Change[]): number[] {
  return [...new Set(changes.flatMap(({ from, until }) => (until === undefined ? [from] : [from, until])))].sort(
    (a, b) => a - b,
  );
}

function applyPath(factors: Factors, seeds: Seeds, path: string, value: Json): void {
  const [root, key, ...rest] = path.split(".");
  if (root === "seeds") {
    if (typeof value !== "number" || !(key in seeds) || rest.length > 0)
      throw new OntogenyError(
        "CHANGE_INVALID",
        `Change of "${path}": expected one of ${Object.keys(seeds)
          .map((name) => `seeds.${name}`)
          .join(", ")} with an integer, got ${JSON.stringify(value)}`,
      );
    seeds[key] = value;
    return;
  }
  const values = factors[root as FactorName];
  if (!(key in values) || rest.length > 0)
    throw new OntogenyError(
      "CHANGE_INVALID",
      `Change of "${path}": expected one of ${Object.keys(values)
        .map((name) => `${root}.${name}`)
        .join(", ")}`,
    );
  values[key] = value;
}
