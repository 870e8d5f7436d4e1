/**
 * @file Predictive distributions as quantiles at one fixed grid of probabilities.
 *
 * Between two probabilities the quantile function is a straight line; outside the grid it is flat, so that a distribution
 * has a point mass of .005 at each end. Refuses non-finite quantiles and quantiles that descend.
 */
import { type Distribution, DomainError, ShapeError } from "../../core/index.ts";
import { normalQuantile, studentTCdf, studentTQuantile } from "../stats/distributions.ts";

const LOWER_HALF = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45];

/** The probabilities at which every forecast of this package states its quantiles, ascending and symmetric about ½. */
export const FORECAST_PROBABILITIES: readonly number[] = [
  ...LOWER_HALF,
  0.5,
  ...LOWER_HALF.map((p) => Math.round((1 - p) * 1000) / 1000).reverse(),
];

/** Range of a measure; null where it has no bound. */
export type Range = readonly [number | null, number | null];

export function distributionFrom(quantileAt: (p: number) => number, range: Range = [null, null]): Distribution {
  const [low, high] = [range[0] ?? Number.NEGATIVE_INFINITY, range[1] ?? Number.POSITIVE_INFINITY];
  const distribution = {
    probabilities: [...FORECAST_PROBABILITIES],
    quantiles: FORECAST_PROBABILITIES.map((p) => Math.min(high, Math.max(low, quantileAt(p)))),
  };
  requireDistribution("distributionFrom", distribution);
  return distribution;
}

/** Normal with mean and sd ≥ 0; quantiles outside `range` are moved to its end. */
export function normalDistribution({ mean, sd }: { mean: number; sd: number }, range?: Range): Distribution {
  return distributionFrom((p) => mean + sd * normalQuantile(p), range);
}

/** centre + scale·T with T Student's t on `df` degrees of freedom; scale ≥ 0. */
export function studentTDistribution(
  { centre, scale, df }: { centre: number; scale: number; df: number },
  range?: Range,
): Distribution {
  const t = studentTGrid(df);
  return distributionFrom((p) => centre + scale * t.get(p)!, range);
}

/**
 * Log-t (Student's t of the logarithm), given that the time exceeds `after` ≥ 0: quantiles of
 * exp(centre + scale·T) | > after, computed in the upper tail so that a small remaining share loses no digits.
 */
export function truncatedLogTDistribution({
  centre,
  scale,
  df,
  after,
}: {
  centre: number;
  scale: number;
  df: number;
  after: number;
}): Distribution {
  if (!(scale > 0)) throw new DomainError("truncatedLogTDistribution: scale", "a positive number", scale);
  const remaining = after > 0 ? studentTCdf(-(Math.log(after) - centre) / scale, df) : 1;
  return distributionFrom((p) => {
    const step = Math.exp(centre - scale * studentTQuantile(Math.max((1 - p) * remaining, 1e-300), df));
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(after, step));
  });
}

/** Weighted average of quantile functions ("Vincentization"). All on one grid; weights are normalised to sum 1. */
export function averageQuantiles(distributions: readonly Distribution[], weights: readonly number[]): Distribution {
  if (distributions.length === 0 || weights.length !== distributions.length)
    throw new ShapeError("averageQuantiles: weights", `[${distributions.length}]`, [weights.length]);
  const total = weights.reduce((a, b) => a + b, 0);
  if (!weights.every((w) => w >= 0) || !(total > 0))
    throw new DomainError("averageQuantiles: weights", "numbers ≥ 0 with a positive sum", weights.join(", "));
  const { probabilities } = distributions[0];
  for (const { probabilities: other } of distributions)
    if (other.length !== probabilities.length || other.some((p, k) => p !== probabilities[k]))
      throw new DomainError("averageQuantiles", "one grid of probabilities", other.join(", "));
  const quantiles = probabilities.map(
    (_, k) => distributions.reduce((sum, { quantiles: q }, d) => sum + weights[d] * q[k], 0) / total,
  );
  return { probabilities: [...probabilities], quantiles };
}

