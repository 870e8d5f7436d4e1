/**
 * @file How a measure goes on between the cutoff and the target: one method's quantiles at some of the steps that all runs of
 * the cohort share and, among nine or more seeds of one configuration, a band for the whole curve at once.
 *
 * The quantiles hold step by step; the band (jackknife+ over the largest deviation of each left-out run) holds for all steps
 * together. The method is fixed, not picked on the same runs: the first of a list that forecasts every step.
 */
import { type Distribution, DomainError, RefusedError } from "../../core/index.ts";
import {
  type BacktestAtCutoff,
  backtest,
  type ConformalBand,
  curveProcess,
  curveScore,
  distributionQuantile,
  type Forecaster,
  type ForecastTask,
  fewestRunsFor,
  jackknifePlusBand,
  type LeftOutRun,
  lastValue,
  type Trajectory,
  unitOf,
  upTo,
  valueAt,
} from "../../science/index.ts";
import { CONFORMAL_LEVEL, halfWidth } from "./seedInterval.ts";

const MOST_STEPS = 12;

export interface CurveAhead {
  readonly method: string;
  readonly steps: readonly number[];
  /** One a step; of the value at that step alone. */
  readonly pointwise: readonly Distribution[];
  /** Of all steps at once; absent where the runs are no seeds of one configuration, or fewer than nine. */
  readonly band?: ConformalBand;
  /** What the run came to, NaN where not measured; absent where nothing is known of it. */
  readonly outcomes?: readonly number[];
}

/** `task` names the measure, the cutoff and the last step. undefined: no shared step lies between, or no method forecasts all. */
export function curveAhead(
  cohort: readonly Trajectory[],
  own: Trajectory,
  task: ForecastTask,
  { isExchangeable }: { readonly isExchangeable: boolean },
): CurveAhead | undefined {
  const runs = cohort.filter((one) => Number.isFinite(valueAt(one, task.target, task.targetStep)));
  const steps = someOf(sharedSteps(runs, task));
  if (steps.length === 0) return undefined;
  const prefix = upTo(own, task.cutoff);
  const outcomes = steps.map((step) => valueAt(own, task.target, step));
  const known = outcomes.some(Number.isFinite) ? { outcomes } : {};
  for (const method of [curveProcess({ configuration: false }), lastValue()]) {
    try {
      const pointwise = steps.map((targetStep) => method.fit(runs, { ...task, targetStep }).predict(prefix));
      const isAlone = new Set(runs.map(unitOf)).size === runs.length;
      const hasBand = isExchangeable && isAlone && runs.length >= fewestRunsFor(CONFORMAL_LEVEL);
      const band = hasBand ? bandOf({ runs, own, task, steps, method }) : undefined;
      return { method: method.name, steps, pointwise, ...(band && { band }), ...known };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
  }
  return undefined;
}

function bandOf({
  runs,
  own,
  task,
  steps,
  method,
}: {
  readonly runs: readonly Trajectory[];
  readonly own: Trajectory;
  readonly task: ForecastTask;
  readonly steps: readonly number[];
  readonly method: Forecaster;
}): ConformalBand | undefined {
  const { target, cutoff, range = [null, null] } = task;
  const at = steps.map((targetStep) => {
    const options = { runs, measures: [target], cutoffs: [cutoff], targetStep, forecasters: [method], newcomer: own };
    return backtest({ ...options, rangeOf: () => task.range })[0];
  });
  const leftOut = runs.flatMap((_, i) => leftOutRun(at, i) ?? []);
  if (leftOut.length < runs.length) return undefined;
  try {
    const band = jackknifePlusBand(leftOut, CONFORMAL_LEVEL);
    return {
      ...band,
      low: band.low.map((value) => Math.max(value, range[0] ?? Number.NEGATIVE_INFINITY)),
      high: band.high.map((value) => Math.min(value, range[1] ?? Number.POSITIVE_INFINITY)),
    };
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/** The curve that the fit without run i says of the newcomer, scored on run i; undefined where it says nothing. */
function leftOutRun(at: readonly BacktestAtCutoff[], i: number): LeftOutRun | undefined {
  const next = at.flatMap(({ ofNewcomer }) => ofNewcomer?.[0][i] ?? []);
  if (next.length < at.length) return undefined;
  const past = at.flatMap(({ forecasts }) => forecasts[0][i] ?? []);
  const curve = (said: readonly Distribution[]) => ({
    centres: said.map((one) => distributionQuantile(one, 0.5)),
    scales: said.map(halfWidth),
  });
  if (past.length < at.length) return { ...curve(next), score: Number.POSITIVE_INFINITY };
  const outcomes = at.map(({ cases }) => cases[i].outcome);
  return { ...curve(next), score: curveScore({ outcomes, ...curve(past) }) };
}

/** After the cutoff up to the target, with a finite value in every run. */
function sharedSteps(runs: readonly Trajectory[], { target, cutoff, targetStep }: ForecastTask): number[] {
  if (!(cutoff < targetStep)) throw new DomainError("Curve: cutoff", `a step before ${targetStep}`, cutoff);
  return (runs[0]?.steps ?? []).filter(
    (step) => step > cutoff && step <= targetStep && runs.every((run) => Number.isFinite(valueAt(run, target, step))),
  );
}

/** Evenly over the logarithm of the step, the last one always. */
function someOf(steps: readonly number[]): number[] {
  if (steps.length <= MOST_STEPS) return [...steps];
  const [first, last] = [steps[0], steps[steps.length - 1]];
  const wanted = Array.from({ length: MOST_STEPS }, (_, k) => first * (last / first) ** (k / (MOST_STEPS - 1)));
  const nearest = (step: number) =>
    steps.reduce((best, one) => (Math.abs(Math.log(one / step)) < Math.abs(Math.log(best / step)) ? one : best));
  return [...new Set(wanted.map(nearest))];
}
