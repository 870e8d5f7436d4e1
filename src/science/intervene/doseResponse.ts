/**
 * @file How an effect depends on the dose: the trend, the nearest monotone curve, and the saturating curve where it can
 * be told.
 *
 * A seed got all doses, so intervals resample whole seeds. Refuses non-finite effects, equal doses, and fewer than three
 * doses, the control's included (two are one contrast, not a curve).
 */
import { DomainError, type Estimate, RefusedError, type Rng } from "../../core/index.ts";
import { bootstrapReplicates } from "../stats/bootstrap.ts";
import { requireLevel } from "../stats/intervals.ts";
import { isotonic } from "../stats/isotonic.ts";
import { mean, quantile } from "../stats/moments.ts";
import { doseTrend } from "./doseTrend.ts";
import { type EmaxFit, emaxFit } from "./emax.ts";

export interface DoseResponseOptions {
  /** Distinct, in any order; units are the caller's. Shape [doses]. */
  readonly doses: readonly number[];
  /** Treated − control, shape [seeds][doses]. */
  readonly differences: readonly (readonly number[])[];
  /** The dose of the control arm, whose effect is 0 at every seed by definition: it enters the trend and the curves. */
  readonly controlDose?: number;
  readonly rng: Rng;
  /** Of the curves' intervals; default .95. */
  readonly level?: number;
  /** Bootstrap draws of the curves; default 1000. */
  readonly draws?: number;
}

export interface DoseResponse {
  /** Rank correlation of dose and effect within a seed: see `doseTrend`. */
  readonly trend: { readonly estimate: Estimate; readonly p: number };
  readonly direction: "increasing" | "decreasing";
  /** Monotone fit in that direction, doses ascending, the control's included; pointwise intervals. */
  readonly isotonic: readonly { readonly dose: number; readonly effect: Estimate }[];
  readonly emax?: EmaxFit;
  /** Why there is no saturating curve. */
  readonly emaxRefused?: string;
}

export function doseResponse(options: DoseResponseOptions): DoseResponse {
  const { controlDose = 0, rng, level = 0.95, draws = 1000 } = options;
  requireLevel("doseResponse", level);
  const { doses, bySeed } = ascendingDoses(options);
  const trend = doseTrend({ x: doses, differences: bySeed, rng });
  const direction = trend.estimate.value >= 0 ? "increasing" : "decreasing";
  return {
    trend,
    direction,
    isotonic: isotonicBand({ doses, bySeed, direction, rng, draws, level }),
    ...emaxOrReason(() => emaxFit({ doses, bySeed, origin: controlDose, rng, level, draws })),
  };
}

/** Doses ascending and their columns, with the control's zeros at its dose. */
function ascendingDoses({ doses, differences, controlDose }: DoseResponseOptions): {
  doses: number[];
  bySeed: number[][];
} {
  const ragged = differences.find((row) => row.length !== doses.length);
  if (ragged !== undefined) throw new DomainError("doseResponse", `${doses.length} effects a seed`, ragged.length);
  const all = controlDose === undefined ? [...doses] : [...doses, controlDose];
  const order = all.map((_, j) => j).sort((a, b) => all[a] - all[b]);
  order.forEach((j, place) => {
    if (!Number.isFinite(all[j]) || (place > 0 && all[j] === all[order[place - 1]]))
      throw new DomainError("doseResponse: doses", "distinct finite doses, other than the control's", all[j]);
  });
  if (all.length < 3) throw new DomainError("doseResponse", "at least 3 doses, the control's included", all.length);
  return {
    doses: order.map((j) => all[j]),
    bySeed: differences.map((row) => order.map((j) => (j < row.length ? row[j] : 0))),
  };
}

function isotonicBand({
  doses,
  bySeed,
  direction,
  rng,
  draws,
  level,
}: {
  readonly doses: readonly number[];
  readonly bySeed: readonly (readonly number[])[];
  readonly direction: DoseResponse["direction"];
  readonly rng: Rng;
  readonly draws: number;
  readonly level: number;
}): { dose: number; effect: Estimate }[] {
  const sign = direction === "increasing" ? 1 : -1;
  const monotone = (seeds: readonly (readonly number[])[]) =>
    isotonic(doses.map((_, j) => sign * mean(seeds.map((seed) => seed[j])))).map((value) => sign * value);
  const fitted = monotone(bySeed);
  const replicates: number[][] = [];
  bootstrapReplicates({ units: bySeed, statistic: (seeds) => replicates.push(monotone(seeds)), rng, draws });
  return doses.map((dose, j) => {
    const column = replicates.map((replicate) => replicate[j]);
    return {
      dose,
      effect: {
        value: fitted[j],
        low: quantile(column, (1 - level) / 2),
        high: quantile(column, (1 + level) / 2),
        level,
        method: `isotonic fit (${direction}), pointwise bootstrap over seeds, percentile, ${draws} draws`,
        n: bySeed.length,
      },
    };
  });
}

function emaxOrReason(compute: () => EmaxFit): Pick<DoseResponse, "emax" | "emaxRefused"> {
  try {
    return { emax: compute() };
  } catch (error) {
    if (error instanceof RefusedError || error instanceof DomainError) return { emaxRefused: error.message };
    throw error;
  }
}
