/**
 * @file The nulls of an intervention: branches that change nothing (must be bit-identical), that put the same dose on an
 * irrelevant target, and that only re-key the remaining randomness.
 */
import type { Study } from "../../core/index.ts";
import { finiteMean, finiteSdEstimate } from "../finished.ts";
import type { RunTrajectory } from "../outcomes.ts";
import type { StudyPlan } from "../plan.ts";
import type { ArmPair, InterveneResults } from "../results.ts";
import type { Session } from "../session.ts";
import { type Arm, type ArmOptions, type ArmSource, armOf, difference, runArms, type Treatment } from "./arms.ts";
import { pairsEffect } from "./contrasts.ts";
import { shortPath } from "./families.ts";

type Section = NonNullable<Study["intervene"]>;

export interface NullArms {
  readonly exact: readonly Arm[];
  readonly active?: { readonly treatment: Treatment; readonly arms: readonly Arm[] };
  readonly perturbed?: readonly Arm[];
}

const REKEY = 2_000_000;

export function nullArms(source: Omit<ArmSource, "role">, { nulls }: Section, mainSeeds: readonly number[]): NullArms {
  const options: ArmSource = { ...source, role: "null" };
  const { plan, cohort } = source;
  const at = { x: nulls.from, forkStep: nulls.from };
  const armsOf = (treatment: Treatment) => mainSeeds.map((seed) => armOf(options, treatment, seed));
  const [path, value] = unchangedSetting(plan);
  const unchanged = { ...at, name: "exact placebo", changes: [{ from: nulls.from, set: { [path]: value } }] };
  const active = nulls.active && {
    ...at,
    name: `active placebo: ${Object.entries(nulls.active)
      .map(([path, value]) => `${shortPath(path)} = ${JSON.stringify(value)}`)
      .join(", ")}`,
    changes: [{ from: nulls.from, set: nulls.active }],
  };
  const { perturb } = nulls;
  return {
    exact: mainSeeds.slice(0, nulls.exactSeeds).map((seed) => {
      const arm = armOf(options, unchanged, seed);
      return { ...arm, spec: { ...arm.spec, checkpointAt: [plan.steps] } };
    }),
    active: active && { treatment: active, arms: armsOf(active) },
    perturbed:
      perturb === undefined
        ? undefined
        : mainSeeds.map((seed) => {
            const rekeyed = REKEY + cohort.meanings[seed].seeds[perturb];
            const changes = [{ from: nulls.from, set: { [`seeds.${perturb}`]: rekeyed } }];
            return armOf(options, { ...at, name: `perturbed null: ${perturb} re-keyed`, changes }, seed);
          }),
  };
}

export async function nullsOf(
  session: Session,
  base: Omit<ArmOptions, "role">,
  { exact, active, perturbed }: NullArms,
): Promise<InterveneResults["nulls"]> {
  const options: ArmOptions = { ...base, role: "null" };
  const placebos = await exactPlacebo(session, options, exact);
  const activePairs = active && (await runArms(session, "intervene: active placebo", options, active.arms));
  const perturbedPairs = perturbed && (await runArms(session, "intervene: perturbed null", options, perturbed));
  return {
    exact: placebos,
    active: active &&
      activePairs && {
        name: active.treatment.name,
        x: active.treatment.x,
        pairs: activePairs,
        ...pairsEffect(activePairs),
        forecasts: [],
      },
    perturbed: perturbedPairs && { ...perturbedEffect(perturbedPairs), pairs: perturbedPairs },
  };
}

function perturbedEffect(pairs: readonly ArmPair[]) {
  const differences = pairs.map(difference);
  return { effect: finiteMean(differences), noiseSd: finiteSdEstimate(differences) };
}

/**
 * Branches that set a factor to the value that it has: their last state must equal their parent's bit for bit. One whose
 * parent failed must fail at the same step, in the same state; where that was before the fork there is nothing to compare.
 */
async function exactPlacebo(
  session: Session,
  { plan, cohort }: ArmOptions,
  arms: readonly Arm[],
): Promise<InterveneResults["nulls"]["exact"]> {
  const trained = await session.train(
    "intervene: exact placebo",
    arms.map(({ spec }) => spec),
  );
  const lastState = ({ run, failure }: RunTrajectory) => {
    const last = failure?.step ?? plan.steps;
    const hash = session.workspace
      .run(run)
      .checkpoints()
      .find(({ step }) => step === last)?.meta.stateHash;
    return hash === undefined ? undefined : `${last} ${hash}`;
  };
  const pairs = arms
    .map(({ parent, treatment }, i) => ({
      placebo: trained[i],
      parent: cohort.trajectories[parent],
      forkStep: treatment.forkStep,
    }))
    .filter(({ parent, forkStep }) => !parent.failedBy(forkStep));
  const identical = pairs.filter(({ placebo, parent }) => {
    const state = lastState(placebo);
    return state !== undefined && state === lastState(parent);
  });
  return { compared: pairs.length, identical: identical.length, runs: pairs.map(({ placebo }) => placebo.run) };
}

function unchangedSetting({ factors }: StudyPlan): [string, number] {
  return ["optimizer.learningRate", factors.optimizer.learningRate as number];
}
