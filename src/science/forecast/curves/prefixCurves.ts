/**
 * @file Forecast of a run from its own curve so far: all parametric families of curveShapes.ts at once.
 *
 * Uses the target's finite points from a tenth of the cutoff on, and at least the last six; long
 * series are averaged into bins of equal width in ln(step). Infinite values refuse, and so do fewer than four points.
 */
import { type Distribution, RefusedError } from "../../../core/index.ts";
import { normalCdf } from "../../stats/distributions.ts";
import { mean, median, sd } from "../../stats/moments.ts";
import { distributionFrom } from "../distribution.ts";
import {
  cohortTargets,
  defineForecaster,
  type Forecaster,
  type ForecastTask,
  type Trajectory,
  unitOf,
  upTo,
} from "../forecaster.ts";
import { type CurvePoints, type CurvePosterior, curvePosterior, neighbourNoise } from "./curvePosterior.ts";

/** More points than this are averaged into half as many bins. */
const MOST_POINTS = 64;
/** Taken from further back where the last decade holds fewer. */
const FEWEST_POINTS = 6;
/** No run's noise is taken to be below this share of the cohort's median: a series that happens not to move is not exact. */
const LEAST_NOISE = 0.3;
/** Prior weight, in runs, of the spread that the curves state themselves, against what the cohort shows of it. */
const TRUST_IN_OWN_SPREAD = 2;

/**
 * The mixture of curvePosterior.ts. The cohort gives what is believed of the change after the cutoff before the run is
 * seen (mean and spread of the cohort's own changes), and how far such forecasts miss: misses in units of their stated
 * spread widen (or narrow) it.
 */
export function prefixCurves({ name = "own curve" }: { readonly name?: string } = {}): Forecaster {
  return defineForecaster({
    name,
    role: "method",
    version: 1,
    description:
      "power-law, shifted power-law, inverse-log, Janoschek, MMF, vap and loglog curves continued from the run's own points, weighted by evidence; the cohort gives the prior of the change after the cutoff and the calibration of the spread",
    fit(cohort, task) {
      const targets = cohortTargets(cohort, task);
      const points = cohort.map((run) => prefixPoints(upTo(run, task.cutoff), task));
      const gains = targets.map((target, i) => target - points[i].values[points[i].values.length - 1]);
      const units = cohort.map(unitOf);
      const leastNoise = LEAST_NOISE * median(points.map((own) => neighbourNoise(own.steps, own.values, own.scales)));
      const others = <T>(column: readonly T[], unit: string) => column.filter((_, k) => units[k] !== unit);
      const stated = points.map((own, i) => {
        const rest = others(gains, units[i]);
        return posteriorOf(own, task, gainPrior(rest.length > 0 ? rest : gains), leastNoise);
      });
      const leftOutErrors = stated.map((posterior, i) => targets[i] - posterior.mean);
      const squares = stated.map((posterior, i) => (leftOutErrors[i] / posterior.sd) ** 2);
      const widening = wideningOf(squares);
      const prior = gainPrior(gains);
      return {
        parameters: { gainMean: prior.mean, gainSd: prior.sd, widening, leastNoise },
        leftOutErrors,
        leftOut: () =>
          stated.map((posterior, i) =>
            mixtureDistribution(posterior, wideningOf(others(squares, units[i])), task.range),
          ),
        predict: (prefix) =>
          mixtureDistribution(posteriorOf(prefixPoints(prefix, task), task, prior, leastNoise), widening, task.range),
      };
    },
  });
}

export interface PrefixForecast {
  readonly distribution: Distribution;
  /** Share of the weight by family of curves. */
  readonly families: Readonly<Record<string, number>>;
  /** How the last third of the prefix (in ln step) was forecast by the first two: root mean square miss in stated spreads. */
  readonly ownMiss: number;
}

