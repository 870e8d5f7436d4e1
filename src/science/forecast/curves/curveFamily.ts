/**
 * @file Extrapolation of the target's own learning curve by parametric families, with what the cohort's curves teach.
 *
 * Uses the target's points from a tenth of the cutoff on, infinite ones refused, a run without any refused. Everything
 * is fitted on the cohort: where curves of each shape start and end, how noisy they are, which shapes occur, and how far
 * the method itself misses on left-out cohort runs.
 */
import { RefusedError } from "../../../core/index.ts";
import { mean, sd } from "../../stats/moments.ts";
import { studentTDistribution } from "../distribution.ts";
import {
  cohortTargets,
  defineForecaster,
  type Forecaster,
  type ForecastTask,
  measuredSeries,
  type Trajectory,
  upTo,
  valueAt,
} from "../forecaster.ts";
import { type CurveShape, curveShapes } from "./curveShapes.ts";
import { maybeShapeFit, movedBy, type ShapePrior, type ShapeSums, shapePosterior, shapeSums } from "./shapeEvidence.ts";

/**
 * For every shape (curveShapes.ts) the cohort's least-squares ends (v₀ at the cutoff, v₁ at the target) give a normal
 * prior, their residuals the noise, and the evidence of whole cohort curves the shape's prior weight. The new run's
 * points up to the cutoff update both; the centre is the posterior mean of v₁ over all shapes, plus the mean miss of the
 * same procedure on left-out cohort runs; scale s√(1 + 1/n) of those misses, Student t on n − 1 df.
 */
export function curveFamily(): Forecaster {
  return defineForecaster({
    name: "learning curves",
    role: "method",
    version: 1,
    description:
      "power-law, inverse-log, Janoschek and MMF curves continued from the run's own points, with priors from the cohort's curves; spread from left-out cohort runs",
    fit(cohort, task) {
      const { model, shapes, offset, misses } = learnedFrom(cohort, task);
      const n = cohort.length;
      const bias = mean(misses);
      const scale = sd(misses) * Math.sqrt(1 + 1 / n);
      return {
        leftOutErrors: misses.map((miss) => ((miss - bias) * n) / (n - 1)),
        parameters: {
          bias,
          scale,
          df: n - 1,
          shapes: shapes.map(({ shape }, s) => [shape.label, Math.exp(model[s]?.logPrior ?? Number.NEGATIVE_INFINITY)]),
        },
        predict(prefix) {
          const end = forecastEnd(model, allSums(shapes, prefix, task, offset));
          return studentTDistribution({ centre: offset + end + bias, scale, df: n - 1 }, task.range);
        },
      };
    },
  });
}

/** Apart from `fit`, so that what a forecast does not need is not kept with it. */
function learnedFrom(cohort: readonly Trajectory[], task: ForecastTask) {
  const targets = cohortTargets(cohort, task);
  const offset = mean(targets);
  const shapes = coordinates(task);
  const summedRuns = cohort.map((run) => sumsOf(shapes, run, task));
  const whole = summedRuns.map(({ base, whole: own }) =>
    own.map((sums): WholeCurve => {
      const moved = movedBy(sums, base - offset);
      return { sums: moved, fit: maybeShapeFit(moved) };
    }),
  );
  const begun = summedRuns.map(({ base, begun: own }) => own.map((sums) => movedBy(sums, base - offset)));
  const misses = cohort.map((_, i) => {
    const rest = learn(whole.filter((__, k) => k !== i));
    return targets[i] - offset - forecastEnd(rest, begun[i]);
  });
  return { model: learn(whole), shapes, offset, misses };
}

interface Coordinate {
  readonly shape: CurveShape;
  w(step: number): number;
}

/** Shapes that move between cutoff and target, scaled to go from 0 to 1 there. */
function coordinates({ cutoff, targetStep }: ForecastTask): Coordinate[] {
  const key = `${cutoff} ${targetStep}`;
  if (latest.key === key) return latest.coordinates;
  latest = { key, coordinates: makeCoordinates(cutoff, targetStep) };
  return latest.coordinates;
}

let latest: { readonly key: string; readonly coordinates: Coordinate[] } = { key: "", coordinates: [] };

function makeCoordinates(cutoff: number, targetStep: number): Coordinate[] {
  return curveShapes(targetStep).flatMap((shape): Coordinate[] => {
    const start = shape.g(cutoff);
    const span = shape.g(targetStep) - start;
    // A shape that has settled before the cutoff cannot be extrapolated: its other end would decide everything.
    if (Math.abs(span) < 1e-3 * Math.abs(shape.g(cutoff / 10) - start)) return [];
    return [{ shape, w: (step) => (shape.g(step) - start) / span }];
  });
}

const summed = new WeakMap<Trajectory, { readonly horizon: string; readonly byMeasure: Map<string, RunSums> }>();

