/**
 * @file Conformal calibration with the run as the unit: intervals and whole-curve bands for one more run, from how far
 * forecasts were off on others. Coverage holds for exchangeable runs (seeds of one configuration) and for no others.
 *
 * A score is a distance from the forecast in units of its own spread. ±∞ is a case that was not forecast and counts as
 * missed; NaN is an error. Equal scores count each by itself: with ties coverage is only higher. Refused: fewer runs than the
 * level needs (9 for 90%, 19 for 95%), and an interval that would be infinite.
 * Sources: Vovk et al. 2005 (split conformal); Barber et al. 2021 (jackknife+); Gibbs & Candès 2021 (adaptive level).
 */
import { DomainError, type Estimate, RefusedError, ShapeError } from "../../../core/index.ts";
import { requireLevel } from "../../stats/intervals.ts";

/** Runs that an interval of this level needs: the smallest n with ⌈(n+1)·level⌉ ≤ n. */
export function fewestRunsFor(level: number): number {
  requireLevel("Conformal", level);
  return Math.ceil(level / (1 - level) - 1e-9);
}

/**
 * The ⌈(n+1)·level⌉-th smallest of n scores ≥ 0: one more exchangeable score is not above it with probability at least
 * `level` (exactly ⌈(n+1)·level⌉/(n+1) without ties). May be ∞. Throws REFUSED when n is too small, DOMAIN for NaN.
 */
export function conformalQuantile(scores: readonly number[], level: number): number {
  const wrong = scores.find((score) => !(score >= 0));
  if (wrong !== undefined) throw new DomainError("Conformal scores", "numbers ≥ 0", wrong);
  return [...scores].sort((a, b) => a - b)[rank(scores.length, level) - 1];
}

/**
 * Score of a run: max over steps of |outcome − centre| / scale. Steps with a NaN outcome (not measured) are left out; a scale
 * of 0 scores 0 where the outcome is the centre and ∞ elsewhere. All arrays [steps]; throws DOMAIN when nothing is measured.
 */
export function curveScore({
  outcomes,
  centres,
  scales,
}: { readonly outcomes: readonly number[] } & CurveCentres): number {
  requireCurve({ centres, scales }, outcomes.length);
  const scores = outcomes.flatMap((outcome, t) => {
    if (Number.isNaN(outcome)) return [];
    const off = Math.abs(outcome - centres[t]);
    return [off === 0 ? 0 : off / scales[t]];
  });
  if (scores.length === 0) throw new DomainError("Conformal score", "an outcome at one step or more", "none");
  return Math.max(...scores);
}

/** [steps] each; scales ≥ 0 in the measure's unit. */
export interface CurveCentres {
  readonly centres: readonly number[];
  readonly scales: readonly number[];
}

export interface ConformalBand {
  /** [steps] */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly level: number;
  /** Coverage that is proved for exchangeable runs, of all steps at once. */
  readonly guaranteed: number;
  /** Calibration runs. */
  readonly n: number;
}

/**
 * Split conformal: centre ± q·scale at every step, where the scores come from runs that the forecaster was not fitted on.
 * Covers all steps of a further exchangeable run at once with probability ≥ level. One step: an interval.
 */
export function splitConformalBand(
  { centres, scales }: CurveCentres,
  scores: readonly number[],
  level: number,
): ConformalBand {
  requireCurve({ centres, scales }, centres.length);
  const q = finiteOrRefused(conformalQuantile(scores, level));
  return {
    low: centres.map((centre, t) => centre - q * scales[t]),
    high: centres.map((centre, t) => centre + q * scales[t]),
    level,
    guaranteed: level,
    n: scores.length,
  };
}

/** How a run was forecast without it, and what the same fit says of the new run. */
export interface LeftOutRun extends CurveCentres {
  readonly score: number;
}

/**
 * Jackknife+: no run is given up for calibration. At every step, order statistics over the runs of what the fit without run i
 * says of the new run, ∓ its score on run i. Covers all steps at once: a run outside at any step is worse than most i under
 * their own fits, so Barber's proof holds for the maximum. Proved 1 − 2α; about 1 − α unless fits are unstable.
 */
