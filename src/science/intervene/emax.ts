/**
 * @file The saturating dose–response curve: effect = maximum · x / (ED50 + x), x being the dose above the control's.
 *
 * Refuses when the data cannot tell the curve: doses below the origin, a half-effective dose outside the doses tried (a
 * straight line or a step fits as well), or resamples of seeds that put it there.
 */
import { DomainError, type Estimate, RefusedError, type Rng } from "../../core/index.ts";
import { bootstrapReplicates } from "../stats/bootstrap.ts";
import { mean, quantile } from "../stats/moments.ts";

/** How far outside the range of positive doses ED50 is searched, as a factor; a fit at the edge is refused. */
const REACH = 4;
const GRID = 60;

export interface EmaxFit {
  /** Effect at infinite dose, in units of the effect. */
  readonly maximum: Estimate;
  /** Dose above the origin that gives half the maximum, in units of the dose. */
  readonly ed50: Estimate;
  readonly origin: number;
  /** 1 − residual / total sum of squares of the mean effects about 0. */
  readonly r2: number;
}

export interface EmaxOptions {
  readonly doses: readonly number[];
  /** One row a seed, one effect a dose. */
  readonly bySeed: readonly (readonly number[])[];
  /** Dose at which the effect is 0 by definition. */
  readonly origin: number;
  readonly rng: Rng;
  readonly level?: number;
  readonly draws?: number;
}

/**
 * Least squares on the mean effects, profiled over ln ED50 (the maximum is linear); intervals by resampling seeds.
 * Source of the model: the Emax model of pharmacology with Hill exponent 1 (SCIENCE §6.2 with h = 1: six doses do not
 * carry a free exponent).
 */
export function emaxFit({ doses, bySeed, origin, rng, level = 0.95, draws = 500 }: EmaxOptions): EmaxFit {
  const x = doses.map((dose) => dose - origin);
  const positive = x.filter((value) => value > 0);
  if (x.some((value) => !(value >= 0)))
    throw new DomainError("emaxFit: doses", `doses not below the control's ${origin}`, Math.min(...doses));
  if (positive.length < 3) throw new DomainError("emaxFit", "at least 3 doses above the control's", positive.length);
  const bounds = { low: Math.log(Math.min(...positive) / REACH), high: Math.log(Math.max(...positive) * REACH) };
  const meansOf = (seeds: readonly (readonly number[])[]) => x.map((_, j) => mean(seeds.map((seed) => seed[j])));
  const point = fitMeans(x, meansOf(bySeed), bounds);
  const range = `${format(Math.min(...positive))} to ${format(Math.max(...positive))} above the control's`;
  if (!(point.ed50 >= Math.min(...positive) && point.ed50 <= Math.max(...positive)))
    throw new RefusedError(
      "Saturating fit",
      `the half-effective dose, ${format(point.ed50)} above the control's, lies outside the doses tried (${range}), so that maximum and ED50 cannot be told apart`,
    );
  const fits: Fit[] = [];
  bootstrapReplicates({
    units: bySeed,
    statistic: (seeds) => fits.push(fitMeans(x, meansOf(seeds), bounds)),
    rng,
    draws,
  });
  const atEdge = fits.filter(({ edge }) => edge).length / draws;
  if (atEdge > (1 - level) / 2)
    throw new RefusedError(
      "Saturating fit",
      `the half-effective dose is undetermined in ${format(100 * atEdge)}% of resamples of the seeds`,
    );
  const estimate = (value: number, column: readonly number[]): Estimate => ({
    value,
    low: quantile(column, (1 - level) / 2),
    high: quantile(column, (1 + level) / 2),
    level,
    method: `saturating curve with Hill exponent 1, bootstrap over seeds, percentile, ${draws} draws`,
    n: bySeed.length,
  });
  return {
    maximum: estimate(
      point.maximum,
      fits.map((fit) => fit.maximum),
    ),
    ed50: estimate(
      point.ed50,
      fits.map((fit) => fit.ed50),
    ),
    origin,
    r2: point.r2,
  };
}

interface Fit {
  readonly maximum: number;
  readonly ed50: number;
  readonly r2: number;
  readonly edge: boolean;
}

function fitMeans(x: readonly number[], y: readonly number[], { low, high }: { low: number; high: number }): Fit {
  const at = (logEd50: number) => profile(x, y, Math.exp(logEd50));
  const step = (high - low) / (GRID - 1);
  let best = 0;
  for (let g = 1; g < GRID; g++) if (at(low + g * step).residual < at(low + best * step).residual) best = g;
  let [a, b] = [low + Math.max(0, best - 1) * step, low + Math.min(GRID - 1, best + 1) * step];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 40; i++) {
    const [c, d] = [b - golden * (b - a), a + golden * (b - a)];
    if (at(c).residual < at(d).residual) b = d;
    else a = c;
  }
  const logEd50 = (a + b) / 2;
  const { maximum, residual } = at(logEd50);
  const total = y.reduce((sum, value) => sum + value * value, 0);
  return {
    maximum,
    ed50: Math.exp(logEd50),
    r2: total === 0 ? Number.NaN : 1 - residual / total,
    edge: best === 0 || best === GRID - 1,
  };
}

function profile(x: readonly number[], y: readonly number[], ed50: number): { maximum: number; residual: number } {
  let fy = 0;
  let ff = 0;
  let yy = 0;
  for (let j = 0; j < x.length; j++) {
    const f = x[j] / (ed50 + x[j]);
    fy += f * y[j];
    ff += f * f;
    yy += y[j] * y[j];
  }
  return { maximum: fy / ff, residual: Math.max(0, yy - (fy * fy) / ff) };
}

function format(value: number): string {
  return String(Number(value.toPrecision(3)));
}