interface RunSums {
  /** What was taken off the values first, for the digits. */
  readonly base: number;
  readonly whole: readonly ShapeSums[];
  readonly begun: readonly ShapeSums[];
}

/** Sums of a cohort run about its own base, kept with it: they are the same in every cohort. */
function sumsOf(shapes: readonly Coordinate[], run: Trajectory, task: ForecastTask): RunSums {
  const horizon = `${task.cutoff} ${task.targetStep}`;
  const kept = summed.get(run);
  const known = kept?.horizon === horizon ? kept.byMeasure : new Map<string, RunSums>();
  if (kept?.byMeasure !== known) summed.set(run, { horizon, byMeasure: known });
  let sums = known.get(task.target);
  if (sums === undefined) {
    const base = valueAt(run, task.target, task.targetStep);
    sums = {
      base,
      whole: allSums(shapes, run, task, base),
      begun: allSums(shapes, upTo(run, task.cutoff), task, base),
    };
    known.set(task.target, sums);
  }
  return sums;
}

function allSums(shapes: readonly Coordinate[], run: Trajectory, task: ForecastTask, offset: number): ShapeSums[] {
  const { steps, values } = measuredSeries(run, task.target);
  const kept = steps.map((_, i) => i).filter((i) => steps[i] >= task.cutoff / 10 && steps[i] <= task.targetStep);
  const y = kept.map((i) => values[i] - offset);
  if (y.length === 0 || !y.every(Number.isFinite))
    throw new RefusedError("Learning curves", `${task.target} of run ${run.run} has no finite points in the window`);
  return shapes.map(({ w }) =>
    shapeSums(
      kept.map((i) => w(steps[i])),
      y,
    ),
  );
}

/** One cohort curve in one shape's coordinate; `fit` undefined where its points do not determine both ends. */
interface WholeCurve {
  readonly sums: ShapeSums;
  readonly fit: ReturnType<typeof maybeShapeFit>;
}

interface LearnedShape extends ShapePrior {
  readonly logPrior: number;
}

/** Prior of each shape from whole curves; undefined for shapes that some curve does not determine. */
function learn(whole: readonly (readonly WholeCurve[])[]): (LearnedShape | undefined)[] {
  const priors = whole[0].map((_, s) => shapePrior(whole.map((curves) => curves[s])));
  const evidence = whole.map((curves) =>
    shares(priors.map((prior, s) => prior && shapePosterior(curves[s].sums, prior).logEvidence)),
  );
  return priors.map((prior, s) => prior && { ...prior, logPrior: Math.log(mean(evidence.map((shape) => shape[s]))) });
}

function shapePrior(curves: readonly WholeCurve[]): ShapePrior | undefined {
  const n = curves.length;
  let [rss, df, m0, m1] = [0, 0, 0, 0];
  for (const { sums, fit } of curves) {
    if (fit === undefined) return undefined;
    rss += fit.rss;
    df += sums.n - 2;
    m0 += fit.v[0] / n;
    m1 += fit.v[1] / n;
  }
  if (df < 1) return undefined;
  let [c00, c01, c11] = [0, 0, 0];
  for (const { fit } of curves) {
    const [d0, d1] = [fit!.v[0] - m0, fit!.v[1] - m1];
    c00 += d0 * d0;
    c01 += d0 * d1;
    c11 += d1 * d1;
  }
  const size = Math.abs(m0) + Math.abs(m1) + Math.abs(m0 - m1);
  const noiseVariance = Math.max(rss / df, 1e-12 * size * size, 1e-18);
  // A tenth of the noise keeps the covariance positive definite where all curves agree.
  const jitter = 0.1 * noiseVariance;
  const factor = (1 + 1 / n) / (n - 1);
  return { mean: [m0, m1], covariance: [factor * c00 + jitter, factor * c01, factor * c11 + jitter], noiseVariance };
}

/** Posterior mean of the end over all shapes. */
function forecastEnd(model: readonly (LearnedShape | undefined)[], begun: readonly ShapeSums[]): number {
  const posteriors = model.map((prior, s) => prior && shapePosterior(begun[s], prior));
  const weights = shares(posteriors.map((posterior, s) => posterior && posterior.logEvidence + model[s]!.logPrior));
  return posteriors.reduce((sum, posterior, s) => sum + (weights[s] > 0 ? weights[s] * posterior!.end : 0), 0);
}

/** Exponentials that sum to 1; 0 where undefined. */
function shares(logs: readonly (number | undefined)[]): number[] {
  const top = Math.max(...logs.filter((log) => log !== undefined));
  if (!Number.isFinite(top)) throw new RefusedError("Learning curves", "no shape is determined by the cohort's curves");
  const raw = logs.map((log) => (log === undefined ? 0 : Math.exp(log - top)));
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((share) => share / total);
}