export function jackknifePlusBand(runs: readonly LeftOutRun[], level: number): ConformalBand {
  const steps = runs[0]?.centres.length ?? 0;
  for (const run of runs) requireCurve(run, steps);
  const k = rank(runs.length, level);
  finiteOrRefused(
    conformalQuantile(
      runs.map(({ score }) => score),
      level,
    ),
  );
  const ends = (t: number, sign: 1 | -1) =>
    runs.map(({ score, centres, scales }) => sign * centres[t] + (score === 0 ? 0 : score * scales[t]));
  const kth = (values: readonly number[]) => [...values].sort((a, b) => a - b)[k - 1];
  const at = Array.from({ length: steps }, (_, t) => t);
  return {
    low: at.map((t) => -kth(ends(t, -1))),
    high: at.map((t) => kth(ends(t, 1))),
    level,
    guaranteed: Math.max(0, 2 * level - 1),
    n: runs.length,
  };
}

/** A band of one step about a value, in words that say what is proved. */
export function bandEstimate(value: number, band: ConformalBand): Estimate {
  if (band.low.length !== 1) throw new ShapeError("bandEstimate: band", "[1]", [band.low.length]);
  const method = `conformal over ${band.n} runs; at least ${Math.round(100 * band.guaranteed)}% for exchangeable runs`;
  return { value, low: band.low[0], high: band.high[0], level: band.level, method, n: band.n };
}

/**
 * Adaptive conformal inference for runs that come one after another and drift: α_{t+1} = α_t + γ(α − missed_t). The share
 * missed tends to α whatever the scores do: within (max(α, 1−α) + γ)/(γT). Scores ≥ 0 in order of time; each is judged by
 * those before it, of which there are none at first (the interval is then everything). α_t ≤ 0 misses nothing, ≥ 1 all.
 */
export function adaptiveConformal(
  scores: readonly number[],
  { level, gamma }: { readonly level: number; readonly gamma: number },
): { readonly alphas: readonly number[]; readonly missed: readonly boolean[]; readonly next: number } {
  requireLevel("Conformal", level);
  if (!(gamma > 0)) throw new DomainError("Adaptive conformal: gamma", "a number above 0", gamma);
  let alpha = 1 - level;
  const alphas: number[] = [];
  const missed = scores.map((score, t) => {
    const [now, before] = [1 - alpha, scores.slice(0, t)];
    const isTooFew = alpha <= 0 || Math.ceil((t + 1) * now - 1e-9) > t;
    const isMissed = alpha >= 1 || (!isTooFew && score > conformalQuantile(before, now));
    alphas.push(alpha);
    alpha += gamma * (1 - level - (isMissed ? 1 : 0));
    return isMissed;
  });
  return { alphas, missed, next: alpha };
}

function rank(n: number, level: number): number {
  const fewest = fewestRunsFor(level);
  if (n >= fewest) return Math.max(1, Math.ceil((n + 1) * level - 1e-9));
  throw new RefusedError(
    "Conformal interval",
    `${n} runs cannot carry a level of ${level}; ${fewest} are needed, or a lower level`,
  );
}

function finiteOrRefused(q: number): number {
  if (Number.isFinite(q)) return q;
  throw new RefusedError("Conformal interval", "too many of the runs were not forecast: it would be infinite");
}

function requireCurve({ centres, scales }: CurveCentres, steps: number): void {
  if (centres.length !== steps || scales.length !== steps)
    throw new ShapeError("Conformal curve", `[${steps}]`, [centres.length, scales.length]);
  if (!centres.every(Number.isFinite)) throw new DomainError("Conformal centres", "finite numbers", centres.join(", "));
  const wrong = scales.find((scale) => !(scale >= 0 && Number.isFinite(scale)));
  if (wrong !== undefined) throw new DomainError("Conformal scales", "finite numbers ≥ 0", wrong);
}
