/**
 * @file The curves of one measure of a cohort on one grid of steps, as the process model takes them.
 *
 * Where runs share their evaluation steps the grid is those steps; otherwise bins of equal width in ln(step), in which
 * values are averaged. The target step stands alone and is never averaged. A bin that some cohort run lacks is left out;
 * non-finite values count as not measured. Fewer than three bins up to the target refuse.
 */
import { RefusedError } from "../../../core/index.ts";
import { median } from "../../stats/moments.ts";
import type { ForecastTask, Trajectory } from "../forecaster.ts";

/** More shared steps than this are binned. */
const MOST_BINS = 24;
/** The grid begins at this share of the target step: what came before says nothing of the end. */
const FIRST_SHARE = 1 / 1000;

export interface CurveGrid {
  /** Upper ends of the bins, ascending; the last is the target step. */
  readonly ends: readonly number[];
  /** Exclusive lower end of each bin. */
  readonly starts: readonly number[];
  /** ln(step) at which a bin stands. */
  readonly logSteps: Float64Array;
  /** Variance of the noise of a bin's value in units of one evaluation's: one over the number averaged. */
  readonly noiseShape: Float64Array;
  /** run × bin, in the order of the cohort. */
  readonly values: readonly Float64Array[];
}

export function curveGrid(
  cohort: readonly Trajectory[],
  { target, targetStep, cutoff }: Pick<ForecastTask, "target" | "targetStep" | "cutoff">,
): CurveGrid {
  const first = targetStep * FIRST_SHARE;
  const usable = cohort.map((run) =>
    run.steps.filter((step, i) => step >= first && step < targetStep && Number.isFinite(run.values[target]?.[i])),
  );
  const bins = sharedBins(usable, targetStep) ?? logBins(usable, { cutoff, targetStep });
  const all = bins.map(({ from, to }) => cohort.map((run) => averageIn(run, target, from, to)));
  const kept = bins.map((_, j) => j).filter((j) => all[j].every(({ count }) => count > 0));
  if (kept.length < 3 || kept.at(-1) !== bins.length - 1)
    throw new RefusedError(
      "Curves",
      `${kept.length} steps of ${target} up to ${targetStep} are shared by the cohort; 3 are needed`,
    );
  return {
    ends: kept.map((j) => bins[j].to),
    starts: kept.map((j) => bins[j].from),
    logSteps: Float64Array.from(kept, (j) => median(all[j].map(({ logStep }) => logStep))),
    noiseShape: Float64Array.from(kept, (j) => 1 / median(all[j].map(({ count }) => count))),
    values: cohort.map((_, i) => Float64Array.from(kept, (j) => all[j][i].value)),
  };
}

/** A run's values in the bins; NaN where it has none. */
export function onGrid(grid: Pick<CurveGrid, "starts" | "ends">, run: Trajectory, measure: string): Float64Array {
  return Float64Array.from(grid.ends, (end, j) => averageIn(run, measure, grid.starts[j], end).value);
}

interface Bin {
  readonly from: number;
  readonly to: number;
}

/** One bin a step, where the runs share most of their steps and those are few; undefined otherwise. */
function sharedBins(usable: readonly (readonly number[])[], targetStep: number): Bin[] | undefined {
  const counts = new Map<number, number>();
  for (const steps of usable) for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
  const shared = [...counts].flatMap(([step, n]) => (n === usable.length ? [step] : [])).sort((a, b) => a - b);
  if (shared.length + 1 > MOST_BINS || shared.length < 0.5 * median(usable.map(({ length }) => length)))
    return undefined;
  const steps = [...shared, targetStep];
  return steps.map((step, j) => ({ from: j === 0 ? prior(step) : Math.max(steps[j - 1], prior(step)), to: step }));
}

/** The half-open bin (prior, step] holds no other whole step. */
const prior = (step: number) => step - 0.5;

/** Equal in ln(step); an end lies at the cutoff, and the target has a bin of its own. */
function logBins(
  usable: readonly (readonly number[])[],
  { cutoff, targetStep }: { cutoff: number; targetStep: number },
): Bin[] {
  const first = Math.max(...usable.map((steps) => steps[0] ?? Number.POSITIVE_INFINITY));
  const target = { from: prior(targetStep), to: targetStep };
  if (!(first < targetStep)) return [target];
  const width = Math.log(targetStep / first) / (MOST_BINS - 1);
  const anchor = Math.min(Math.max(cutoff, first), targetStep);
  const below = Math.ceil(Math.log(anchor / first) / width - 1e-9);
  const above = Math.floor(Math.log(targetStep / anchor) / width + 1e-9);
  const ends = Array.from({ length: below + above + 1 }, (_, k) => anchor * Math.exp((k - below) * width));
  ends[below] = anchor;
  const bins = ends.map((end, k) => ({ from: k === 0 ? end * Math.exp(-width) : ends[k - 1], to: end }));
  const last = bins.at(-1)!;
  const rest = { from: last.to, to: prior(targetStep) };
  return [
    ...bins.map((bin) => ({ from: bin.from, to: Math.min(bin.to, prior(targetStep)) })),
    ...(rest.to > rest.from * 1.0000001 ? [rest] : []),
    target,
  ];
}

function averageIn({ steps, values }: Trajectory, measure: string, from: number, to: number) {
  const series = values[measure];
  let [sum, logs, count] = [0, 0, 0];
  if (series !== undefined)
    for (let i = firstAbove(steps, from); i < steps.length && steps[i] <= to; i++) {
      if (!Number.isFinite(series[i])) continue;
      sum += series[i];
      logs += Math.log(steps[i]);
      count++;
    }
  return { value: sum / count, logStep: logs / count, count };
}

/** Index of the first step above `bound`, by bisection. */
function firstAbove(steps: readonly number[], bound: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
