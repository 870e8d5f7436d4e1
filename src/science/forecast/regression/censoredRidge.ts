/**
 * @file Log-normal accelerated-failure-time regression with right-censored runs and many features.
 *
 * The ridge average of ridgeAverage.ts on ln T, censored times replaced by their expectation given that they exceed the
 * last look, to convergence (EM, Schmee & Hahn, Technometrics 21, 1979, with the missing variance added). Times must be
 * positive; fewer than three observed events refuse.
 */
import { DomainError, type Json, RefusedError } from "../../../core/index.ts";
import type { SurvivalTime } from "../../observe/kaplanMeier.ts";
import { normalCdf, normalPdf } from "../../stats/distributions.ts";
import type { Matrix } from "../../stats/linear.ts";
import { ridgeDesign } from "./ridgeAverage.ts";

export interface CensoredRidge {
  /** Student t predictive of ln T; df = observed events − 1. */
  predict(row: readonly number[]): { readonly centre: number; readonly scale: number; readonly df: number };
  readonly events: number;
  readonly summary: { readonly [key: string]: Json };
}

export function censoredRidge({
  x,
  times,
}: {
  readonly x: Matrix;
  readonly times: readonly SurvivalTime[];
}): CensoredRidge {
  const events = times.filter(({ observed }) => observed).length;
  if (events < 3) throw new RefusedError("Time-to-event regression", `${events} observed events; 3 are needed`);
  for (const { time } of times)
    if (!(time > 0 && time < Number.POSITIVE_INFINITY))
      throw new DomainError("Time-to-event regression: time", "positive finite numbers", time);
  const n = times.length;
  const bounds = times.map(({ time }) => Math.log(time));
  const design = ridgeDesign(x);
  let y = bounds;
  let missing = 0;
  let fit = design.fit(y);
  for (let iteration = 0; iteration < 200 && events < n; iteration++) {
    const sd = Math.sqrt(fit.variance + missing);
    missing = 0;
    const next = bounds.map((bound, i) => {
      if (times[i].observed) return bound;
      const { mean, variance } = normalBeyond({ mean: fit.fitted[i], sd }, bound);
      missing += variance / (n - 1);
      return mean;
    });
    const moved = Math.max(...next.map((value, i) => Math.abs(value - y[i])));
    y = next;
    fit = design.fit(y);
    if (moved < 1e-8) break;
  }
  const variance = fit.variance + missing;
  return {
    events,
    summary: { ...fit.summary, logSd: Math.sqrt(variance), events },
    predict(row) {
      const { centre, scale } = fit.predict(row);
      // The same leverage, the mean's share counted over events instead of runs.
      const factor = fit.variance > 0 ? (scale * scale) / fit.variance : 1 + 1 / n;
      return { centre, scale: Math.sqrt(variance * (factor - 1 / n + 1 / events)), df: events - 1 };
    },
  };
}

/** Mean and variance of a normal given that it exceeds `bound`. */
function normalBeyond({ mean, sd }: { mean: number; sd: number }, bound: number): { mean: number; variance: number } {
  if (sd === 0) return { mean: Math.max(mean, bound), variance: 0 };
  const a = (bound - mean) / sd;
  // Beyond 8 sd the hazard is its asymptote a + 1/a to rounding.
  const hazard = a > 8 ? a + 1 / a : normalPdf(a) / normalCdf(-a);
  return { mean: mean + sd * hazard, variance: Math.max(0, sd * sd * (1 + a * hazard - hazard * hazard)) };
}
