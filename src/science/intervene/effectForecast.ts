/**
 * @file Says what an intervention will do on seeds that have not run it yet, from a few pilot seeds that have.
 *
 * Every forecaster gives, for each arm of a family (a dose ladder, a sliding window), a distribution of the mean paired
 * difference over `mainSeeds` fresh seeds. The noise sd is pooled over the family's arms. All arms of a seed have its
 * control in common, so at least half of their noise counts as shared: it tells less about the noise than as many unrelated arms
 * would, and no smoothing over arms removes it. Non-finite differences are refused; at least two pilot seeds and two arms
 * are needed to know the noise.
 */
import { type Distribution, DomainError } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { cholesky, choleskySolve, dot } from "../stats/linear.ts";
import { mean, variance } from "../stats/moments.ts";
import { requirePairs } from "./pairedEffect.ts";

export interface EffectForecastTask {
  /** How x is laid out: doses on a log scale, windows on a linear one. */
  readonly scale: "linear" | "log";
  readonly mainSeeds: number;
  readonly arms: readonly { readonly name: string; readonly x: number; readonly differences: readonly number[] }[];
}

export interface EffectForecaster {
  readonly name: string;
  readonly role: "baseline" | "method";
  readonly description: string;
  /** In the order of the arms. */
  forecast(task: EffectForecastTask): readonly { readonly name: string; readonly distribution: Distribution }[];
}

/** The least correlation of the arms' noise within a seed: what the common control brings when both arms are equally noisy. */
const LEAST_SHARED = 0.5;

/** 2.5, 5, 10 … 90, 95, 97.5%. */
export const EFFECT_PROBABILITIES = [0.025, 0.05, ...Array.from({ length: 17 }, (_, i) => (i + 2) / 20), 0.95, 0.975];

export const effectForecasters: readonly EffectForecaster[] = [
  {
    name: "no effect",
    role: "baseline",
    description: "0, with the noise of the pilot's paired differences",
    forecast: (task) => {
      const { arms, noise, df } = prepared(task);
      return arms.map(({ name }) => ({ name, distribution: tDistribution(0, Math.sqrt(noise / task.mainSeeds), df) }));
    },
  },
  {
    name: "one effect for all",
    role: "baseline",
    description: "the pilot's mean over all arms of the family, with their spread and the noise",
    forecast: (task) => {
      const { arms, noise, df, means } = prepared(task);
      const scale = Math.sqrt(variance(means) * (1 + 1 / means.length) + noise / task.mainSeeds);
      return arms.map(({ name }) => ({ name, distribution: tDistribution(mean(means), scale, df) }));
    },
  },
  {
    name: "pilot",
    role: "method",
    description: "each arm's own pilot mean, Student-t with the noise pooled over arms",
    forecast: (task) => {
      const { arms, noise, df, means, pilots } = prepared(task);
      const scale = Math.sqrt(noise * (1 / pilots + 1 / task.mainSeeds));
      return arms.map(({ name }, i) => ({ name, distribution: tDistribution(means[i], scale, df) }));
    },
  },
  {
    name: "smooth",
    role: "method",
    description:
      "a smooth curve through the pilot means (Gaussian process over dose or window start), with its own error and the noise",
    forecast: (task) => {
      const { arms, noise, shared, df, means, pilots } = prepared(task);
      const x = unitPositions(task);
      const own = ((1 - shared) * noise) / pilots;
      const level = (shared * noise) / pilots + own / arms.length;
      const { centre, spread } = smoothed(x, means, own);
      return arms.map(({ name }, i) => ({
        name,
        distribution: tDistribution(centre[i], Math.sqrt(spread[i] ** 2 + level + noise / task.mainSeeds), df),
      }));
    },
  },
];

/** Student-t with this centre and scale, as quantiles at EFFECT_PROBABILITIES. */
export function tDistribution(centre: number, scale: number, df: number): Distribution {
  return {
    probabilities: [...EFFECT_PROBABILITIES],
    quantiles: EFFECT_PROBABILITIES.map((p) => centre + scale * studentTQuantile(p, df)),
  };
}

