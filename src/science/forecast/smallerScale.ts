/**
 * @file Baseline "smaller scale": the run goes on as the nearest smaller runs did after the same cutoff.
 *
 * The scale is one covariate of the configuration. For a run below all others the nearest larger ones stand in, since a
 * baseline that says nothing cannot be compared with. Refuses a cohort or a run without the covariate, or without the
 * target's finite value by the cutoff.
 */
import { RefusedError } from "../../core/index.ts";
import { mean } from "../stats/moments.ts";
import { centredOn, finiteSeries } from "./baselines.ts";
import {
  defineForecaster,
  type Forecaster,
  type ForecastTask,
  type Trajectory,
  unitOf,
  upTo,
  valueAt,
} from "./forecaster.ts";

/** Last value plus the mean change from cutoff to target of the runs next below in scale; spread as in `lastValue`. */
export function smallerScale({ covariate = "size" }: { covariate?: string } = {}): Forecaster {
  return defineForecaster({
    name: "smaller scale",
    role: "baseline",
    version: 1,
    description: `last value plus what the runs with the nearest smaller ${covariate} gained after the cutoff (for the smallest: the nearest larger); spread from the cohort's own misses`,
    fit(cohort, task) {
      const known = cohort.map((run) => gainOf(run, task, covariate));
      const centreFrom = (run: Trajectory, others: readonly ScaledGain[]) =>
        finiteSeries(run, task.target).values.at(-1)! + gainNear(scaleOf(run, covariate), others);
      return centredOn(cohort, task, {
        centreOf: (prefix) => centreFrom(prefix, known),
        leftOutCentreOf: (run) => {
          const others = known.filter(({ unit }) => unit !== unitOf(run));
          return others.length === 0 ? finiteSeries(run, task.target).values.at(-1)! : centreFrom(run, others);
        },
        settings: { covariate },
      });
    },
  });
}

interface ScaledGain {
  readonly unit: string;
  readonly scale: number;
  readonly gain: number;
}

function gainOf(run: Trajectory, task: ForecastTask, covariate: string): ScaledGain {
  const last = finiteSeries(upTo(run, task.cutoff), task.target).values.at(-1)!;
  return { unit: unitOf(run), scale: scaleOf(run, covariate), gain: valueAt(run, task.target, task.targetStep) - last };
}

function scaleOf({ run, configuration }: Trajectory, covariate: string): number {
  const scale = configuration?.[covariate];
  if (scale === undefined || !Number.isFinite(scale))
    throw new RefusedError("Smaller scale", `run ${run} states no ${covariate}`);
  return scale;
}

function gainNear(scale: number, others: readonly ScaledGain[]): number {
  const below = others.filter((other) => other.scale < scale);
  const nearest =
    below.length > 0 ? Math.max(...below.map((one) => one.scale)) : Math.min(...others.map((one) => one.scale));
  return mean(others.filter((other) => other.scale === nearest).map(({ gain }) => gain));
}
