/**
 * @file Bootstrap over independent units (seeds or runs, never points of one run), seeded.
 *
 * A unit may be anything: a number, a pair, a whole trajectory; resampling units keeps what belongs together together.
 * Refuses when the statistic is not finite on the sample or on any resample: an interval that silently drops resamples
 * answers another question.
 */
import { DomainError, type Estimate, RefusedError, type Rng } from "../../core/index.ts";
import { normalCdf, normalQuantile } from "./distributions.ts";
import { requireLevel } from "./intervals.ts";
import { mean, quantileSorted } from "./moments.ts";

export interface BootstrapOptions<Unit> {
  readonly units: readonly Unit[];
  /** Must depend only on its argument; the array is reused between calls and must not be kept. */
  readonly statistic: (units: readonly Unit[]) => number;
  readonly rng: Rng;
  /** Default 2000. */
  readonly draws?: number;
  /** Two-sided coverage; default .95. */
  readonly level?: number;
  /** Percentile, or bias-corrected and accelerated (BCa); default percentile. */
  readonly interval?: "percentile" | "bca";
  /** What a unit is, for the method text; default "runs". */
  readonly unit?: string;
}

/**
 * Point value with a bootstrap interval. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), §13.3
 * (percentile) and §14.3 (BCa, acceleration from the jackknife). Needs two units.
 */
export function bootstrap<Unit>(options: BootstrapOptions<Unit>): Estimate {
  const { units, statistic, rng, draws = 2000, level = 0.95, interval = "percentile", unit = "runs" } = options;
  requireLevel("bootstrap", level);
  if (units.length < 2) throw new DomainError("bootstrap", "at least 2 units", `${units.length} units`);
  const value = statistic(units);
  if (!Number.isFinite(value)) throw new RefusedError("bootstrap", `the statistic of the sample is ${value}`);
  const replicates = bootstrapReplicates({ units, statistic, rng, draws }).sort();
  const name = interval === "bca" ? "BCa" : "percentile";
  const [pLow, pHigh] =
    interval === "bca"
      ? bcaProbabilities(units, statistic, value, replicates, level)
      : [(1 - level) / 2, (1 + level) / 2];
  return {
    value,
    low: quantileSorted(replicates, pLow),
    high: quantileSorted(replicates, pHigh),
    level,
    method: `bootstrap over ${unit}, ${name}, ${draws} draws`,
    n: units.length,
  };
}

/** The statistic on `draws` resamples with replacement, in drawing order. */
export function bootstrapReplicates<Unit>({
  units,
  statistic,
  rng,
  draws,
}: Pick<BootstrapOptions<Unit>, "units" | "statistic" | "rng"> & { readonly draws: number }): Float64Array {
  if (!Number.isInteger(draws) || draws < 1) throw new DomainError("bootstrap: draws", "a positive integer", draws);
  const resample = units.slice();
  const replicates = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < units.length; i++) resample[i] = units[rng.int(units.length)];
    const replicate = statistic(resample);
    if (!Number.isFinite(replicate))
      throw new RefusedError("bootstrap", `the statistic is ${replicate} on resample ${draw} of ${draws}`);
    replicates[draw] = replicate;
  }
  return replicates;
}

function bcaProbabilities<Unit>(
  units: readonly Unit[],
  statistic: (units: readonly Unit[]) => number,
  value: number,
  ascending: Float64Array,
  level: number,
): [number, number] {
  let below = 0;
  for (const replicate of ascending) below += replicate < value ? 1 : replicate === value ? 0.5 : 0;
  const share = below / ascending.length;
  if (share === 0 || share === 1)
    throw new RefusedError(
      "bootstrap (BCa)",
      "the sample's value lies outside all resamples; use the percentile interval",
    );
  const bias = normalQuantile(share);
  const jackknife = units.map((_, i) => statistic(units.filter((__, j) => j !== i)));
  const centre = mean(jackknife);
  let cubes = 0;
  let squares = 0;
  for (const leftOut of jackknife) {
    cubes += (centre - leftOut) ** 3;
    squares += (centre - leftOut) ** 2;
  }
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const corrected = (p: number) => {
    const z = bias + normalQuantile(p);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
  return [corrected((1 - level) / 2), corrected((1 + level) / 2)];
}
