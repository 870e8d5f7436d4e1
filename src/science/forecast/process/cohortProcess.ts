/**
 * @file The process model of one measure of a cohort: learned once, conditioned for every left-out unit.
 *
 * Results are kept with the cohort array, which is never changed. Parameters are learned on the whole cohort, also where a
 * unit is then left out: they are few against the points of all curves. Refuses what its parts refuse.
 */
import { RefusedError, sha256Hex } from "../../../core/index.ts";
import { cohortTargets, type ForecastTask, type Trajectory, unitOf, upTo } from "../forecaster.ts";
import { type CurveGrid, curveGrid, onGrid } from "./curveGrid.ts";
import { type ConditionedProcess, conditionProcess, type LearnedProcess, learnProcess } from "./processModel.ts";
import { type RunRelations, runRelations } from "./runRelations.ts";
import { type ValueScale, valueScale } from "./valueScale.ts";

export interface CohortProcess {
  readonly scale: ValueScale;
  readonly relations: RunRelations;
  readonly learned: LearnedProcess;
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

const kept = new WeakMap<readonly Trajectory[], Map<string, CohortProcess | RefusedError>>();

export function cohortProcess(cohort: readonly Trajectory[], task: ForecastTask): CohortProcess {
  const processes = kept.get(cohort) ?? new Map<string, CohortProcess | RefusedError>();
  kept.set(cohort, processes);
  const key = JSON.stringify([task.target, task.targetStep, task.cutoff, task.range ?? null]);
  let process = processes.get(key);
  if (process === undefined) {
    process = madeOrRefused(cohort, task);
    processes.set(key, process);
  }
  if (process instanceof RefusedError) throw process;
  return process;
}

function madeOrRefused(cohort: readonly Trajectory[], task: ForecastTask): CohortProcess | RefusedError {
  try {
    return makeProcess(cohort, task);
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

function makeProcess(cohort: readonly Trajectory[], task: ForecastTask): CohortProcess {
  cohortTargets(cohort, task);
  const raw = curveGrid(cohort, task);
  const scale = valueScale(
    raw.values.flatMap((row) => [...row]),
    task.range,
  );
  const grid: CurveGrid = { ...raw, values: raw.values.map((row) => row.map((value) => scale.to(value))) };
  const relations = runRelations(cohort);
  const learned = learnedOnce(cohort, task, { grid, relations });
  const given = conditionProcess({ grid, relations }, learned);
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
  return {
    scale,
    relations,
    learned,
    steps: grid.ends,
    predict: (run) => predictFrom(given, run),
    get leftOut() {
      leftOut ??= cohort.map((run, i) => {
        const others = cohort.map((_, k) => k).filter((k) => unitOf(cohort[k]) !== unitOf(run));
        const rest = { ...grid, values: others.map((k) => grid.values[k]) };
        const without = conditionProcess({ grid: rest, relations: relations.subset(others) }, learned);
        return { ...predictFrom(without, run), outcome: grid.values[i][last] };
      });
      return leftOut;
    },
  };
}

const parameters = new WeakMap<Trajectory, Map<string, LearnedProcess>>();

/** Where the grid does not depend on the cutoff, neither do the parameters: kept with the cohort's first run. */
function learnedOnce(
  cohort: readonly Trajectory[],
  { target }: ForecastTask,
  input: { readonly grid: CurveGrid; readonly relations: RunRelations },
): LearnedProcess {
  const known = parameters.get(cohort[0]) ?? new Map<string, LearnedProcess>();
  parameters.set(cohort[0], known);
  const key = sha256Hex(JSON.stringify([target, input.grid.starts, input.grid.ends, cohort.map(numberOf)]));
  let learned = known.get(key);
  if (learned === undefined) {
    learned = learnProcess(input);
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
