/**
 * @file Scale transfer: laws fitted on small models, judged on models at least four times larger, beside simple baselines.
 *
 * Coverage is reported as found: sizes are not exchangeable, so nothing guarantees it. Refuses when no size is at least
 * `ratio` times the largest fitted one, or fewer than two sizes are left to fit on; a method that refuses is named with its reason.
 */
import { type Distribution, type Estimate, RefusedError, Rng } from "../../../core/index.ts";
import { meanEstimate } from "../../stats/intervals.ts";
import { cholesky, choleskySolve, leastSquares } from "../../stats/linear.ts";
import { mean } from "../../stats/moments.ts";
import { averageQuantiles, studentTDistribution } from "../distribution.ts";
import { centralInterval, crps } from "../scoring/scores.ts";
import { powerSumFit, type ScalingPoint } from "./powerSum.ts";
import { scalingEnsemble, scalingForecast } from "./scalingForecast.ts";

export interface TransferForecast {
  readonly point: ScalingPoint;
  readonly distribution: Distribution;
}

export interface TransferScore {
  readonly method: string;
  readonly role: "baseline" | "method";
  readonly description: string;
  /** Over the target runs; absent below two of them. */
  readonly crps?: Estimate;
  readonly meanCrps: number;
  /** Mean of |median − outcome| / outcome. */
  readonly meanRelative: number;
  /** Share of outcomes in the central 90% interval, as found. */
  readonly coverage: number;
  readonly forecasts: readonly TransferForecast[];
}

export interface ScaleTransfer {
  readonly ratio: number;
  /** Ascending. */
  readonly fittedSizes: readonly number[];
  readonly targetSizes: readonly number[];
  readonly points: number;
  readonly runs: number;
  readonly scores: readonly TransferScore[];
  readonly refused: readonly { readonly method: string; readonly why: string }[];
}

interface TransferMethod {
  readonly name: string;
  readonly role: "baseline" | "method";
  readonly description: string;
  /** `others`: the methods before it in the list that did not refuse. */
  prepare(options: {
    readonly points: readonly ScalingPoint[];
    /** Sizes that will be asked for. */
    readonly targets: readonly number[];
    readonly rng: Rng;
    readonly others: ReadonlyMap<string, (at: ScalingPoint) => Distribution>;
  }): (at: ScalingPoint) => Distribution;
}

export function scaleTransfer(
  points: readonly ScalingPoint[],
  { ratio = 4, seed = 1 }: { readonly ratio?: number; readonly seed?: number } = {},
): ScaleTransfer {
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const largest = sizes[sizes.length - 1];
  const fitted = points.filter(({ size }) => size * ratio <= largest);
  const fittedSizes = sizes.filter((size) => size * ratio <= largest);
  const reach = fittedSizes[fittedSizes.length - 1] * ratio;
  const target = points.filter(({ size }) => size >= reach);
  if (fittedSizes.length < 2)
    throw new RefusedError(
      "Scale transfer",
      `${fittedSizes.length} of ${sizes.length} sizes are at least ${ratio} times smaller than the largest; 2 are needed (largest / smallest is ${(largest / sizes[0]).toPrecision(2)})`,
    );
  const targetSizes = sizes.filter((size) => size >= reach);
  const scores: TransferScore[] = [];
  const refused: { method: string; why: string }[] = [];
  const predictions = new Map<string, (at: ScalingPoint) => Distribution>();
  for (const { name, role, description, prepare } of METHODS)
    try {
      const predict = prepare({
        points: fitted,
        targets: targetSizes,
        rng: Rng.of(seed, "scale transfer", name),
        others: predictions,
      });
      const forecasts = target.map((point) => ({ point, distribution: predict(point) }));
      predictions.set(name, predict);
      scores.push(scoreOf({ name, role, description }, forecasts));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.push({ method: name, why: error.message });
    }
  return {
    ratio,
    fittedSizes,
    targetSizes,
    points: target.length,
    runs: new Set(target.map(({ run }) => run)).size,
    scores,
    refused,
  };
}

