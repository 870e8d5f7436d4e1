/**
 * @file The conformal interval of a run among seeds of one configuration, from how each of the others was forecast without
 * it in the back-test at the same cutoff. Nothing below nine of them, or where runs are left out in groups.
 *
 * The method is fixed beforehand (the combination; else the last value; else the cohort), not picked by how well it did on the
 * same runs, which would undo the guarantee.
 */
import { type Distribution, type Estimate, RefusedError } from "../../core/index.ts";
import {
  type BacktestAtCutoff,
  bandEstimate,
  curveScore,
  distributionQuantile,
  type Forecaster,
  fewestRunsFor,
  jackknifePlusBand,
  type LeftOutRun,
} from "../../science/index.ts";

export const CONFORMAL_LEVEL = 0.9;
const IN_THIS_ORDER = ["combination", "last value", "cohort"];

export interface SeedInterval {
  readonly method: string;
  /** About the method's median; `n` runs were left out, one by one. */
  readonly interval: Estimate;
}

export function seedInterval(
  at: BacktestAtCutoff,
  forecasters: readonly Pick<Forecaster, "name">[],
  measure: string,
  stated: readonly { readonly method: string; readonly distribution: Distribution }[],
  range: readonly [number | null, number | null] = [null, null],
): SeedInterval | undefined {
  const cases = at.cases.map((_, c) => c).filter((c) => at.cases[c].measure === measure);
  const units = new Set(cases.map((c) => at.cases[c].unit)).size;
  if (units < cases.length || units < fewestRunsFor(CONFORMAL_LEVEL) || at.ofNewcomer === undefined) return undefined;
  for (const method of IN_THIS_ORDER) {
    const f = forecasters.findIndex(({ name }) => name === method);
    const own = stated.find((one) => one.method === method);
    const leftOut = f < 0 || own === undefined ? undefined : leftOutRuns(at, f, cases);
    if (own === undefined || leftOut === undefined) continue;
    try {
      const estimate = bandEstimate(
        distributionQuantile(own.distribution, 0.5),
        jackknifePlusBand(leftOut, CONFORMAL_LEVEL),
      );
      const low = Math.max(estimate.low, range[0] ?? Number.NEGATIVE_INFINITY);
      const high = Math.min(estimate.high, range[1] ?? Number.POSITIVE_INFINITY);
      return { method, interval: { ...estimate, low, high } };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
  }
  return undefined;
}

/** One a case; undefined when a fit says nothing of the new run. */
function leftOutRuns(at: BacktestAtCutoff, f: number, cases: readonly number[]): LeftOutRun[] | undefined {
  const runs = cases.flatMap((c): LeftOutRun[] => {
    const [past, next] = [at.forecasts[f][c], at.ofNewcomer?.[f][c]];
    if (next === undefined) return [];
    const curve = { centres: [distributionQuantile(next, 0.5)], scales: [halfWidth(next)] };
    if (past === undefined) return [{ ...curve, score: Number.POSITIVE_INFINITY }];
    const own = { centres: [distributionQuantile(past, 0.5)], scales: [halfWidth(past)] };
    return [{ ...curve, score: curveScore({ outcomes: [at.cases[c].outcome], ...own }) }];
  });
  return runs.length === cases.length ? runs : undefined;
}

/** Half of the central 90%. */
export function halfWidth(distribution: Distribution): number {
  return (distributionQuantile(distribution, 0.95) - distributionQuantile(distribution, 0.05)) / 2;
}
