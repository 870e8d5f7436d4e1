/**
 * @file Weights of a combination of forecasts from how each did on left-out units, by CRPS.
 *
 * Minimises the mean score of the averaged quantiles plus a Kullback–Leibler pull towards equal weights that fades with the
 * number of units: with few units the evidence between near-equals is noise. Cases that some member did not forecast are the
 * caller's to leave out.
 */
import { type Distribution, ShapeError } from "../../core/index.ts";

export interface StackingCase {
  readonly unit: string;
  /** One a member, all on one grid of probabilities. */
  readonly forecasts: readonly Distribution[];
  readonly outcome: number;
  /** What a score is divided by: the scale of the measure. */
  readonly scale: number;
}

/** Strength of the pull, in units of the best member's score, for one unit; divided by their number. */
const PULL = 0.3;
const STEPS = 150;

/**
 * Weights that sum to 1; equal ones for no cases. Units count equally, however many cases they have. Exponentiated-gradient
 * descent on a convex objective: CRPS as twice the mean quantile loss (Gneiting & Ranjan 2011), linear between members'
 * quantiles.
 */
export function stackingWeights(cases: readonly StackingCase[], members: number): number[] {
  const equal = new Array<number>(members).fill(1 / members);
  if (cases.length === 0 || members === 0) return equal;
  const { probabilities } = cases[0].forecasts[0];
  const p = probabilities.length;
  const units = new Map<string, number>();
  for (const { unit, forecasts } of cases) {
    if (forecasts.length !== members)
      throw new ShapeError("stackingWeights: forecasts", `[${members}]`, [forecasts.length]);
    units.set(unit, (units.get(unit) ?? 0) + 1);
  }
  const shares = cases.map(({ unit, scale }) => 1 / (units.size * units.get(unit)! * scale));
  // case × probability × member, every third probability: the averages need no finer grid.
  const kept = probabilities.map((_, k) => k).filter((k) => k % 3 === 1 || p < 9);
  const levels = kept.map((k) => probabilities[k]);
  const masses = levels.map((level, k) => ((levels[k + 1] ?? 2 - level) - (levels[k - 1] ?? -level)) / 2);
  const quantiles = new Float64Array(cases.length * levels.length * members);
  cases.forEach(({ forecasts }, c) => {
    kept.forEach((k, l) => {
      forecasts.forEach((one, m) => {
        quantiles[(c * levels.length + l) * members + m] = one.quantiles[k];
      });
    });
  });
  const score = (weights: ArrayLike<number>, gradient?: Float64Array): number => {
    let total = 0;
    let at = 0;
    for (let c = 0; c < cases.length; c++) {
      const { outcome } = cases[c];
      for (let l = 0; l < levels.length; l++, at += members) {
        let averaged = 0;
        for (let m = 0; m < members; m++) averaged += weights[m] * quantiles[at + m];
        const slope = 2 * shares[c] * masses[l] * (outcome >= averaged ? -levels[l] : 1 - levels[l]);
        total += slope * (averaged - outcome);
        if (gradient !== undefined) for (let m = 0; m < members; m++) gradient[m] += slope * quantiles[at + m];
      }
    }
    return total;
  };
  const alone = equal.map((_, m) => score(equal.map((__, k) => Number(k === m))));
  const best = Math.min(...alone);
  if (!(best > 0)) return normalised(alone.map((one) => Number(one === best)));
  const pull = PULL / units.size;
  let logs = normalisedLogs(alone.map((one) => -(one / best) / pull));
  const mean = new Float64Array(members);
  for (let step = 0; step < STEPS; step++) {
    const weights = logs.map(Math.exp);
    const gradient = new Float64Array(members);
    score(weights, gradient);
    // Mirror descent: the pull's own part is the step towards −gradient/pull.
    const rate = 1 / (step / 10 + 2);
    logs = normalisedLogs(logs.map((log, m) => (1 - rate) * log - (rate * gradient[m]) / (best * pull)));
    const from = STEPS / 2;
    if (step >= from) for (let m = 0; m < members; m++) mean[m] += Math.exp(logs[m]) / (STEPS - from);
  }
  return normalised([...mean]);
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

function normalisedLogs(logs: readonly number[]): number[] {
  const top = Math.max(...logs);
  const total = top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
  return logs.map((log) => log - total);
}