function scoreOf(
  { name, role, description }: Pick<TransferMethod, "name" | "role" | "description">,
  forecasts: readonly TransferForecast[],
): TransferScore {
  const byRun = new Map<string, number[]>();
  for (const { point, distribution } of forecasts)
    byRun.set(point.run, [...(byRun.get(point.run) ?? []), crps(distribution, point.loss)]);
  const means = [...byRun.values()].map((scores) => mean(scores));
  const inside = forecasts.filter(({ point, distribution }) => {
    const [low, high] = centralInterval(distribution, 0.9);
    return low <= point.loss && point.loss <= high;
  });
  const misses = forecasts.map(({ point, distribution: { quantiles } }) =>
    Math.abs(quantiles[quantiles.length >> 1] / point.loss - 1),
  );
  return {
    method: name,
    role,
    description,
    crps: means.length < 2 ? undefined : meanEstimate(means),
    meanCrps: mean(means),
    meanRelative: mean(misses),
    coverage: inside.length / forecasts.length,
    forecasts,
  };
}

const METHODS: readonly TransferMethod[] = [
  {
    name: "nearest size",
    role: "baseline",
    description:
      "the largest fitted size at the same amount of data, unchanged; spread from the same step between fitted sizes",
    prepare: ({ points }) => fromSizes(points, { isShifted: false }),
  },
  {
    name: "shifted curve",
    role: "baseline",
    description:
      "the largest fitted size at the same data, shifted on by its difference from a size at most half as large, per ln(size)",
    prepare: ({ points }) => fromSizes(points, { isShifted: true }),
  },
  {
    name: "log-linear",
    role: "baseline",
    description: "ln(loss) linear in ln(size) and ln(data): a power law without a floor",
    prepare: ({ points }) => logLinear(points),
  },
  {
    name: "power law with floor",
    role: "method",
    description:
      "E + A/N^α + B/D^β (one term where only one coordinate takes three values), Huber on ln(loss), bootstrap over runs",
    prepare({ points, targets, rng }) {
      const terms = (["size", "data"] as const).filter((term) => new Set(points.map((point) => point[term])).size >= 3);
      if (!terms.includes("size"))
        throw new RefusedError(
          "Scaling fit",
          `${new Set(points.map(({ size }) => size)).size} sizes do not determine an exponent; 3 are needed`,
        );
      requireWithinSpan(points, targets);
      const ensemble = scalingEnsemble({ points, fit: powerSumFit(points, { terms }), rng, draws: 200 });
      return (at) => scalingForecast(ensemble, at, rng);
    },
  },
  {
    name: "average",
    role: "method",
    description: "quantiles of the power laws with and without a floor, averaged with equal weights",
    prepare({ others }) {
      const members = ["log-linear", "power law with floor"].flatMap((name) => others.get(name) ?? []);
      if (members.length < 2) throw new RefusedError("Average", "one of the two power laws refuses");
      return (at) =>
        averageQuantiles(
          members.map((member) => member(at)),
          members.map(() => 1),
        );
    },
  },
];

/**
 * The level E and the exponent of size can be told apart only over a wide range of sizes: a target further beyond the largest
 * fitted size than that is beyond the smallest (in ln size) is refused.
 */
function requireWithinSpan(points: readonly ScalingPoint[], targets: readonly number[]): void {
  const sizes = points.map(({ size }) => size);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const [span, ahead] = [largest / smallest, Math.max(...targets) / largest];
  if (ahead > span)
    throw new RefusedError(
      "Scaling fit",
      `the fitted sizes span a factor of ${span.toPrecision(2)}, the target lies a factor of ${ahead.toPrecision(2)} beyond them: floor and exponent cannot be told apart`,
    );
}

