/**
 * @file What a scaling fit says with its uncertainty: intervals of its parameters, and the loss of a model not yet trained.
 *
 * Resamples runs, not points, where a run gave several. Refuses fewer than four runs, and fits that state diagnostics.
 */
import { type Distribution, DomainError, type Estimate, RefusedError, type Rng } from "../../../core/index.ts";
import { quantile, quantileSorted, sorted } from "../../stats/moments.ts";
import { distributionFrom } from "../distribution.ts";
import { type PowerSumFit, powerSumLoss, powerSumRefit, type ScalingPoint } from "./powerSum.ts";

export interface ScalingEnsemble {
  readonly fit: PowerSumFit;
  /** One fit a resample. */
  readonly draws: readonly PowerSumFit[];
  readonly runs: number;
  /** By run: mean residual of ln L, and each point's deviation from it. */
  readonly misses: readonly { readonly centre: number; readonly within: readonly number[] }[];
}

/** Refits on resamples of runs with replacement (of points where every run gave one). */
export function scalingEnsemble({
  points,
  fit,
  rng,
  draws = 500,
}: {
  readonly points: readonly ScalingPoint[];
  readonly fit: PowerSumFit;
  readonly rng: Rng;
  readonly draws?: number;
}): ScalingEnsemble {
  if (fit.diagnostics.length > 0) throw new RefusedError("Scaling fit", fit.diagnostics.join("; "));
  const groups = new Map<string, number[]>();
  for (const [i, { run }] of points.entries()) groups.set(run, [...(groups.get(run) ?? []), i]);
  const units = [...groups.values()];
  if (units.length < 4)
    throw new RefusedError("Scaling fit: intervals", `${units.length} runs are too few; 4 are needed`);
  const fits: PowerSumFit[] = [];
  let failed = 0;
  while (fits.length < draws) {
    const sample = units.flatMap(() => units[rng.int(units.length)]).map((i) => points[i]);
    // A resample may hold fewer sizes than an exponent needs; it says nothing then.
    const isUsable = fit.terms.every((term) => new Set(sample.map((point) => point[term])).size >= 3);
    if (isUsable) fits.push(powerSumRefit(sample, fit));
    else if (++failed > draws)
      throw new RefusedError(
        "Scaling fit: intervals",
        "most resamples of the runs hold fewer than 3 sizes or amounts of data",
      );
  }
  const parameters = 1 + 2 * fit.terms.length;
  const inflate = Math.sqrt(points.length / (points.length - parameters));
  const misses = units.map((unit) => {
    const own = unit.map((i) => inflate * fit.residuals[i]);
    const centre = own.reduce((a, b) => a + b, 0) / own.length;
    return { centre, within: own.map((r) => r - centre) };
  });
  return { fit, draws: fits, runs: units.length, misses };
}

/** E, then A and α, B and β for the terms in use; percentile intervals over the resamples. */
export function scalingEstimates(
  { fit, draws, runs }: ScalingEnsemble,
  { level = 0.95 }: { readonly level?: number } = {},
): { readonly name: string; readonly estimate: Estimate }[] {
  const letters = { size: ["A", "α"], data: ["B", "β"] } as const;
  const read: { name: string; of: (one: PowerSumFit) => number }[] = [
    { name: "E", of: (one) => one.level },
    ...fit.terms.flatMap((term, k) => [
      { name: letters[term][0], of: (one: PowerSumFit) => one.amplitudes[k] },
      { name: letters[term][1], of: (one: PowerSumFit) => one.exponents[k] },
    ]),
  ];
  const [sizeAt, dataAt] = [fit.terms.indexOf("size"), fit.terms.indexOf("data")];
  if (sizeAt >= 0 && dataAt >= 0)
    // Size that is best for a compute budget C grows as C^a (Hoffmann et al. 2022, eq. 4).
    read.push({ name: "a = β/(α + β)", of: ({ exponents: e }) => e[dataAt] / (e[sizeAt] + e[dataAt]) });
  return read.map(({ name, of }) => {
    const values = draws.map(of);
    return {
      name,
      estimate: {
        value: of(fit),
        low: quantile(values, (1 - level) / 2),
        high: quantile(values, (1 + level) / 2),
        level,
        method: `${fit.method}; bootstrap over runs, percentile, ${draws.length} draws`,
        n: runs,
      },
    };
  });
}

/**
 * The loss that a run of this size and data would show: over the resampled fits, each with the miss of a run drawn at
 * random and the deviation of one of its points. Says nothing of how wrong the law itself is outside the sizes it was fitted on.
 */
export function scalingForecast(
  { draws, misses }: ScalingEnsemble,
  at: Pick<ScalingPoint, "size" | "data">,
  rng: Rng,
): Distribution {
  if (!(at.size > 0 && at.data > 0))
    throw new DomainError("scalingForecast", "positive size and data", `${at.size}, ${at.data}`);
  const losses = sorted(
    draws.map((draw) => {
      const { centre } = misses[rng.int(misses.length)];
      const { within } = misses[rng.int(misses.length)];
      return powerSumLoss(draw, at) * Math.exp(centre + within[rng.int(within.length)]);
    }),
  );
  return distributionFrom((p) => quantileSorted(losses, p), [0, null]);
}
