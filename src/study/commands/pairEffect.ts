/**
 * @file Treated minus control, from trajectories on disk: over pairs when there are several, otherwise over the held-out
 * items of the one pair, and said so. A measure that one of the arms lacks at the step is left out.
 */
import type { Estimate, Point } from "../../core/index.ts";
import { meanEstimate, normalQuantile } from "../../science/index.ts";
import type { RunTrajectory } from "../outcomes.ts";

export interface TrajectoryPair {
  readonly treated: RunTrajectory;
  readonly control: RunTrajectory;
}

export interface MeasureEffect {
  readonly measure: string;
  readonly step: number;
  /** One value a pair, in the order of the pairs. */
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly effect: Estimate;
}

/** Effects on every measure that all arms have at `step`; only `measure` when it is given. */
export function pairEffects(pairs: readonly TrajectoryPair[], step: number, measure?: string): MeasureEffect[] {
  const shared = pairs
    .flatMap(({ treated, control }) => [treated, control])
    .map((arm) => arm.measures.filter((name) => arm.has(name, step)))
    .reduce((common, names) => common.filter((name) => names.includes(name)));
  return shared
    .filter((name) => measure === undefined || name === measure)
    .map((name) => ({
      measure: name,
      step,
      treated: pairs.map(({ treated }) => treated.value(name, step)),
      control: pairs.map(({ control }) => control.value(name, step)),
      effect: effectOn(pairs, name, step),
    }));
}

function effectOn(pairs: readonly TrajectoryPair[], measure: string, step: number): Estimate {
  const differences = pairs.map(({ treated, control }) => treated.value(measure, step) - control.value(measure, step));
  if (pairs.length === 1)
    return onePair(pairs[0].treated.maybePoint(measure, step), pairs[0].control.maybePoint(measure, step));
  if (differences.every(Number.isFinite)) {
    const { method, ...estimate } = meanEstimate(differences, { unit: "pairs" });
    return { ...estimate, method: `treated − control, ${method}` };
  }
  const value = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  return unbounded(value, differences.length, "treated − control; no interval, since a value is not finite");
}

/** One pair says nothing about other seeds: the interval is that of the items both arms were measured on. */
function onePair(treated: Point | undefined, control: Point | undefined): Estimate {
  const value = (treated?.value ?? Number.NaN) - (control?.value ?? Number.NaN);
  const se = Math.hypot(treated?.se ?? Number.NaN, control?.se ?? Number.NaN);
  if (!Number.isFinite(se) || !Number.isFinite(value)) return unbounded(value, 1, "one pair; no interval");
  const half = normalQuantile(0.975) * se;
  return {
    value,
    low: value - half,
    high: value + half,
    level: 0.95,
    method: "one pair; normal interval over the held-out items (arms as if independent), none over seeds",
    n: 1,
  };
}

function unbounded(value: number, n: number, method: string): Estimate {
  return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, level: 0.95, method, n };
}