/**
 * Forecast of one run without any cohort. What is believed of the change after the cutoff: 0 ± the range of values seen,
 * times the ratio of ln-steps ahead to ln-steps seen (at most 1). Refuses when the curve's own last third misses what its
 * first two thirds forecast by more than five stated spreads; a smaller miss above 1 widens the forecast by as much.
 */
export function forecastFromPrefix(prefix: Trajectory, task: ForecastTask): PrefixForecast {
  const points = prefixPoints(upTo(prefix, task.cutoff), task);
  if (points.values.every((value) => value === points.values[0]))
    throw new RefusedError(
      "Learning curves",
      `${task.target} of run ${prefix.run} has not moved: there is no curve to continue`,
    );
  const ownMiss = missOfOwnEnd(points, task);
  if (ownMiss > 5)
    throw new RefusedError(
      "Learning curves",
      `the last third of the curve so far misses what its beginning forecasts by ${ownMiss.toFixed(1)} stated spreads`,
    );
  const posterior = posteriorOf(points, task, vaguePrior(points, task.cutoff, task.targetStep));
  const widening = Number.isNaN(ownMiss) ? 1 : Math.max(1, ownMiss);
  return { distribution: mixtureDistribution(posterior, widening, task.range), families: posterior.families, ownMiss };
}

/** Root mean square of the misses in stated spreads, with the stated spread itself counted as so many runs. */
function wideningOf(squares: readonly number[]): number {
  const sum = squares.reduce((a, b) => a + b, 0);
  return Math.sqrt((TRUST_IN_OWN_SPREAD + sum) / (TRUST_IN_OWN_SPREAD + squares.length));
}

function posteriorOf(
  points: CurvePoints,
  task: ForecastTask,
  gain: { mean: number; sd: number },
  leastNoise?: number,
): CurvePosterior {
  const { cutoff, targetStep, range, chance } = task;
  return curvePosterior({ points, cutoff, targetStep, gain, start: chance, range, leastNoise });
}

function gainPrior(gains: readonly number[]): { mean: number; sd: number } {
  const n = gains.length;
  const size = Math.max(...gains.map(Math.abs));
  return { mean: mean(gains), sd: Math.max(n < 2 ? size : sd(gains) * Math.sqrt(1 + 1 / n), 1e-3 * size, 1e-12) };
}

function vaguePrior({ steps, values }: CurvePoints, cutoff: number, targetStep: number): { mean: number; sd: number } {
  const spread = Math.max(...values) - Math.min(...values);
  const ahead = Math.log(targetStep / cutoff) / Math.log(cutoff / steps[0]);
  return { mean: 0, sd: Math.max(spread * Math.min(1, ahead), 1e-12) };
}

/** NaN where the prefix is too short to be split. */
function missOfOwnEnd({ steps, values, scales }: CurvePoints, task: ForecastTask): number {
  const split = Math.exp(Math.log(steps[0]) + (2 / 3) * Math.log(steps[steps.length - 1] / steps[0]));
  const seen = steps.filter((step) => step <= split).length;
  if (seen < 4 || seen === steps.length) return Number.NaN;
  const cut = <T>(column: readonly T[]) => column.slice(0, seen);
  const points = { steps: cut(steps), values: cut(values), scales: cut(scales) };
  const cutoff = steps[seen - 1];
  let squares = 0;
  for (let i = seen; i < steps.length; i++) {
    const gain = vaguePrior(points, cutoff, steps[i]);
    const { mean: centre, sd: spread } = curvePosterior({
      points,
      cutoff,
      targetStep: steps[i],
      gain,
      range: task.range,
    });
    squares += ((values[i] - centre) / spread) ** 2;
  }
  return Math.sqrt(squares / (steps.length - seen));
}

