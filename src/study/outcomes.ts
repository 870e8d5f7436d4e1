/**
 * @file Trajectories of runs as read from disk, and the outcome that a study takes from one.
 */
import { type OnsetDefinition, type Outcome, type Point, RefusedError } from "../core/index.ts";
import { onset, type Series } from "../science/index.ts";
import type { RunFailure } from "./runFailure.ts";

/** Everything observed along one run, its parent's part before the fork included. */
export class RunTrajectory {
  readonly run: string;
  /** Training broke: there is nothing after `failure.step`. */
  readonly failure: RunFailure | undefined;
  private readonly points: readonly Point[];
  private readonly byMeasure = new Map<string, Map<number, Point>>();

  constructor(run: string, points: readonly Point[], failure?: RunFailure) {
    this.run = run;
    this.points = points;
    this.failure = failure;
    for (const point of points) {
      let series = this.byMeasure.get(point.measure);
      if (series === undefined) {
        series = new Map();
        this.byMeasure.set(point.measure, series);
      }
      series.set(point.step, point);
    }
  }

  /** The same run as it was known at a step. */
  upTo(step: number): RunTrajectory {
    return new RunTrajectory(
      this.run,
      this.points.filter((point) => point.step <= step),
      this.failedBy(step) ? this.failure : undefined,
    );
  }

  /** Whether it broke before it came to a step. */
  failedBy(step: number): boolean {
    return this.failure !== undefined && this.failure.step < step;
  }

  get measures(): string[] {
    return [...this.byMeasure.keys()].sort();
  }

  maybePoint(measure: string, step: number): Point | undefined {
    return this.byMeasure.get(measure)?.get(step);
  }

  /** Value at a step; NaN where not measured there. */
  value(measure: string, step: number): number {
    return this.maybePoint(measure, step)?.value ?? Number.NaN;
  }

  has(measure: string, step: number): boolean {
    return this.maybePoint(measure, step) !== undefined;
  }

  /** Steps at which a measure was taken, ascending. */
  steps(measure: string): number[] {
    return [...(this.byMeasure.get(measure)?.keys() ?? [])].sort((a, b) => a - b);
  }
}

/** A measure along the trajectory, as the estimators of events take it. */
export function seriesOf(trajectory: RunTrajectory, measure: string): Series {
  const steps = trajectory.steps(measure);
  return { measure, steps, values: steps.map((step) => trajectory.value(measure, step)) };
}

/** First step at which the threshold is reached and held; undefined when it is not reached, or nothing was measured. */
export function maybeOnsetStep(trajectory: RunTrajectory, definition: OnsetDefinition): number | undefined {
  const series = seriesOf(trajectory, definition.measure);
  return series.steps.length === 0 ? undefined : (onset(series, definition).step ?? undefined);
}

/**
 * The number that an effect is measured on: the value at `step`, or the onset restricted to `step`, min(T, step), whose
 * mean is defined under right-censoring. NaN for a run that failed before it could be known: a missing outcome, not a
 * number. Refuses another run on which the measure was not taken.
 */
export function outcomeOf(trajectory: RunTrajectory, outcome: Outcome, step: number): number {
  if ("onset" in outcome) {
    const onsetStep = maybeOnsetStep(trajectory, outcome.onset);
    if (onsetStep !== undefined) return Math.min(onsetStep, step);
    return trajectory.failedBy(step) ? Number.NaN : step;
  }
  if (!trajectory.has(outcome.value, step) && !trajectory.failedBy(step))
    throw new RefusedError(
      `Outcome ${outcome.value} at step ${step} of run ${trajectory.run}`,
      "it was not measured there",
    );
  return trajectory.value(outcome.value, step);
}

/** The measure that an outcome reads. */
export function measureOf(outcome: Outcome): string {
  return "value" in outcome ? outcome.value : outcome.onset.measure;
}
