/**
 * @file From loss to a downstream error: Err = ε − k·e^(−γL) (Gadre et al. 2024).
 *
 * Needs at least five models with finite loss and error whose losses differ. Refuses when the curvature γ runs to the edge
 * of its range (the points are a straight line or a step), for then ε and k mean nothing; the error says which.
 */
import { type Distribution, DomainError, type Estimate, RefusedError, type Rng } from "../../../core/index.ts";
import { nonNegativeSolve } from "../../fit/nonNegative.ts";
import { quantile, quantileSorted, sorted } from "../../stats/moments.ts";
import { distributionFrom } from "../distribution.ts";

export interface LossErrorPoint {
  readonly run: string;
  /** Nats a token. */
  readonly loss: number;
  /** Share of answers that are wrong, or a mean of such. */
  readonly error: number;
}

export interface ErrorLawFit {
  /** ε: the error at infinite loss. */
  readonly ceiling: number;
  readonly k: number;
  readonly gamma: number;
  /** Observed − fitted error. */
  readonly residuals: readonly number[];
  readonly rootMeanSquare: number;
}

const GAMMA = { low: 0.02, high: 20, grid: 80 };

/** Least squares, ε ≥ 0 and k ≥ 0 solved exactly for each γ, γ by a grid in ln γ and golden section. Source: arXiv:2403.08540, eq. 5. */
export function errorLawFit(points: readonly LossErrorPoint[]): ErrorLawFit {
  for (const { run, loss, error } of points)
    if (!Number.isFinite(loss) || !Number.isFinite(error))
      throw new DomainError(`Error law: run ${run}`, "finite loss and error", `${loss}, ${error}`);
  if (points.length < 5) throw new RefusedError("Error law", `${points.length} models are too few; 5 are needed`);
  if (new Set(points.map(({ loss }) => loss)).size < 3)
    throw new RefusedError("Error law", "fewer than 3 different losses");
  const centre = points.reduce((sum, { loss }) => sum + loss, 0) / points.length;
  const at = (logGamma: number) => linearPart(points, Math.exp(logGamma), centre);
  const [low, high] = [Math.log(GAMMA.low), Math.log(GAMMA.high)];
  const width = (high - low) / (GAMMA.grid - 1);
  let best = 0;
  for (let g = 1; g < GAMMA.grid; g++) if (at(low + g * width).squares < at(low + best * width).squares) best = g;
  if (best === 0 || best === GAMMA.grid - 1)
    throw new RefusedError(
      "Error law",
      best === 0
        ? "error is a straight line in loss: ε and γ cannot be told apart"
        : "error is a step in loss: γ cannot be told",
    );
  let [a, b] = [low + (best - 1) * width, low + (best + 1) * width];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 60; i++) {
    const [c, d] = [b - golden * (b - a), a + golden * (b - a)];
    if (at(c).squares < at(d).squares) b = d;
    else a = c;
  }
  const gamma = Math.exp((a + b) / 2);
  const { ceiling, k, squares } = at((a + b) / 2);
  if (k === 0) throw new RefusedError("Error law", "error does not fall with loss");
  const scaled = k * Math.exp(gamma * centre);
  return {
    ceiling,
    k: scaled,
    gamma,
    residuals: points.map(({ loss, error }) => error - ceiling + scaled * Math.exp(-gamma * loss)),
    rootMeanSquare: Math.sqrt(squares / points.length),
  };
}

export function errorFromLoss(
  { ceiling, k, gamma }: Pick<ErrorLawFit, "ceiling" | "k" | "gamma">,
  loss: number,
): number {
  return ceiling - k * Math.exp(-gamma * loss);
}

export interface ErrorLawEnsemble {
  readonly fit: ErrorLawFit;
  readonly draws: readonly ErrorLawFit[];
  readonly n: number;
}

/** Refits on resamples of models with replacement; refuses when more than a twentieth of them do not determine the law. */
export function errorLawEnsemble({
  points,
  rng,
  draws = 500,
}: {
  readonly points: readonly LossErrorPoint[];
  readonly rng: Rng;
  readonly draws?: number;
}): ErrorLawEnsemble {
  const fit = errorLawFit(points);
  const fits: ErrorLawFit[] = [];
  for (let draw = 0; draw < draws; draw++)
    try {
      fits.push(errorLawFit(points.map(() => points[rng.int(points.length)])));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
  if (fits.length < 0.95 * draws)
    throw new RefusedError(
      "Error law: intervals",
      `${draws - fits.length} of ${draws} resamples of the models do not determine it`,
    );
  return { fit, draws: fits, n: points.length };
}

/** ε, k and γ with percentile intervals. */
export function errorLawEstimates(
  { fit, draws, n }: ErrorLawEnsemble,
  { level = 0.95 }: { readonly level?: number } = {},
): { readonly name: string; readonly estimate: Estimate }[] {
  return (["ceiling", "k", "gamma"] as const).map((key) => {
    const values = draws.map((draw) => draw[key]);
    const estimate: Estimate = {
      value: fit[key],
      low: quantile(values, (1 - level) / 2),
      high: quantile(values, (1 + level) / 2),
      level,
      method: `least squares profiled over γ; bootstrap over models, percentile, ${draws.length} draws`,
      n,
    };
    return { name: key === "ceiling" ? "ε" : key === "gamma" ? "γ" : "k", estimate };
  });
}

/**
 * The error of a model whose loss is given as samples (one value: known loss): each resampled law at a sample of the loss,
 * with the miss of a fitted model drawn at random, inflated by √(n/(n − 3)).
 */
export function errorForecast(
  { fit, draws, n }: ErrorLawEnsemble,
  losses: readonly number[],
  rng: Rng,
  range: readonly [number | null, number | null] = [0, 1],
): Distribution {
  if (losses.length === 0 || !losses.every(Number.isFinite))
    throw new DomainError("errorForecast: losses", "finite losses", losses.length === 0 ? "none" : "some that are not");
  const inflate = Math.sqrt(n / (n - 3));
  const errors = sorted(
    draws.map((draw) => errorFromLoss(draw, losses[rng.int(losses.length)]) + inflate * fit.residuals[rng.int(n)]),
  );
  return distributionFrom((p) => quantileSorted(errors, p), range);
}

function linearPart(points: readonly LossErrorPoint[], gamma: number, centre: number) {
  let [g01, g11, m0, m1, yy] = [0, 0, 0, 0, 0];
  for (const { loss, error } of points) {
    const basis = -Math.exp(-gamma * (loss - centre));
    g01 += basis;
    g11 += basis * basis;
    m0 += error;
    m1 += basis * error;
    yy += error * error;
  }
  const gram = [
    [points.length, g01],
    [g01, g11],
  ];
  const [ceiling, k] = nonNegativeSolve(gram, [m0, m1]);
  const squares =
    yy - 2 * (ceiling * m0 + k * m1) + ceiling * ceiling * points.length + 2 * ceiling * k * g01 + k * k * g11;
  return { ceiling, k, squares: Math.max(0, squares) };
}
