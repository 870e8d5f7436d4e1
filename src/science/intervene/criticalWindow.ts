/**
 * @file When an intervention works: the effect by the start of a window of fixed length, judged at one horizon.
 *
 * The window's length and the horizon must be the same for all starts; sliding "from step t on" would confound onset with
 * duration. Refuses missing values and fewer than three starts.
 */
import { DomainError, type Estimate, type Rng } from "../../core/index.ts";
import { bootstrapReplicates } from "../stats/bootstrap.ts";
import { mean } from "../stats/moments.ts";
import { type JointEffect, jointEffects } from "./jointEffects.ts";

export interface CriticalWindowOptions {
  /** Ascending steps at which the windows start. */
  readonly starts: readonly number[];
  /** One row a start, one effect (treated − control) a seed. */
  readonly effects: readonly (readonly number[])[];
  readonly rng: Rng;
  readonly level?: number;
  readonly draws?: number;
}

export interface WindowContrast {
  /** Mean effect at the best start − mean effect at the other, simultaneous over all starts that could have been best. */
  readonly effect: Estimate;
  readonly adjustedP: number;
  /** The interval excludes 0 on the side of the best start. */
  readonly found: boolean;
}

export interface CriticalWindow {
  /** Effects by start with a simultaneous band. */
  readonly band: readonly JointEffect[];
  /** Start with the largest effect in the direction of the overall mean effect. */
  readonly peak: Estimate;
  /** Share of resamples of the seeds in which each start is the best. */
  readonly peakShares: readonly number[];
  /** Best against the last start: does the window close? Absent when the last start is the best. */
  readonly closes?: WindowContrast;
  /** Best against the first start: does it open later than at the beginning? Absent when the first start is the best. */
  readonly opens?: WindowContrast;
  readonly direction: "increase" | "decrease";
}

/**
 * Band, peak and the two tests. The best start is chosen from the same data, so it is compared with the last (first) start
 * as one of all contrasts against that start, corrected jointly by max-T: the choice is paid for.
 */
export function criticalWindow({
  starts,
  effects,
  rng,
  level = 0.95,
  draws = 2000,
}: CriticalWindowOptions): CriticalWindow {
  if (starts.length !== effects.length)
    throw new DomainError("criticalWindow: starts", `${effects.length} starts, one a row of effects`, starts.length);
  if (starts.length < 3) throw new DomainError("criticalWindow", "at least 3 starts", starts.length);
  if (starts.some((start, j) => !Number.isFinite(start) || (j > 0 && !(start > starts[j - 1]))))
    throw new DomainError("criticalWindow: starts", "ascending steps", starts.join(", "));
  const named = starts.map((start, j) => ({ name: String(start), differences: effects[j] }));
  const band = jointEffects(named, { level });
  const n = effects[0].length;
  const means = effects.map((row) => mean(row));
  const sign = mean(means) >= 0 ? 1 : -1;
  const bestOf = (values: readonly number[]) =>
    values.reduce((best, value, j) => (sign * value > sign * values[best] ? j : best), 0);
  const best = bestOf(means);
  const bySeed = Array.from({ length: n }, (_, i) => effects.map((row) => row[i]));
  const replicates = bootstrapReplicates({
    units: bySeed,
    statistic: (seeds) => bestOf(starts.map((_, j) => mean(seeds.map((seed) => seed[j])))),
    rng,
    draws,
  });
  const located = Float64Array.from(replicates, (index) => starts[index]).sort();
  const order = (p: number) => located[Math.min(draws - 1, Math.max(0, Math.ceil(p * draws) - 1))];
  const against = (reference: number) =>
    reference === best ? undefined : versus({ starts, effects, best, reference, sign, level });
  const closes = against(starts.length - 1);
  const opens = against(0);
  return {
    band,
    peak: {
      value: starts[best],
      low: order((1 - level) / 2),
      high: order((1 + level) / 2),
      level,
      method: `start with the largest mean effect, bootstrap over seeds, percentile among the starts tried, ${draws} draws`,
      n,
    },
    peakShares: starts.map((_, j) => replicates.reduce((count, index) => count + (index === j ? 1 : 0), 0) / draws),
    ...(closes === undefined ? {} : { closes }),
    ...(opens === undefined ? {} : { opens }),
    direction: sign === 1 ? "increase" : "decrease",
  };
}

function versus({
  starts,
  effects,
  best,
  reference,
  sign,
  level,
}: {
  readonly starts: readonly number[];
  readonly effects: readonly (readonly number[])[];
  readonly best: number;
  readonly reference: number;
  readonly sign: number;
  readonly level: number;
}): WindowContrast | undefined {
  const contrasts = jointEffects(
    starts
      .map((start, j) => ({
        name: String(start),
        differences: effects[j].map((value, i) => value - effects[reference][i]),
      }))
      .filter((_, j) => j !== reference),
    { level },
  );
  const chosen = contrasts.find(({ name }) => name === String(starts[best]));
  if (chosen?.adjustedP === undefined) return undefined;
  const { effect, adjustedP } = chosen;
  return { effect, adjustedP, found: sign > 0 ? effect.low > 0 : effect.high < 0 };
}