function prepared({ arms, mainSeeds }: EffectForecastTask) {
  if (arms.length < 2) throw new DomainError("effect forecast", "at least 2 arms in the family", arms.length);
  if (!Number.isInteger(mainSeeds) || mainSeeds < 1)
    throw new DomainError("effect forecast: mainSeeds", "a positive integer", mainSeeds);
  const pilots = arms[0].differences.length;
  for (const { name, differences } of arms) {
    requirePairs(differences);
    if (differences.length !== pilots)
      throw new DomainError(`effect forecast: ${name}`, `${pilots} pilot seeds as in the others`, differences.length);
  }
  const means = arms.map(({ differences }) => mean(differences));
  const noise = mean(arms.map(({ differences }) => variance(differences)));
  const shared = sharedNoise({ arms, means, noise });
  // Satterthwaite: degrees of freedom of a variance pooled over equally correlated arms, between one arm's and all arms'.
  const df = (arms.length * (pilots - 1)) / (1 + (arms.length - 1) * shared ** 2);
  return { arms, pilots, means, noise, shared, df };
}

/**
 * Correlation of the arms' noise within a seed, from the variance of the seeds' mean deviations, noise·(r + (1 − r)/arms),
 * between LEAST_SHARED and 1: two pilot seeds alone would often put it far too low.
 */
function sharedNoise({
  arms,
  means,
  noise,
}: {
  readonly arms: EffectForecastTask["arms"];
  readonly means: readonly number[];
  readonly noise: number;
}): number {
  if (noise === 0) return LEAST_SHARED;
  const deviations = arms[0].differences.map((_, seed) =>
    mean(arms.map(({ differences }, i) => differences[seed] - means[i])),
  );
  const ratio = variance(deviations) / noise;
  return Math.min(1, Math.max(LEAST_SHARED, (ratio - 1 / arms.length) / (1 - 1 / arms.length)));
}

/** Positions of the arms in [0, 1]. Doses at or below 0 stand half a step below the smallest positive one. */
function unitPositions({ arms, scale }: EffectForecastTask): number[] {
  const positive = arms.map(({ x }) => x).filter((x) => x > 0);
  const floor = Math.min(...positive) / 2;
  const raw = arms.map(({ x }) => (scale === "log" ? Math.log(Math.max(x, floor)) : x));
  const low = Math.min(...raw);
  const width = Math.max(...raw) - low;
  return raw.map((value) => (width === 0 ? 0 : (value - low) / width));
}

const LENGTH_SCALES = [0.15, 0.25, 0.4, 0.7, 1.2];

/** Gaussian process regression at its own points; length scale by marginal likelihood, amplitude from the means' spread. */
function smoothed(x: readonly number[], y: readonly number[], noise: number): { centre: number[]; spread: number[] } {
  const level = mean(y);
  const amplitude = Math.max(variance(y), 1e-12);
  const residuals = y.map((value) => value - level);
  const nugget = Math.max(noise, 1e-6 * amplitude);
  const fits = LENGTH_SCALES.map((length) => {
    const kernel = x.map((a) => x.map((b) => amplitude * Math.exp(-((a - b) ** 2) / (2 * length * length))));
    const factor = cholesky(kernel.map((row, i) => row.map((value, j) => value + (i === j ? nugget : 0))));
    const weights = choleskySolve(factor, residuals);
    const logDeterminant = factor.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
    return { kernel, factor, weights, logLikelihood: -0.5 * dot(residuals, weights) - logDeterminant };
  });
  const best = fits.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
  return {
    centre: best.kernel.map((row) => level + dot(row, best.weights)),
    spread: best.kernel.map((row, i) => Math.sqrt(Math.max(0, row[i] - dot(row, choleskySolve(best.factor, row))))),
  };
}
