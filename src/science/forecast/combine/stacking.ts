/**
 * @file Weights of a linear pool of forecasters from how each did on left-out units, by CRPS.
 *
 * The CRPS of a pool is quadratic in its weights, so a unit's evidence is one vector and one matrix. The weights are the
 * average of the best ones over random reweightings of the units (Bayesian bootstrap): where units disagree on which member is
 * best, several share; a little pull keeps equals equal. Cases that some member did not forecast are the caller's to leave
 * out.
 */
import { type Distribution, Rng, ShapeError } from "../../../core/index.ts";

export interface StackingCase {
  readonly unit: string;
  /** One a member, all on one grid of probabilities. */
  readonly forecasts: readonly Distribution[];
  readonly outcome: number;
  /** What a score is divided by: the scale of the measure. */
  readonly scale: number;
}

const DRAWS = 40;
const ROUNDS = 100;
/** Quadratic pull to equal weights, in units of the best member's score. */
const PULL = 0.02;

/** Mean scores of one unit's cases: a pool with weights w scores near·w − ½ w·apart·w. */
interface UnitScores {
  /** E|X − y| by member. */
  readonly near: Float64Array;
  /** E|X − X′| by pair of members. */
  readonly apart: Float64Array;
}

/**
 * Weights that sum to 1; equal ones for no cases. Units count equally, however many cases they have. Source of the pool's
 * score: Gneiting & Raftery (2007), eq. 21; of the reweighting: Rubin (1981), as for stacking in Yao et al. (2018), §3.2.
 */
export function stackingWeights(cases: readonly StackingCase[], members: number): number[] {
  const equal = new Array<number>(members).fill(1 / members);
  if (cases.length === 0 || members < 2) return equal;
  const units = unitScores(cases, members);
  const alone = equal.map(
    (_, m) => units.reduce((sum, { near, apart }) => sum + near[m] - 0.5 * apart[m * members + m], 0) / units.length,
  );
  const best = Math.min(...alone);
  if (!(best > 0)) return shares(alone.map((one) => Number(one === best)));
  const rng = Rng.of("stacking");
  const sum = equal.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = shares(units.map(() => -Math.log(1 - rng.uniform())));
    bestPool(units, drawn, { members, unit: best }).forEach((weight, m) => {
      sum[m] += weight / DRAWS;
    });
  }
  return sum;
}

/** Minimises the pool's score over the simplex, from equal weights, by exact steps from one member to another; convex. */
function bestPool(
  units: readonly UnitScores[],
  drawn: readonly number[],
  { members, unit }: { members: number; unit: number },
): number[] {
  const near = new Float64Array(members);
  const apart = new Float64Array(members * members);
  units.forEach((one, u) => {
    for (let m = 0; m < members; m++) near[m] += (drawn[u] * one.near[m]) / unit;
    for (let t = 0; t < apart.length; t++) apart[t] += (drawn[u] * one.apart[t]) / unit;
  });
  const weights = new Array<number>(members).fill(1 / members);
  const slope = (m: number) => {
    let sum = near[m] + PULL * (weights[m] - 1 / members);
    for (let k = 0; k < members; k++) sum -= apart[m * members + k] * weights[k];
    return sum;
  };
  for (let round = 0; round < ROUNDS; round++) {
    let moved = 0;
    for (let a = 0; a < members; a++)
      for (let b = 0; b < a; b++) {
        const bend = 2 * apart[a * members + b] - apart[a * members + a] - apart[b * members + b] + 2 * PULL;
        const step = Math.min(weights[b], Math.max(-weights[a], (slope(b) - slope(a)) / bend));
        weights[a] += step;
        weights[b] -= step;
        moved = Math.max(moved, Math.abs(step));
      }
    if (moved < 1e-6) break;
  }
  return weights.map((weight) => Math.max(0, weight));
}

function unitScores(cases: readonly StackingCase[], members: number): UnitScores[] {
  const counts = new Map<string, number>();
  for (const { unit, forecasts } of cases) {
    if (forecasts.length !== members)
      throw new ShapeError("stackingWeights: forecasts", `[${members}]`, [forecasts.length]);
    counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  const units = new Map<string, UnitScores>();
  const { kept, masses } = thinned(cases[0].forecasts[0].probabilities);
  for (const { unit, forecasts, outcome, scale } of cases) {
    const known = units.get(unit) ?? { near: new Float64Array(members), apart: new Float64Array(members * members) };
    units.set(unit, known);
    const share = 1 / (counts.get(unit)! * scale);
    const points = forecasts.map(({ quantiles }) => kept.map((k) => quantiles[k]));
    for (let m = 0; m < members; m++) {
      for (let k = 0; k < masses.length; k++) known.near[m] += share * masses[k] * Math.abs(points[m][k] - outcome);
      for (let n = 0; n <= m; n++) {
        const distance = share * meanDistance(points[m], points[n], masses);
        known.apart[m * members + n] += distance;
        if (n < m) known.apart[n * members + m] += distance;
      }
    }
  }
  return [...units.values()];
}

/** Every third quantile, standing for the probability around it: a pool's weights need no finer grid. */
function thinned(probabilities: readonly number[]): { kept: number[]; masses: number[] } {
  const kept = probabilities.map((_, k) => k).filter((k) => k % 3 === 1 || probabilities.length < 9);
  const levels = kept.map((k) => probabilities[k]);
  const masses = levels.map((level, k) => ((levels[k + 1] ?? 2 - level) - (levels[k - 1] ?? -level)) / 2);
  return { kept, masses };
}

function meanDistance(a: readonly number[], b: readonly number[], masses: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) sum += masses[i] * masses[j] * Math.abs(a[i] - b[j]);
  return sum;
}

function shares(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
