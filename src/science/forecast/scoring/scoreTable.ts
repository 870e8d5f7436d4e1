/**
 * @file Scores of forecasters over runs: means, coverage, and skill against each baseline, with intervals over runs.
 *
 * All forecasters are scored on the same runs; a run that one of them cannot forecast must be left out for all, by the
 * caller, who says so. Fewer than two runs refuse: there is no interval.
 */
import { type Distribution, type Estimate, RefusedError, type Rng, ShapeError } from "../../../core/index.ts";
import type { SurvivalTime } from "../../observe/kaplanMeier.ts";
import { bootstrap } from "../../stats/bootstrap.ts";
import { meanEstimate, proportionEstimate } from "../../stats/intervals.ts";
import { mean } from "../../stats/moments.ts";
import { censoredCrps, centralInterval, crps, intervalScore } from "./scores.ts";

export interface ForecastsOfMethod {
  readonly method: string;
  readonly role: "baseline" | "method";
  /** One a run, in the order of the outcomes. */
  readonly distributions: readonly Distribution[];
}

export interface MethodScore {
  readonly method: string;
  readonly role: "baseline" | "method";
  readonly crps: Estimate;
  /** Of the central 90% interval. For onsets: over runs whose onset was seen; absent below two of them. */
  readonly intervalScore?: Estimate;
  /** Share of outcomes inside the central 90% interval. A censored onset counts as inside unless the interval ends before it. */
  readonly coverage: Estimate;
  /** baseline → 1 − mean CRPS / the baseline's mean CRPS, over the same runs. */
  readonly skill: Readonly<Record<string, Estimate>>;
}

/**
 * Skill 1 − mean S / mean S_ref with a percentile bootstrap over runs, score and reference resampled in pairs. Both score
 * arrays in the order of the runs. Throws REFUSED when the reference is perfect on a resample.
 */
export function skill({
  scores,
  reference,
  rng,
  draws = 2000,
  level = 0.95,
}: {
  readonly scores: readonly number[];
  readonly reference: readonly number[];
  readonly rng: Rng;
  readonly draws?: number;
  readonly level?: number;
}): Estimate {
  if (scores.length !== reference.length)
    throw new ShapeError("skill: reference", `[${scores.length}]`, [reference.length]);
  const statistic = (units: readonly (readonly [number, number])[]) => {
    let own = 0;
    let other = 0;
    for (const [a, b] of units) {
      own += a;
      other += b;
    }
    return 1 - own / other;
  };
  const estimate = bootstrap({ units: scores.map((s, i) => [s, reference[i]] as const), statistic, rng, draws, level });
  return { ...estimate, method: `1 − mean score ratio, ${estimate.method.replace("bootstrap", "paired bootstrap")}` };
}

/** Share of outcomes inside the central interval at `interval`, with Wilson's interval. */
export function coverage(
  distributions: readonly Distribution[],
  outcomes: readonly number[],
  { interval = 0.9 }: { interval?: number } = {},
): Estimate {
  const inside = distributions.filter((distribution, i) => {
    const [low, high] = centralInterval(distribution, interval);
    return low <= outcomes[i] && outcomes[i] <= high;
  });
  return proportionEstimate({ successes: inside.length, n: outcomes.length });
}

/** Scores for values at a step. */
export function scoreValues({
  forecasts,
  outcomes,
  rng,
}: {
  readonly forecasts: readonly ForecastsOfMethod[];
  readonly outcomes: readonly number[];
  readonly rng: Rng;
}): MethodScore[] {
  requireRuns(forecasts, outcomes.length);
  return table(forecasts, rng, {
    score: (distribution, i) => crps(distribution, outcomes[i]),
    interval: ({ distributions }) => meanEstimate(distributions.map((d, i) => intervalScore(d, outcomes[i]))),
    covered: ({ distributions }) => coverage(distributions, outcomes),
  });
}

/** Scores for steps of onsets, right-censored; CRPS by `censoredCrps` up to the horizon, in steps. */
export function scoreOnsets({
  forecasts,
  outcomes,
  horizon,
  rng,
}: {
  readonly forecasts: readonly ForecastsOfMethod[];
  readonly outcomes: readonly SurvivalTime[];
  readonly horizon: number;
  readonly rng: Rng;
}): MethodScore[] {
  requireRuns(forecasts, outcomes.length);
  return table(forecasts, rng, {
    score: (distribution, i) => censoredCrps(distribution, outcomes[i], { horizon }),
    interval({ distributions }) {
      const seen = distributions.flatMap((d, i) => (outcomes[i].observed ? [intervalScore(d, outcomes[i].time)] : []));
      return seen.length < 2 ? undefined : meanEstimate(seen);
    },
    covered({ distributions }) {
      const inside = distributions.filter((distribution, i) => {
        const [low, high] = centralInterval(distribution, 0.9);
        return outcomes[i].time <= high && (!outcomes[i].observed || low <= outcomes[i].time);
      });
      return proportionEstimate({ successes: inside.length, n: outcomes.length });
    },
  });
}

function table(
  forecasts: readonly ForecastsOfMethod[],
  rng: Rng,
  rules: {
    score(distribution: Distribution, i: number): number;
    interval(forecast: ForecastsOfMethod): Estimate | undefined;
    covered(forecast: ForecastsOfMethod): Estimate;
  },
): MethodScore[] {
  const scores = forecasts.map(({ distributions }) => distributions.map(rules.score));
  const baselines = forecasts.map((_, k) => k).filter((k) => forecasts[k].role === "baseline" && mean(scores[k]) > 0);
  return forecasts.map((forecast, k) => ({
    method: forecast.method,
    role: forecast.role,
    crps: meanEstimate(scores[k]),
    intervalScore: rules.interval(forecast),
    coverage: rules.covered(forecast),
    skill: Object.fromEntries(
      baselines
        .filter((b) => b !== k)
        .map((b) => [forecasts[b].method, skill({ scores: scores[k], reference: scores[b], rng })]),
    ),
  }));
}

function requireRuns(forecasts: readonly ForecastsOfMethod[], n: number): void {
  if (n < 2) throw new RefusedError("Forecast scores", `${n} runs carry no interval; at least 2 are needed`);
  for (const { method, distributions } of forecasts)
    if (distributions.length !== n) throw new ShapeError(`Forecasts of "${method}"`, `[${n}]`, [distributions.length]);
}
