/**
 * @file How departures between runs move along ln(step): they swell or fade as a power of the step, and their random walk
 * keeps its pace or slows down as another.
 */

export interface Motion {
  /** Variance rate of the walk per ln(step) ∝ step^(−pace): 0 is Brownian motion in ln(step). */
  readonly pace: number;
  /** Departures ∝ step^swell: below 0 the runs draw together (losses), above they part (capabilities). */
  readonly swell: number;
}

/** The motions that are tried; which of them curves follow is inferred. */
export const MOTIONS: readonly Motion[] = [0, -0.5, 0.5].flatMap((swell) => [0, 1.5].map((pace) => ({ pace, swell })));

/** Elapsed variance at each grid point, 0 at the first, 1 at the last. `logSteps` ascend strictly; two points or more. */
export function elapsed(logSteps: Float64Array, pace: number): Float64Array {
  const from = logSteps[0];
  const span = logSteps[logSteps.length - 1] - from;
  const of = (x: number) => (pace === 0 ? x : -Math.expm1(-pace * x) / pace);
  return logSteps.map((x) => of(x - from) / of(span));
}

/** Size of departures at the grid points, 1 at the last. */
export function amplitudes(logSteps: Float64Array, swell: number): Float64Array {
  const end = logSteps[logSteps.length - 1];
  return logSteps.map((x) => Math.exp(swell * (x - end)));
}

/** Covariance of the walk at the grid points, row-major: the smaller elapsed of the two, times both amplitudes. */
export function walkCovariance(clock: Float64Array, amplitude?: Float64Array): Float64Array {
  const g = clock.length;
  const c = new Float64Array(g * g);
  for (let i = 0; i < g; i++)
    for (let j = 0; j < g; j++)
      c[i * g + j] = Math.min(clock[i], clock[j]) * (amplitude === undefined ? 1 : amplitude[i] * amplitude[j]);
  return c;
}
