/**
 * @file The leaderboard of one cutoff of a back-test: scores, calibration, and skill against every baseline, with
 * intervals over units.
 *
 * A method is compared with a baseline on the cases that both forecast. The best single baseline is the one with the lowest
 * score over the cases that all complete baselines forecast: chosen with hindsight, to the methods' disadvantage. Fewer than
 * two units carry no interval and refuse.
 */
import { type Distribution, type Estimate, RefusedError, Rng } from "../../../core/index.ts";
import { bootstrap } from "../../stats/bootstrap.ts";
import { mean } from "../../stats/moments.ts";
import type { Forecaster } from "../forecaster.ts";
import type { BacktestAtCutoff, BacktestCase } from "./backtest.ts";
import { logScore } from "./logScore.ts";
import { centralInterval, crps, intervalScore, pit } from "./scores.ts";

/** A baseline that forecasts less than this share of the cases is not a candidate for the best. */
const COMPLETE_FROM = 0.9;
const DRAWS = 2000;
export const COVERAGE_LEVELS = [0.5, 0.8, 0.9] as const;

export interface BacktestRow {
  readonly method: string;
  readonly role: Forecaster["role"];
  readonly cases: number;
  readonly runs: number;
  /** Scores in the measures' own unit where all are shares; otherwise each measure's scores divided by `BacktestTable.scales`. */
  readonly crps: Estimate;
  readonly logScore: Estimate;
  readonly intervalScore: Estimate;
  /** At 50, 80 and 90%. */
  readonly coverage: readonly Estimate[];
  /** Outcomes a tenth of the probability, from the lowest; uniform for a calibrated method. */
  readonly pitTenths: readonly number[];
  /** baseline → 1 − score / the baseline's, over common cases. */
  readonly skill: Readonly<Record<string, Estimate>>;
  /** The same against the best single baseline; absent for that one itself and where there are no baselines. */
  readonly skillOverBest?: Estimate;
}

export interface BacktestTable {
  readonly cutoff: number;
  readonly units: number;
  readonly bestBaseline?: string;
  /** By mean score; methods that forecast nothing are absent. */
  readonly rows: readonly BacktestRow[];
}

export interface BacktestScoring {
  readonly forecasters: readonly Pick<Forecaster, "name" | "role">[];
  /** measure → what its scores are divided by; absent: 1. */
  readonly scales?: ReadonlyMap<string, number>;
  /** What a unit is, for the method text. */
  readonly unit?: string;
}

export function backtestTable(
  at: BacktestAtCutoff,
  { forecasters, scales, unit = "units" }: BacktestScoring,
): BacktestTable {
  const units = [...new Set(at.cases.map((one) => one.unit))];
  if (units.length < 2)
    throw new RefusedError("Back-test", `${units.length} units carry no interval; at least 2 are needed`);
  const scaleOf = (one: BacktestCase) => scales?.get(one.measure) ?? 1;
  const scores = at.forecasts.map((column) =>
    column.map((one, i) => one && crps(one, at.cases[i].outcome) / scaleOf(at.cases[i])),
  );
  const best = bestBaseline(scores, forecasters);
  const rows = forecasters.flatMap((forecaster, f): BacktestRow[] => {
    const made = indices(at.cases.length, (i) => scores[f][i] !== undefined);
    const present = new Set(made.map((i) => at.cases[i].unit));
    if (present.size < 2) return [];
    const row = rowOf(at, { f, made, scaleOf, unit, forecaster });
    const against = (b: number): Estimate | undefined => {
      if (b === f) return undefined;
      const common = made.filter((i) => scores[b][i] !== undefined);
      const rng = Rng.of("back-test skill", at.cutoff, forecaster.name, forecasters[b].name);
      return ratioEstimate(at.cases, common, { own: scores[f], other: scores[b], rng, unit });
    };
    const skill = forecasters.flatMap(({ name, role }, b) => {
      const estimate = role === "baseline" ? against(b) : undefined;
      return estimate === undefined ? [] : [[name, estimate] as const];
    });
    const overBest = best === undefined ? undefined : against(best);
    return [{ ...row, skill: Object.fromEntries(skill), ...(overBest && { skillOverBest: overBest }) }];
  });
  return {
    cutoff: at.cutoff,
    units: units.length,
    ...(best !== undefined && { bestBaseline: forecasters[best].name }),
    rows: rows.sort((a, b) => a.crps.value - b.crps.value),
  };
}

type Scores = readonly (readonly (number | undefined)[])[];

function bestBaseline(scores: Scores, forecasters: BacktestScoring["forecasters"]): number | undefined {
  const n = scores[0]?.length ?? 0;
  const complete = indices(forecasters.length, (f) => {
    const made = scores[f].filter((score) => score !== undefined).length;
    return forecasters[f].role === "baseline" && made >= COMPLETE_FROM * n && made > 0;
  });
  const common = indices(n, (i) => complete.every((f) => scores[f][i] !== undefined));
  const total = (f: number) => common.reduce((sum, i) => sum + scores[f][i]!, 0);
  return complete.length === 0 ? undefined : complete.reduce((best, f) => (total(f) < total(best) ? f : best));
}

