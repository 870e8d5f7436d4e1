/**
 * @file The arms of an intervention: which branches a contrast needs, and the pairs that they make with their controls.
 *
 * The control arm of a branch is its parent's own continuation: up to the fork they are one run, and after it every draw
 * is keyed alike.
 */
import type { Change, Outcome, RunMeaning } from "../../core/index.ts";
import { outcomeOf, type RunTrajectory } from "../outcomes.ts";
import { branchMeaning, type StudyPlan } from "../plan.ts";
import type { ArmPair, LineageRow } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Cohort } from "./observe.ts";
import { observedSteps } from "./observe.ts";

/** One treatment, before any run carries it. */
export interface Treatment {
  readonly name: string;
  readonly x: number;
  readonly forkStep: number;
  readonly changes: readonly Change[];
}

export interface Arm {
  readonly treatment: Treatment;
  /** Index of the parent in the cohort. */
  readonly parent: number;
  readonly spec: RunSpec;
}

export interface ArmOptions {
  readonly plan: StudyPlan;
  readonly cohort: Cohort;
  readonly outcome: Outcome;
  readonly role: LineageRow["role"];
}

export function armOf({ plan, cohort, outcome, role }: ArmOptions, treatment: Treatment, parent: number): Arm {
  const meaning: RunMeaning = branchMeaning(cohort.meanings[parent], treatment.forkStep, treatment.changes);
  // An onset has to be looked for along the way; a value only at the end, with a few looks in between for the picture.
  const between = "onset" in outcome ? observedSteps(plan) : sparse(plan.grid);
  return {
    treatment,
    parent,
    spec: {
      role,
      label: treatment.name,
      meaning,
      until: plan.steps,
      measureAt: between.filter((step) => step > treatment.forkStep),
      fullAt: [plan.steps],
      checkpointAt: [],
      complete: true,
    },
  };
}

export function pairOf(options: ArmOptions, arm: Arm, treated: RunTrajectory): ArmPair {
  const { plan, cohort, outcome } = options;
  const control = cohort.trajectories[arm.parent];
  return {
    seeds: arm.spec.meaning.seeds,
    treatedRun: treated.run,
    controlRun: control.run,
    treated: outcomeOf(treated, outcome, plan.steps),
    control: outcomeOf(control, outcome, plan.steps),
  };
}

/** The last step, and of the rest every third: what an arm's path needs to be seen. */
function sparse(grid: readonly number[]): number[] {
  const last = grid.length - 1;
  return grid.filter((_, i) => i === last || (last - i) % 3 === 0);
}
