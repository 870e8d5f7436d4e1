/**
 * @file Numbers over runs of which some have no outcome: a run that failed, or whose value is not finite. What can be said is
 * said of the others, and the method says of how many; what cannot be said is NaN with no interval, never left out.
 */
import type { Estimate } from "../core/index.ts";
import { meanEstimate, sd, sdEstimate } from "../science/index.ts";
import type { RunTrajectory } from "./outcomes.ts";

/** Runs that did not fail. */
export function unbroken(trajectories: readonly RunTrajectory[]): RunTrajectory[] {
  return trajectories.filter(({ failure }) => failure === undefined);
}

/** Mean over the runs with a finite value, with Student's t interval. */
export function finiteMean(values: readonly number[]): Estimate {
  return overFinite(values, (finite) => meanEstimate(finite), "mean over runs");
}

/** Spread of the runs with a finite value. */
export function finiteSdEstimate(values: readonly number[]): Estimate {
  return overFinite(values, (finite) => sdEstimate(finite), "sd over runs");
}

/** The same as a plain number; NaN under two finite values. */
export function finiteSd(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length < 2 ? Number.NaN : sd(finite);
}

function overFinite(
  values: readonly number[],
  estimate: (finite: readonly number[]) => Estimate,
  what: string,
): Estimate {
  const finite = values.filter(Number.isFinite);
  const left = finite.length === values.length ? "" : `, the ${finite.length} of ${values.length} with a finite value`;
  if (finite.length < 2) return noEstimate(`${what}${left}: too few for an interval`, finite.length);
  const made = estimate(finite);
  return left === "" ? made : { ...made, method: `${made.method}${left}` };
}

/** A number that cannot be given, and why. */
export function noEstimate(why: string, n: number): Estimate {
  return {
    value: Number.NaN,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    level: 0.95,
    method: why,
    n,
  };
}
