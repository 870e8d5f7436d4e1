/**
 * @file The arms of an intervention: which branches a contrast needs, the pairs that they make with their controls, and
 * what is known of a pair whose run failed (nothing: its difference is NaN, and no effect is made of it).
 *
 * The control arm of a branch is its parent's own continuation: up to the fork they are one run, and after it every draw
 * is keyed alike.
 */
import { type Change, OntogenyError, type Outcome, type RunMeaning } from "../../core/index.ts";
import { outcomeOf, type RunTrajectory } from "../outcomes.ts";
import { branchMeaning, type StudyPlan } from "../plan.ts";
import type { ArmPair, LineageRow } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Session } from "../session.ts";
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

/** What an arm is made from: the cohort need not be trained yet. */
export interface ArmSource {
  readonly plan: StudyPlan;
  readonly cohort: Pick<Cohort, "meanings">;
  readonly outcome: Outcome;
  readonly role: LineageRow["role"];
}

export interface ArmOptions extends ArmSource {
  readonly cohort: Cohort;
}

export function armOf({ plan, cohort, outcome, role }: ArmSource, treatment: Treatment, parent: number): Arm {
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

/** Trains the arms and pairs each with its control. */
export async function runArms(
  session: Session,
  phase: string,
  options: ArmOptions,
  arms: readonly Arm[],
): Promise<ArmPair[]> {
  const trained = await session.train(
    phase,
    arms.map(({ spec }) => spec),
  );
  requireOneNumerics(session, options.cohort, arms, trained);
  return arms.map((arm, i) => pairOf(options, arm, trained[i]));
}

function pairOf({ plan, cohort, outcome }: ArmOptions, arm: Arm, treated: RunTrajectory): ArmPair {
  const control = cohort.trajectories[arm.parent];
  return {
    seeds: arm.spec.meaning.seeds,
    treatedRun: treated.run,
    controlRun: control.run,
    treated: outcomeOf(treated, outcome, plan.steps),
    control: outcomeOf(control, outcome, plan.steps),
  };
}

/** Arms of one contrast share their numerics, or their difference could be the machine's. A run that failed has none. */
function requireOneNumerics(
  session: Session,
  { trajectories }: Cohort,
  arms: readonly Arm[],
  trained: readonly RunTrajectory[],
): void {
  const keyOf = (run: string) => session.workspace.run(run).manifest().numericsKey;
  for (const [i, { parent }] of arms.entries()) {
    const [treated, control] = [trained[i], trajectories[parent]];
    if (treated.failure !== undefined || control.failure !== undefined) continue;
    if (keyOf(treated.run) !== keyOf(control.run))
      throw new OntogenyError(
        "NUMERICS_DIFFER",
        `Contrast of runs ${treated.run} and ${control.run}: expected one numerics key, got ${keyOf(treated.run)} and ${keyOf(control.run)}; run the study in a new workspace (--home)`,
      );
  }
}

/** Treated − control; NaN when one of them has no outcome. */
export function difference({ treated, control }: ArmPair): number {
  return treated - control;
}

/** Whether every pair has an outcome on both sides. */
export function isWhole(pairs: readonly ArmPair[]): boolean {
  return pairs.every((pair) => Number.isFinite(difference(pair)));
}

export function sidesOf(pairs: readonly ArmPair[]): { treated: number[]; control: number[] } {
  return { treated: pairs.map(({ treated }) => treated), control: pairs.map(({ control }) => control) };
}

/** The last step, and of the rest every third: what an arm's path needs to be seen. */
function sparse(grid: readonly number[]): number[] {
  const last = grid.length - 1;
  return grid.filter((_, i) => i === last || (last - i) % 3 === 0);
}
