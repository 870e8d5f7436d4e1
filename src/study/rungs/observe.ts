/**
 * @file Observe: trains the cohort, finds its events, and says how much of the outcome each seed component carries.
 */
import type { RunMeaning, Study } from "../../core/index.ts";
import {
  type ChangePointOptions,
  changePoints,
  kaplanMeier,
  meanEstimate,
  onset,
  sd,
  survivalTimes,
  varianceComponents,
} from "../../science/index.ts";
import { type RunTrajectory, seriesOf } from "../outcomes.ts";
import { runMeaning, type StudyPlan, seedVector } from "../plan.ts";
import type { ObserveResults } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Session } from "../session.ts";

/** The runs that everything later is fitted on and forks from. */
export interface Cohort {
  readonly meanings: readonly RunMeaning[];
  readonly trajectories: readonly RunTrajectory[];
}

export async function observeRung(
  session: Session,
  plan: StudyPlan,
): Promise<{ results: ObserveResults; cohort: Cohort }> {
  const specs = cohortSpecs(plan);
  const variants = varianceSpecs(plan);
  const trained = await session.train("observe", [...specs, ...variants.map(({ spec }) => spec)]);
  const trajectories = trained.slice(0, specs.length);
  const cohort = { meanings: specs.map(({ meaning }) => meaning), trajectories };
  return { results: resultsOf(plan, cohort, variants, trained.slice(specs.length)), cohort };
}

/** Steps at which every run of the study that is followed closely is measured: the grid and every forecast's cutoff. */
export function observedSteps({ grid, study, steps }: StudyPlan): number[] {
  const cutoffs = (study.predict?.cutoffs ?? []).map((share) => Math.round(share * steps));
  return [...new Set([...grid, ...cutoffs])].sort((a, b) => a - b);
}

function cohortSpecs(plan: StudyPlan): RunSpec[] {
  const { study, steps } = plan;
  const forks = forkSteps(study.intervene);
  const forked = (study.intervene?.seeds ?? 0) + (study.intervene?.pilotSeeds ?? 0);
  return Array.from({ length: study.observe.seeds }, (_, seed) => ({
    role: "cohort",
    label: `cohort, seed ${seed}`,
    meaning: runMeaning(plan, seedVector(plan, seed)),
    until: steps,
    measureAt: observedSteps(plan),
    fullAt: [steps],
    checkpointAt: seed < forked ? [...forks, steps] : [steps],
    complete: true,
  }));
}

/** Steps at which branches leave the cohort's runs. */
function forkSteps(intervene: Study["intervene"]): number[] {
  if (intervene === undefined) return [];
  const { window, dose, nulls } = intervene;
  const steps = [...(window?.starts ?? []), ...(dose ? [dose.from] : []), nulls.from];
  return [...new Set(steps)].sort((a, b) => a - b);
}

interface Variant {
  readonly component: string;
  readonly base: number;
  readonly spec: RunSpec;
}

/** Beyond the seeds of any cohort, so that a variant never meets a cohort run. */
const VARIANT_SEED = 1_000_000;

function varianceSpecs(plan: StudyPlan): Variant[] {
  const { variance } = plan.study.observe;
  if (variance === undefined) return [];
  return plan.organism.seedNames.flatMap((component) =>
    range(variance.bases).flatMap((base) =>
      range(variance.variants).map((variant) => {
        const seeds = { ...seedVector(plan, base), [component]: VARIANT_SEED + base * 1000 + variant };
        return {
          component,
          base,
          spec: {
            role: "variance" as const,
            label: `seed ${base} with another ${component} seed (${variant + 1})`,
            meaning: runMeaning(plan, seeds),
            until: plan.steps,
            measureAt: [plan.steps],
            fullAt: [plan.steps],
            checkpointAt: [],
            complete: true,
          },
        };
      }),
    ),
  );
}

function resultsOf(
  plan: StudyPlan,
  { meanings, trajectories }: Cohort,
  variants: readonly Variant[],
  variantTrajectories: readonly RunTrajectory[],
): ObserveResults {
  const { study, steps, organism } = plan;
  const at = observedSteps(plan);
  const names = organism.measures.map(({ name }) => name).filter((name) => trajectories[0].measures.includes(name));
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    runs: trajectories.map(({ run }, i) => ({ run, seeds: meanings[i].seeds })),
    steps: at,
    values: Object.fromEntries(
      names.map((name) => [name, trajectories.map((one) => at.map((step) => finite(one.value(name, step))))]),
    ),
    finals: names.map((measure) => {
      const finals = trajectories.map((one) => one.value(measure, steps));
      const points = trajectories.map((one) => one.maybePoint(measure, steps));
      const errors = points.flatMap((point) => (point?.se === undefined ? [] : [point.se]));
      return {
        measure,
        mean: meanEstimate(finals),
        sd: sd(finals),
        itemSe: errors.length === 0 ? undefined : errors.reduce((sum, se) => sum + se, 0) / errors.length,
        itemN: points[0]?.n,
      };
    }),
    onsets: study.observe.onsets.map((definition) => {
      const events = trajectories.map((one) => onset(seriesOf(one, definition.measure), definition));
      return {
        definition,
        events,
        reached: events.filter(({ step }) => step !== null).length,
        median: kaplanMeier(survivalTimes(events)).median,
      };
    }),
    changePoints: study.observe.changePoints.map((measure) => ({
      measure,
      perRun: trajectories.map((one) => changePoints(seriesOf(one, measure), changesOf(plan, measure))),
      ofMean: changePoints(meanSeries(trajectories, measure), changesOf(plan, measure)),
    })),
    variance: varianceOf(plan, trajectories, variants, variantTrajectories),
  };
}

/** Straight pieces over the grid, so that a smooth rise is not cut into steps; shares on the logit scale. */
function changesOf({ organism }: StudyPlan, measure: string): ChangePointOptions {
  const range = organism.measures.find(({ name }) => name === measure)?.range;
  return { model: "line", scale: range?.[0] === 0 && range[1] === 1 ? "logit" : "identity" };
}

function meanSeries(trajectories: readonly RunTrajectory[], measure: string) {
  const steps = trajectories[0].steps(measure);
  const mean = (step: number) =>
    trajectories.reduce((sum, one) => sum + one.value(measure, step), 0) / trajectories.length;
  return { measure, steps, values: steps.map(mean) };
}

function varianceOf(
  plan: StudyPlan,
  trajectories: readonly RunTrajectory[],
  variants: readonly Variant[],
  variantTrajectories: readonly RunTrajectory[],
): ObserveResults["variance"] {
  const { variance } = plan.study.observe;
  if (variance === undefined) return undefined;
  const final = (one: RunTrajectory) => one.value(variance.measure, plan.steps);
  const members = (component: string, base: number) =>
    variants.flatMap((variant, i) =>
      variant.component === component && variant.base === base ? [variantTrajectories[i]] : [],
    );
  const groups = Object.fromEntries(
    plan.organism.seedNames.map((component) => [
      component,
      range(variance.bases).map((base) => [trajectories[base], ...members(component, base)].map(final)),
    ]),
  );
  const { total, components } = varianceComponents({ groups, cohort: trajectories.map(final) });
  return {
    measure: variance.measure,
    total: total.sd,
    components: components.map(({ name, sd, share }) => ({
      name,
      sd,
      share,
      runs: range(variance.bases).flatMap((base) => [trajectories[base], ...members(name, base)].map(({ run }) => run)),
    })),
  };
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
