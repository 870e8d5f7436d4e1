/**
 * @file Observe: trains the cohort, finds its events, and says how much of the outcome each seed component carries.
 */
import type { RunMeaning, Study } from "../../core/index.ts";
import {
  type ChangePointOptions,
  changePoints,
  kaplanMeier,
  onset,
  type Series,
  survivalTimes,
  varianceComponents,
} from "../../science/index.ts";
import { finiteMean, finiteSd, unbroken } from "../finished.ts";
import { type RunTrajectory, seriesOf } from "../outcomes.ts";
import { runMeaning, type StudyPlan, seedVector } from "../plan.ts";
import type { ObserveResults } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Session } from "../session.ts";
import { unlessRefused } from "../unlessRefused.ts";

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
  const trained = await session.train("observe", observeSpecs(plan));
  const trajectories = trained.slice(0, specs.length);
  const cohort = { meanings: specs.map(({ meaning }) => meaning), trajectories };
  return { results: resultsOf(plan, cohort, variants, trained.slice(specs.length)), cohort };
}

/** All runs of this rung: the cohort, then the variants. */
export function observeSpecs(plan: StudyPlan): RunSpec[] {
  return [...cohortSpecs(plan), ...varianceSpecs(plan).map(({ spec }) => spec)];
}

/** Steps at which every run of the study that is followed closely is measured: the grid and every forecast's cutoff. */
export function observedSteps({ grid, study, steps }: StudyPlan): number[] {
  const cutoffs = (study.predict?.cutoffs ?? []).map((share) => Math.round(share * steps));
  return [...new Set([...grid, ...cutoffs])].sort((a, b) => a - b);
}

export function cohortSpecs(plan: StudyPlan): RunSpec[] {
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
  const measured = new Set(trajectories.flatMap(({ measures }) => measures));
  const names = organism.measures.map(({ name }) => name).filter((name) => measured.has(name));
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    runs: trajectories.map(({ run }, i) => ({ run, seeds: meanings[i].seeds })),
    steps: at,
    values: Object.fromEntries(
      names.map((name) => [name, trajectories.map((one) => at.map((step) => finite(one.value(name, step))))]),
    ),
    finals: names.map((measure) => {
      const finals = trajectories.map((one) => one.value(measure, steps));
      const points = trajectories.flatMap((one) => one.maybePoint(measure, steps) ?? []);
      const errors = points.flatMap(({ se }) => (se === undefined ? [] : [se]));
      return {
        measure,
        mean: finiteMean(finals),
        sd: finiteSd(finals),
        itemSe: errors.length === 0 ? undefined : errors.reduce((sum, se) => sum + se, 0) / errors.length,
        itemN: points[0]?.n,
      };
    }),
    onsets: study.observe.onsets.map((definition) => {
      const events = trajectories.map((one) => onset(atLeastTheStart(seriesOf(one, definition.measure)), definition));
      return {
        definition,
        events,
        reached: events.filter(({ step }) => step !== null).length,
        median: kaplanMeier(survivalTimes(events)).median,
      };
    }),
    changePoints: study.observe.changePoints.map((measure) => ({
      measure,
      perRun: trajectories.map((one) => changesIn(plan, seriesOf(one, measure))),
      ofMean: changesIn(plan, meanSeries(unbroken(trajectories), measure)),
    })),
    variance: varianceOf(plan, trajectories, variants, variantTrajectories),
  };
}

/** A run that failed before its first evaluation: nothing is known of it from step 0 on. */
function atLeastTheStart(series: Series): Series {
  return series.steps.length > 0 ? series : { ...series, steps: [0], values: [Number.NaN] };
}

function changesIn(plan: StudyPlan, series: Series) {
  return series.steps.length === 0 ? [] : changePoints(series, changesOf(plan, series.measure));
}

/** Straight pieces over the grid, so that a smooth rise is not cut into steps; shares on the logit scale. */
function changesOf({ organism }: StudyPlan, measure: string): ChangePointOptions {
  const range = organism.measures.find(({ name }) => name === measure)?.range;
  return { model: "line", scale: range?.[0] === 0 && range[1] === 1 ? "logit" : "identity" };
}

function meanSeries(trajectories: readonly RunTrajectory[], measure: string): Series {
  const steps = trajectories[0]?.steps(measure) ?? [];
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
  // A run without a finite outcome has no part in a variance; a group of one has none to show.
  const finite = (values: readonly number[]) => values.filter(Number.isFinite);
  const groups = Object.fromEntries(
    plan.organism.seedNames.map((component) => [
      component,
      range(variance.bases)
        .map((base) => finite([trajectories[base], ...members(component, base)].map(final)))
        .filter((group) => group.length > 1),
    ]),
  );
  const cohort = finite(trajectories.map(final));
  if (cohort.length < 2 || Object.values(groups).some((members) => members.length === 0)) return undefined;
  const computed = unlessRefused(() => varianceComponents({ groups, cohort }));
  if (computed === undefined) return undefined;
  const { total, components } = computed;
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