/** A size's loss at any amount of data: straight in ln(data) between its points, flat outside. Several at one amount: their mean. */
function curveOf(points: readonly ScalingPoint[]): (data: number) => number {
  const groups = new Map<number, number[]>();
  for (const { data, loss } of points) groups.set(data, [...(groups.get(data) ?? []), loss]);
  const at = [...groups.keys()].sort((a, b) => a - b);
  const losses = at.map((data) => mean(groups.get(data)!));
  return (data) => {
    const next = at.findIndex((one) => one >= data);
    if (next <= 0) return losses[next === 0 ? 0 : losses.length - 1];
    const share = Math.log(data / at[next - 1]) / Math.log(at[next] / at[next - 1]);
    return losses[next - 1] + share * (losses[next] - losses[next - 1]);
  };
}

/**
 * The largest fitted size's curve, and on top of it (where `isShifted`) the ln(size) to go times the change per ln(size) from
 * the size below it. "Below" is the largest size that is at most half as large: neighbours that are nearly equal tell no
 * slope. Spread: root mean square of such changes (of their differences from the next ones, where shifted) times the ln(size)
 * to go; Student t on their number.
 */
function fromSizes(
  points: readonly ScalingPoint[],
  { isShifted }: { isShifted: boolean },
): (at: ScalingPoint) => Distribution {
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const curves = new Map(sizes.map((size) => [size, curveOf(points.filter((point) => point.size === size))]));
  const below = (size: number) => sizes.findLast((other) => 2 * other <= size);
  const rateAt = (size: number, data: number): number | undefined => {
    const other = below(size);
    if (other === undefined) return undefined;
    return (curves.get(size)!(data) - curves.get(other)!(data)) / Math.log(size / other);
  };
  const missesAt = (data: number) =>
    sizes.flatMap((size) => {
      const rate = rateAt(size, data);
      const before = isShifted ? rateAt(below(size) ?? Number.NaN, data) : 0;
      return rate === undefined || before === undefined ? [] : [rate - before];
    });
  const largest = sizes[sizes.length - 1];
  if (missesAt(points[0].data).length === 0)
    throw new RefusedError("Scale transfer", `no ${isShifted ? "three" : "two"} fitted sizes are a factor of 2 apart`);
  return (at) => {
    const ahead = Math.log(at.size / largest);
    const misses = missesAt(at.data);
    const scale = Math.max(1e-12, ahead * Math.sqrt(mean(misses.map((miss) => miss * miss))));
    const centre = curves.get(largest)!(at.data) + (isShifted ? ahead * rateAt(largest, at.data)! : 0);
    return studentTDistribution({ centre, scale, df: misses.length }, [0, null]);
  };
}

function logLinear(points: readonly ScalingPoint[]): (at: ScalingPoint) => Distribution {
  const isVaried = (term: "size" | "data") => new Set(points.map((point) => point[term])).size > 1;
  const terms = (["size", "data"] as const).filter(isVaried);
  const rowOf = (at: Pick<ScalingPoint, "size" | "data">) => [1, ...terms.map((term) => Math.log(at[term]))];
  const x = points.map(rowOf);
  const y = points.map(({ loss }) => Math.log(loss));
  const df = points.length - terms.length - 1;
  if (df < 1) throw new RefusedError("Log-linear", `${points.length} points are too few`);
  const line = leastSquares(x, y);
  const valueAt = (row: readonly number[]) => row.reduce((sum, value, j) => sum + value * line[j], 0);
  const variance = x.reduce((sum, row, i) => sum + (y[i] - valueAt(row)) ** 2, 0) / df;
  const gram = line.map((_, j) => line.map((__, k) => x.reduce((sum, row) => sum + row[j] * row[k], 0)));
  const l = cholesky(gram);
  return (at) => {
    const row = rowOf(at);
    const leverage = choleskySolve(l, row).reduce((sum, value, j) => sum + value * row[j], 0);
    const { probabilities, quantiles } = studentTDistribution({
      centre: valueAt(row),
      scale: Math.max(1e-12, Math.sqrt(variance * (1 + leverage))),
      df,
    });
    return { probabilities, quantiles: quantiles.map(Math.exp) };
  };
}
