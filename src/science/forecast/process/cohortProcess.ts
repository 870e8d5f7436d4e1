/**
 * @file The process model of one measure of a cohort: learned once, weighted with what the cohort's other measures say,
 * conditioned for every left-out unit.
 *
 * Results are kept with the cohort array, which is never changed. Parameters are learned on the whole cohort, also where a
 * unit is then left out: they are few against the points of all curves. Refuses what its parts refuse.
 */
import { RefusedError, sha256Hex } from "../../../core/index.ts";
import { cohortTargets, type ForecastTask, type Trajectory, taskFor, unitOf, upTo } from "../forecaster.ts";
import { type CurveGrid, curveGrid, onGrid } from "./curveGrid.ts";
import { modelWeights } from "./modelWeights.ts";
import { type ConditionedProcess, conditionProcess } from "./processForecast.ts";
import { type LearnedProcess, learnProcess } from "./processModel.ts";
import { type RunRelations, runRelations } from "./runRelations.ts";
import { type ValueScale, valueScale } from "./valueScale.ts";

export interface CohortProcess {
  readonly scale: ValueScale;
  readonly relations: RunRelations;
  readonly learned: LearnedProcess;
  /** One a model of `learned`. */
  readonly weights: readonly number[];
  readonly steps: readonly number[];
  /** Mean and sd of the target on the scale, for a new run's beginning. Refuses one that has no points on the grid. */
  predict(prefix: Trajectory): CentreAndSd;
  /** For each cohort run: what the cohort without its unit says of its end, and its end, on the scale. */
  readonly leftOut: readonly (CentreAndSd & { readonly outcome: number })[];
}

export interface CentreAndSd {
  readonly centre: number;
  readonly sd: number;
}

/** Measures beyond this add little to what is learned from all, and cost a fit each. */
const MOST_MEASURES = 24;

/** The few parameters are learned on this many runs, at most. */
const MOST_LEARNED_RUNS = 20;

/** The target and, evenly from the list, others of the cohort's measures that are learned from together. */
export function pooledMeasures(cohort: readonly Trajectory[], target: string): string[] {
  return [...new Set([target, ...evenly(Object.keys(cohort[0].values).sort(), MOST_MEASURES)])];
}

/** At most `most` of them, evenly from the list. */
function evenly<T>(all: readonly T[], most: number): T[] {
  const place = (i: number) => Math.floor((i * most) / all.length);
  return all.filter((_, i) => place(i) !== place(i - 1));
}

const processes = new WeakMap<readonly Trajectory[], Map<string, CohortProcess | RefusedError>>();

/** `isConfigured` false: the configuration is not looked at. */
export interface ProcessTask extends ForecastTask {
  readonly isConfigured: boolean;
}

export function cohortProcess(cohort: readonly Trajectory[], task: ProcessTask): CohortProcess {
  const key = JSON.stringify([task.target, task.targetStep, task.cutoff, task.range ?? null, task.isConfigured]);
  return keptOrRefused(processes, cohort, key, () => makeProcess(cohort, task));
}

interface Curves {
  readonly scale: ValueScale;
  readonly grid: CurveGrid;
  readonly relations: RunRelations;
  readonly learned: LearnedProcess;
}

const learnedCurves = new WeakMap<readonly Trajectory[], Map<string, Curves | RefusedError>>();

function curvesOf(cohort: readonly Trajectory[], task: ProcessTask): Curves {
  const key = JSON.stringify([task.target, task.targetStep, task.cutoff, task.isConfigured]);
  return keptOrRefused(learnedCurves, cohort, key, () => {
    cohortTargets(cohort, task);
    const raw = curveGrid(cohort, task);
    const scale = valueScale(
      raw.values.flatMap((row) => [...row]),
      task.range,
    );
    const grid: CurveGrid = { ...raw, values: raw.values.map((row) => row.map((value) => scale.to(value))) };
    const relations = runRelations(cohort, task);
    return { scale, grid, relations, learned: learnedOnce(cohort, task, { grid, relations }) };
  });
}