/** The points that curves are fitted to. Stated standard errors give their relative precision; their common size is inferred. */
export function prefixPoints(prefix: Trajectory, { target, cutoff }: ForecastTask): CurvePoints {
  const series = prefix.values[target] ?? [];
  const ses = prefix.ses?.[target];
  const usable = prefix.steps
    .map((_, i) => i)
    .filter((i) => prefix.steps[i] > 0 && !Number.isNaN(series[i] ?? Number.NaN));
  const late = usable.filter((i) => prefix.steps[i] >= cutoff / 10).length;
  const kept = usable.slice(-Math.max(late, FEWEST_POINTS));
  if (!kept.every((i) => Number.isFinite(series[i])))
    throw new RefusedError("Learning curves", `${target} of run ${prefix.run} is not finite before the cutoff`);
  const stated = ses === undefined ? [] : kept.map((i) => ses[i]).filter((se) => se > 0);
  const typical = stated.length === 0 ? 1 : median(stated);
  const scaleOf = (i: number) => (ses !== undefined && ses[i] > 0 ? ses[i] / typical : 1);
  return binned({
    steps: kept.map((i) => prefix.steps[i]),
    values: kept.map((i) => series[i]),
    scales: kept.map(scaleOf),
  });
}

function binned(points: CurvePoints): CurvePoints {
  const { steps, values, scales } = points;
  if (steps.length <= MOST_POINTS) return points;
  const bins = MOST_POINTS / 2;
  const first = Math.log(steps[0]);
  const width = (Math.log(steps[steps.length - 1]) - first) / bins;
  const members = new Map<number, number[]>();
  steps.forEach((step, i) => {
    const bin = Math.min(bins - 1, Math.floor((Math.log(step) - first) / width));
    members.set(bin, [...(members.get(bin) ?? []), i]);
  });
  const groups = [...members.values()];
  const average = (column: readonly number[], group: readonly number[]) => mean(group.map((i) => column[i]));
  return {
    steps: groups.map((group) => Math.exp(mean(group.map((i) => Math.log(steps[i]))))),
    values: groups.map((group) => average(values, group)),
    scales: groups.map((group) => average(scales, group) / Math.sqrt(group.length)),
  };
}

/** Quantiles of a mixture of normals, spread about its mean times `widening`. */
function mixtureDistribution(
  { components, mean: centre, sd: spread }: CurvePosterior,
  widening: number,
  range: ForecastTask["range"],
): Distribution {
  const merged = mergedComponents(components);
  const [low, high] = [
    Math.min(...merged.map((c) => c.mean - 8 * c.sd)),
    Math.max(...merged.map((c) => c.mean + 8 * c.sd)),
  ];
  const cdf = (x: number) => merged.reduce((sum, c) => sum + c.weight * normalCdf((x - c.mean) / c.sd), 0);
  if (!(spread > 0)) return distributionFrom(() => centre, range);
  const quantileAt = (p: number) => {
    let [a, b] = [low, high];
    for (let i = 0; i < 60 && b - a > 1e-6 * spread; i++) {
      const middle = (a + b) / 2;
      if (cdf(middle) < p) a = middle;
      else b = middle;
    }
    return centre + widening * ((a + b) / 2 - centre);
  };
  return distributionFrom(quantileAt, range);
}

/** At most about 16 components of equal weight each, with the mean and variance of those that they stand for. */
function mergedComponents(components: CurvePosterior["components"]): { weight: number; mean: number; sd: number }[] {
  const ordered = [...components].sort((a, b) => a.mean - b.mean);
  const merged: { weight: number; mean: number; sd: number }[] = [];
  let group: typeof ordered = [];
  let held = 0;
  ordered.forEach((component, k) => {
    group.push(component);
    held += component.weight;
    if (held < 1 / 16 && k < ordered.length - 1) return;
    const centre = group.reduce((sum, c) => sum + c.weight * c.mean, 0) / held;
    const variance = group.reduce((sum, c) => sum + c.weight * (c.sd ** 2 + (c.mean - centre) ** 2), 0) / held;
    merged.push({ weight: held, mean: centre, sd: Math.sqrt(variance) });
    group = [];
    held = 0;
  });
  return merged;
}
