/**
 * @file One candidate of the search as a run: its settings, its seed, and what is owed of it.
 */
import type { Json, Requirement, Seeds, Study } from "../../../core/index.ts";
import type { RunTrajectory } from "../../outcomes.ts";
import { runMeaning, type StudyPlan, seedVector } from "../../plan.ts";
import { procedure } from "../../procedure.ts";
import type { CandidateRow } from "../../results.ts";
import type { RunSpec } from "../../runSpec.ts";

export type Section = NonNullable<Study["design"]>;
export type Setting = Record<string, Json>;

/** Seeds of the search, apart from those of the cohort and its variants. */
export const SEARCH_SEED = 3_000_000;

export interface Tried {
  readonly row: CandidateRow;
  readonly features: number[];
  /** Requirement measures at each look; NaN where the candidate did not get there. */
  readonly looks: number[][];
  /** Requirement measures at their own steps; absent when it was stopped before. */
  readonly values?: number[];
  /** Those values, or for a stopped candidate where its early forecast put them: what the surrogate learns from. */
  readonly expected: number[];
}

interface CandidateOptions {
  readonly role: RunSpec["role"];
  readonly label: string;
  readonly set: Setting;
  readonly seed: number;
  readonly looks: readonly number[];
}

export function candidateSpec(
  plan: StudyPlan,
  section: Section,
  { role, label, set, seed, looks }: CandidateOptions,
): RunSpec {
  const seeds: Seeds = seedVector(plan, seed);
  const owed = section.requirements.map(({ step = plan.steps }) => step);
  return {
    role,
    label,
    meaning: runMeaning(plan, seeds, procedure(plan, set)),
    until: plan.steps,
    measureAt: [...new Set([...looks, ...owed, plan.steps])].sort((a, b) => a - b),
    fullAt: [...new Set([...owed, plan.steps])],
    checkpointAt: [...looks],
    complete: true,
  };
}

export function pausedAt(spec: RunSpec, step: number): RunSpec {
  return {
    ...spec,
    until: step,
    measureAt: spec.measureAt.filter((at) => at <= step),
    checkpointAt: spec.checkpointAt.filter((at) => at <= step),
    complete: false,
  };
}

/** NaN, which meets no bound, for a run that failed: also where it had a value before that. */
export function requiredValues(plan: StudyPlan, requirements: readonly Requirement[], run: RunTrajectory): number[] {
  return requirements.map(({ measure, step = plan.steps }) =>
    run.failure === undefined ? run.value(measure, step) : Number.NaN,
  );
}

/** How a run ended, and the steps that it made: at most `steps`. */
export function endOf({ failure }: RunTrajectory, steps: number): { reason?: string; steps: number } {
  return failure === undefined
    ? { steps }
    : { reason: `failed at step ${failure.step}: ${failure.text}`, steps: Math.min(failure.step, steps) };
}

/** A model of outcomes needs two candidates, and of each requirement a value that is finite: all may have failed. */
export function canModel(outcomes: readonly (readonly number[])[]): boolean {
  return outcomes.length >= 2 && outcomes[0].every((_, r) => outcomes.some((values) => Number.isFinite(values[r])));
}
