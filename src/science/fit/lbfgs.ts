/**
 * @file Minimisation of a smooth function of a few or many variables: limited-memory BFGS with a strong Wolfe line search.
 *
 * Unbounded: callers map bounded parameters to free ones (exp, logistic). A point where the function or its gradient is not
 * finite counts as infinitely bad, so the search steps back from it; a start that is not finite throws. It never claims
 * convergence that it has not seen: read `converged`.
 */
import { DomainError } from "../../core/index.ts";

/** Value at `x`; writes the gradient (same length) into `gradient`. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  readonly start: ArrayLike<number>;
  /** Pairs of steps that are remembered; default 10. */
  readonly memory?: number;
  readonly maxIterations?: number;
  /** Stops when the largest entry of the gradient is below this; default 1e-8. */
  readonly gradientTolerance?: number;
  /** Stops when a step lowers the value by less than this share of it; default 1e-14. */
  readonly valueTolerance?: number;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest entry of the gradient at x. */
  readonly gradientSize: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** True when one of the two tolerances was met; false when iterations ran out or no better point was found. */
  readonly converged: boolean;
}

/**
 * Source: Nocedal & Wright, Numerical Optimization (2006), algorithms 7.4 (two-loop recursion), 3.5 and 3.6 (line search,
 * c₁ = 1e-4, c₂ = .9).
 */
export function minimize(f: SmoothFunction, options: MinimizeOptions): Minimum {
  const { memory = 10, maxIterations = 500, gradientTolerance = 1e-8, valueTolerance = 1e-14 } = options;
  const n = options.start.length;
  let here = pointAt(f, Float64Array.from(options.start));
  if (!Number.isFinite(here.value) || !here.gradient.every(Number.isFinite))
    throw new DomainError("minimize: start", "a point with a finite value and gradient", `value ${here.value}`);
  let evaluations = 1;
  const pairs: Pair[] = [];
  const done = (iterations: number, converged: boolean): Minimum => {
    const { x, value, gradient } = here;
    return { x, value, gradientSize: largest(gradient), iterations, evaluations, converged };
  };
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(here.gradient) <= gradientTolerance) return done(iteration, true);
    let direction = descent(here.gradient, pairs);
    let slope = inner(direction, here.gradient);
    if (!(slope < 0)) {
      pairs.length = 0;
      direction = here.gradient.map((g) => -g);
      slope = -inner(here.gradient, here.gradient);
    }
    const first = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const found = lineSearch(f, here, direction, slope, first);
    evaluations += found.evaluations;
    if (found.point === undefined) {
      if (pairs.length === 0) return done(iteration, false);
      pairs.length = 0;
      continue;
    }
    const next = found.point;
    const step = new Float64Array(n);
    const change = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      step[i] = next.x[i] - here.x[i];
      change[i] = next.gradient[i] - here.gradient[i];
    }
    const curvature = inner(step, change);
    if (curvature > 1e-12 * Math.sqrt(inner(step, step) * inner(change, change))) {
      pairs.push({ step, change, rho: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
    }
    const gain = here.value - next.value;
    here = next;
    if (gain <= valueTolerance * Math.max(Math.abs(here.value), 1e-300)) return done(iteration + 1, true);
  }
  return done(maxIterations, false);
}

interface Point {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly rho: number;
}

function pointAt(f: SmoothFunction, x: Float64Array): Point {
  const gradient = new Float64Array(x.length);
  const value = f(x, gradient);
  return { x, value, gradient };
}

function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.slice();
  const alphas = new Float64Array(pairs.length);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { step, change, rho } = pairs[k];
    alphas[k] = rho * inner(step, q);
    for (let i = 0; i < q.length; i++) q[i] -= alphas[k] * change[i];
  }
  const last = pairs.at(-1);
  const scale = last === undefined ? 1 : 1 / (last.rho * inner(last.change, last.change));
  for (let i = 0; i < q.length; i++) q[i] *= scale;
  for (let k = 0; k < pairs.length; k++) {
    const { step, change, rho } = pairs[k];
    const beta = rho * inner(change, q);
    for (let i = 0; i < q.length; i++) q[i] += (alphas[k] - beta) * step[i];
  }
  for (let i = 0; i < q.length; i++) q[i] = -q[i];
  return q;
}

interface Trial extends Point {
  readonly length: number;
  readonly slope: number;
}

/** A point that satisfies the strong Wolfe conditions, or the lowest that was met; undefined when none is lower. */
function lineSearch(
  f: SmoothFunction,
  from: Point,
  direction: Float64Array,
  slope0: number,
  first: number,
): { readonly point: Point | undefined; readonly evaluations: number } {
  const [decrease, flatness] = [1e-4, 0.9];
  let evaluations = 0;
  const at = (length: number): Trial => {
    evaluations++;
    const x = from.x.slice();
    for (let i = 0; i < x.length; i++) x[i] += length * direction[i];
    const point = pointAt(f, x);
    const slope = inner(point.gradient, direction);
    const isUsable = Number.isFinite(point.value) && Number.isFinite(slope);
    return { ...point, value: isUsable ? point.value : Number.POSITIVE_INFINITY, length, slope };
  };
  const isTooHigh = (trial: Trial) => trial.value > from.value + decrease * trial.length * slope0;
  let low: Trial = { ...from, length: 0, slope: slope0 };
  let high: Trial | undefined;
  let length = first;
  for (let i = 0; i < 20 && high === undefined; i++) {
    const trial = at(length);
    if (isTooHigh(trial) || (i > 0 && trial.value >= low.value)) high = trial;
    else if (Math.abs(trial.slope) <= -flatness * slope0) return { point: trial, evaluations };
    else if (trial.slope >= 0) {
      high = low;
      low = trial;
    } else {
      low = trial;
      length *= 2.5;
    }
  }
  for (let i = 0; i < 30 && high !== undefined; i++) {
    const trial = at(between(low, high));
    if (isTooHigh(trial) || trial.value >= low.value) high = trial;
    else {
      if (Math.abs(trial.slope) <= -flatness * slope0) return { point: trial, evaluations };
      if (trial.slope * (high.length - low.length) >= 0) high = low;
      low = trial;
    }
    if (Math.abs(high.length - low.length) <= 1e-14 * Math.max(high.length, low.length)) break;
  }
  return { point: low.length > 0 && low.value < from.value ? low : undefined, evaluations };
}

/** Minimum of the parabola through low's value and slope and high's value, kept to the inner 80%; the middle when undefined. */
function between(low: Trial, high: Trial): number {
  const width = high.length - low.length;
  const rise = high.value - low.value - low.slope * width;
  const share = Number.isFinite(rise) && rise > 0 ? (-low.slope * width) / (2 * rise) : 0.5;
  return low.length + width * Math.min(0.9, Math.max(0.1, share));
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function largest(values: Float64Array): number {
  let top = 0;
  for (const value of values) top = Math.max(top, Math.abs(value));
  return top;
}