function rowOf(
  at: BacktestAtCutoff,
  {
    f,
    made,
    scaleOf,
    unit,
    forecaster,
  }: {
    f: number;
    made: readonly number[];
    scaleOf: (one: BacktestCase) => number;
    unit: string;
    forecaster: Pick<Forecaster, "name" | "role">;
  },
): Omit<BacktestRow, "skill"> {
  const { name, role } = forecaster;
  const forecastOf = (i: number): Distribution => at.forecasts[f][i]!;
  const average = (what: string, amountOf: (i: number) => number): Estimate => {
    const rng = Rng.of("back-test", what, at.cutoff, name);
    return clusterMean(at.cases, made, { amountOf, rng, unit });
  };
  const pitRng = Rng.of("back-test pit", at.cutoff, name);
  const tenths = new Array<number>(10).fill(0);
  for (const i of made) tenths[Math.min(9, Math.floor(10 * pit(forecastOf(i), at.cases[i].outcome, pitRng)))]++;
  return {
    method: name,
    role,
    cases: made.length,
    runs: new Set(made.map((i) => at.cases[i].run)).size,
    crps: average("crps", (i) => crps(forecastOf(i), at.cases[i].outcome) / scaleOf(at.cases[i])),
    logScore: average("log", (i) => logScore(forecastOf(i), at.cases[i].outcome) - Math.log(1 / scaleOf(at.cases[i]))),
    intervalScore: average("interval", (i) => intervalScore(forecastOf(i), at.cases[i].outcome) / scaleOf(at.cases[i])),
    coverage: COVERAGE_LEVELS.map((level) =>
      average(`coverage ${level}`, (i) => {
        const [low, high] = centralInterval(forecastOf(i), level);
        return Number(low <= at.cases[i].outcome && at.cases[i].outcome <= high);
      }),
    ),
    pitTenths: tenths,
  };
}

interface UnitSum {
  readonly own: number;
  readonly other: number;
}

/** Mean over cases, with a percentile bootstrap over units. */
function clusterMean(
  cases: readonly BacktestCase[],
  made: readonly number[],
  { amountOf, rng, unit }: { amountOf: (i: number) => number; rng: Rng; unit: string },
): Estimate {
  const units = unitSums(cases, made, (i) => ({ own: amountOf(i), other: 1 }));
  const estimate = bootstrap({
    units,
    statistic: (drawn) => sumOf(drawn, "own") / sumOf(drawn, "other"),
    rng,
    draws: DRAWS,
    unit,
  });
  return { ...estimate, method: `mean over cases, ${estimate.method}` };
}

/** Skill 1 − Σ own / Σ other over common cases; undefined below two units or for a perfect reference. */
function ratioEstimate(
  cases: readonly BacktestCase[],
  common: readonly number[],
  { own, other, rng, unit }: { own: Scores[number]; other: Scores[number]; rng: Rng; unit: string },
): Estimate | undefined {
  const units = unitSums(cases, common, (i) => ({ own: own[i]!, other: other[i]! }));
  if (units.length < 2 || units.some((one) => !(one.other > 0))) return undefined;
  const statistic = (drawn: readonly UnitSum[]) => 1 - sumOf(drawn, "own") / sumOf(drawn, "other");
  const estimate = bootstrap({ units, statistic, rng, draws: DRAWS, unit });
  return { ...estimate, method: `1 − score ratio, paired ${estimate.method}` };
}

function unitSums(cases: readonly BacktestCase[], of: readonly number[], amountOf: (i: number) => UnitSum): UnitSum[] {
  const sums = new Map<string, { own: number; other: number }>();
  for (const i of of) {
    const sum = sums.get(cases[i].unit) ?? { own: 0, other: 0 };
    sums.set(cases[i].unit, sum);
    const { own, other } = amountOf(i);
    sum.own += own;
    sum.other += other;
  }
  return [...sums.values()];
}

function sumOf(units: readonly UnitSum[], part: keyof UnitSum): number {
  let sum = 0;
  for (const one of units) sum += one[part];
  return sum;
}

function indices(n: number, keep: (i: number) => boolean): number[] {
  return Array.from({ length: n }, (_, i) => i).filter(keep);
}

/**
 * What scores of measures with different units are divided by: the mean CRPS of one method over all cutoffs, measure by
 * measure. Measures that it forecasts perfectly, or not at all, have no scale and are absent.
 */
export function measureScales(cutoffs: readonly BacktestAtCutoff[], method: number): Map<string, number> {
  const scores = new Map<string, number[]>();
  for (const { cases, forecasts } of cutoffs)
    cases.forEach(({ measure, outcome }, i) => {
      const forecast = forecasts[method][i];
      if (forecast !== undefined) scores.set(measure, [...(scores.get(measure) ?? []), crps(forecast, outcome)]);
    });
  return new Map([...scores].flatMap(([measure, all]) => (mean(all) > 0 ? [[measure, mean(all)] as const] : [])));
}
