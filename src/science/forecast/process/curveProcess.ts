/**
 * @file Forecast by a Gaussian process over runs and ln(step): the run's own smoothed level, plus what the cohort's curves
 * say it will still gain, by configuration where configurations differ.
 *
 * The spread is calibrated on left-out units of the cohort, pooled over its measures. Refuses a run without points at the
 * cohort's steps or without a covariate by which the cohort differs.
 */
import { RefusedError } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { distributionFrom, studentTGrid } from "../distribution.ts";
import { defineForecaster, type Forecaster, type Trajectory, taskFor, unitOf } from "../forecaster.ts";
import { type CentreAndSd, cohortProcess, type ProcessTask, pooledMeasures } from "./cohortProcess.ts";

/** Tails of the predictive: checkpoints spike. */
const DF = 5;
const T_GRID = studentTGrid(DF);
/** Left-out units that the model's own spread counts for, against theirs. */
const OWN_SPREAD_UNITS = 2;

/** See process/processModel.ts; predictive Student t on 5 df, its scale the model's sd times the calibrated factor. */
export function curveProcess({ configuration = true }: { configuration?: boolean } = {}): Forecaster {
  return defineForecaster({
    name: configuration ? "curve process" : "curve process without configuration",
    role: "method",
    version: 1,
    description: `Gaussian process over runs and ln(step): smoothed level, and gain learned from the cohort's curves${configuration ? " by configuration" : ""}; spread calibrated on left-out units over all measures`,
    fit(cohort, plainTask) {
      const task = { ...plainTask, isConfigured: configuration };
      const process = cohortProcess(cohort, task);
      const factor = spreadFactor(cohort, task);
      const forecastOf = ({ centre, sd }: CentreAndSd) =>
        distributionFrom((p) => process.scale.from(centre + sd * factor * T_GRID.get(p)!), task.range);
      const kinds = process.relations.kinds;
      const best = process.weights.indexOf(Math.max(...process.weights));
      const sds = process.learned.models[best].logSds;
      return {
        parameters: {
          scale: process.scale.name,
          covariates: [...process.relations.covariates],
          motions: process.learned.models.map(({ pace, swell }, k) => [pace, swell, process.weights[k]]),
          factor,
          df: DF,
          levelSds: kinds.map((kind, k) => [kind, Math.exp(sds[k])]),
          growthSds: kinds.map((kind, k) => [kind, Math.exp(sds[kinds.length + k])]),
          noiseSd: Math.exp(sds[2 * kinds.length]),
        },
        get leftOutErrors() {
          return process.leftOut.map(({ centre, outcome }) => process.scale.from(outcome) - process.scale.from(centre));
        },
        leftOut: () => process.leftOut.map(forecastOf),
        predict: (prefix) => forecastOf(process.predict(prefix)),
      };
    },
  });
}

const factors = new WeakMap<readonly Trajectory[], Map<string, number>>();

/** Scale of the standardised left-out errors over all measures of the cohort, shrunk to 1 by the number of units. */
function spreadFactor(cohort: readonly Trajectory[], task: ProcessTask): number {
  const known = factors.get(cohort) ?? new Map<string, number>();
  factors.set(cohort, known);
  const key = JSON.stringify([task.targetStep, task.cutoff, task.isConfigured]);
  let factor = known.get(key);
  if (factor === undefined) {
    const errors = pooledMeasures(cohort, task.target).flatMap((target) =>
      standardisedErrors(cohort, { ...taskFor(cohort, task, target), isConfigured: task.isConfigured }),
    );
    const units = new Set(cohort.map(unitOf)).size;
    factor = studentScale(errors) ** (units / (units + OWN_SPREAD_UNITS));
    known.set(key, factor);
  }
  return factor;
}

function standardisedErrors(cohort: readonly Trajectory[], task: ProcessTask): number[] {
  try {
    return cohortProcess(cohort, task).leftOut.map(({ centre, sd, outcome }) => (outcome - centre) / sd);
  } catch (error) {
    if (error instanceof RefusedError) return [];
    throw error;
  }
}

/** Maximum-likelihood scale of a Student t on `DF` df about 0, by EM; 1 for no errors. */
export function studentScale(errors: readonly number[]): number {
  let square = 1;
  for (let iteration = 0; iteration < 100 && errors.length > 0; iteration++) {
    const next = mean(errors.map((z) => ((DF + 1) * z * z) / (DF + (z * z) / square)));
    const moved = Math.abs(next - square);
    square = Math.max(next, 1e-12);
    if (moved < 1e-9 * square) break;
  }
  return Math.sqrt(square);
}