/**
 * Mixture of distributions with weights ≥ 0 of positive sum, as quantiles at the first one's probabilities. Unlike averaged
 * quantiles, a member far away with little weight moves the middle little. Members are on one grid.
 */
export function linearPool(distributions: readonly Distribution[], weights: readonly number[]): Distribution {
  const total = weights.reduce((a, b) => a + b, 0);
  if (distributions.length === 0 || weights.length !== distributions.length || !(total > 0))
    throw new ShapeError("linearPool: weights", `[${distributions.length}], with a positive sum`, [weights.length]);
  const present = distributions.map((_, d) => d).filter((d) => weights[d] > 0);
  const { probabilities } = distributions[present[0]];
  if (present.length === 1) return distributions[present[0]];
  const below = (x: number) =>
    present.reduce((sum, d) => sum + (weights[d] / total) * probabilityBelow(distributions[d], x), 0);
  const ends = present.map((d) => distributions[d].quantiles);
  let low = Math.min(...ends.map((quantiles) => quantiles[0]));
  const top = Math.max(...ends.map((quantiles) => quantiles[quantiles.length - 1]));
  const quantiles = probabilities.map((p) => {
    let high = top;
    for (
      let iteration = 0;
      iteration < 60 && high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high));
      iteration++
    ) {
      const middle = 0.5 * (low + high);
      if (below(middle) >= p) high = middle;
      else low = middle;
    }
    low = high;
    return high;
  });
  return { probabilities: [...probabilities], quantiles };
}

/** P(X ≤ x): straight lines between quantiles; what lies outside the grid is at its ends. */
export function probabilityBelow({ probabilities, quantiles }: Distribution, x: number): number {
  const last = quantiles.length - 1;
  if (x < quantiles[0]) return 0;
  if (x >= quantiles[last]) return 1;
  let [from, to] = [0, last];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (quantiles[middle] <= x) from = middle;
    else to = middle;
  }
  const width = quantiles[to] - quantiles[from];
  return (
    probabilities[from] + (width > 0 ? ((x - quantiles[from]) / width) * (probabilities[to] - probabilities[from]) : 0)
  );
}

/** Quantile at any probability: on the line between the neighbours, flat outside the grid. */
export function distributionQuantile({ probabilities, quantiles }: Distribution, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new DomainError("distributionQuantile", "a probability in [0, 1]", p);
  const k = probabilities.findIndex((q) => q >= p);
  if (k < 0) return quantiles[quantiles.length - 1];
  if (k === 0 || probabilities[k] === p) return quantiles[k];
  const share = (p - probabilities[k - 1]) / (probabilities[k] - probabilities[k - 1]);
  return quantiles[k - 1] + share * (quantiles[k] - quantiles[k - 1]);
}

/** Throws unless probabilities ascend strictly inside (0, 1) and quantiles are finite and do not descend. */
export function requireDistribution(what: string, { probabilities, quantiles }: Distribution): void {
  if (probabilities.length !== quantiles.length || probabilities.length < 2)
    throw new ShapeError(`${what}: quantiles`, `[${probabilities.length}], at least 2`, [quantiles.length]);
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k];
    if (!(p > 0 && p < 1) || (k > 0 && p <= probabilities[k - 1]))
      throw new DomainError(`${what}: probabilities`, "strictly ascending numbers in (0, 1)", p);
    if (!Number.isFinite(quantiles[k]) || (k > 0 && quantiles[k] < quantiles[k - 1]))
      throw new DomainError(`${what}: quantiles`, "finite numbers that do not descend", quantiles[k]);
  }
}

const grids = new Map<number, ReadonlyMap<number, number>>();

/** Student quantiles at the grid, kept for each number of degrees of freedom that was asked for. */
export function studentTGrid(df: number): ReadonlyMap<number, number> {
  let grid = grids.get(df);
  if (grid === undefined) {
    grid = new Map(FORECAST_PROBABILITIES.map((p) => [p, p === 0.5 ? 0 : studentTQuantile(p, df)]));
    grids.set(df, grid);
  }
  return grid;
}