function makeProcess(cohort: readonly Trajectory[], task: ProcessTask): CohortProcess {
  const { scale, grid, relations, learned } = curvesOf(cohort, task);
  const others = pooledMeasures(cohort, task.target).flatMap((target) => {
    try {
      return target === task.target
        ? []
        : [curvesOf(cohort, { ...taskFor(cohort, task, target), isConfigured: task.isConfigured }).learned];
    } catch (error) {
      if (error instanceof RefusedError) return [];
      throw error;
    }
  });
  const weights = modelWeights(learned, others);
  const given = conditionProcess({ grid, relations }, learned, weights);
  const last = grid.ends.length - 1;
  let leftOut: CohortProcess["leftOut"] | undefined;
  const predictFrom = (process: ConditionedProcess, run: Trajectory): CentreAndSd => {
    const prefix = onGrid(grid, upTo(run, task.cutoff), task.target).map((value) => scale.to(value));
    if (!prefix.some(Number.isFinite))
      throw new RefusedError(
        "Curves",
        `${task.target} of run ${run.run} has no finite point by the cutoff at the cohort's steps`,
      );
    const { mean, variance } = process.predict(run, prefix);
    return { centre: mean, sd: Math.sqrt(variance) };
  };
  const withoutUnit = (unit: string) => {
    const kept = cohort.map((_, k) => k).filter((k) => unitOf(cohort[k]) !== unit);
    const rest = { ...grid, values: kept.map((k) => grid.values[k]) };
    return conditionProcess({ grid: rest, relations: relations.subset(kept) }, learned, weights);
  };
  return {
    scale,
    relations,
    learned,
    weights,
    steps: grid.ends,
    predict: (run) => predictFrom(given, run),
    get leftOut() {
      if (leftOut === undefined) {
        const without = new Map([...new Set(cohort.map(unitOf))].map((unit) => [unit, withoutUnit(unit)] as const));
        leftOut = cohort.map((run, i) => ({
          ...predictFrom(without.get(unitOf(run))!, run),
          outcome: grid.values[i][last],
        }));
      }
      return leftOut;
    },
  };
}

function keptOrRefused<T>(
  kept: WeakMap<readonly Trajectory[], Map<string, T | RefusedError>>,
  cohort: readonly Trajectory[],
  key: string,
  make: () => T,
): T {
  const known = kept.get(cohort) ?? new Map<string, T | RefusedError>();
  kept.set(cohort, known);
  let made = known.get(key);
  if (made === undefined) {
    try {
      made = make();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      made = error;
    }
    known.set(key, made);
  }
  if (made instanceof RefusedError) throw made;
  return made;
}

const parameters = new WeakMap<Trajectory, Map<string, LearnedProcess>>();

/** Where the grid does not depend on the cutoff, neither do the parameters: kept with the cohort's first run. */
function learnedOnce(
  cohort: readonly Trajectory[],
  { target, isConfigured }: ProcessTask,
  input: { readonly grid: CurveGrid; readonly relations: RunRelations },
): LearnedProcess {
  const known = parameters.get(cohort[0]) ?? new Map<string, LearnedProcess>();
  parameters.set(cohort[0], known);
  const { grid, relations } = input;
  const runs = evenly([...cohort.keys()], MOST_LEARNED_RUNS);
  const key = sha256Hex(
    JSON.stringify([target, isConfigured, grid.starts, grid.ends, runs.map((i) => numberOf(cohort[i]))]),
  );
  let learned = known.get(key);
  if (learned === undefined) {
    const some = { ...grid, values: runs.map((i) => grid.values[i]) };
    learned = learnProcess({ grid: some, relations: relations.subset(runs) });
    known.set(key, learned);
  }
  return learned;
}

const numbers = new WeakMap<Trajectory, number>();
let count = 0;

/** A number for each trajectory object. */
function numberOf(run: Trajectory): number {
  const number = numbers.get(run) ?? count++;
  numbers.set(run, number);
  return number;
}
