/**
 * @file Treated against control runs that share no seeds: difference of means over runs, on many measures at once.
 *
 * Intervals: Welch's t (unequal variances; Satterthwaite's degrees of freedom), simultaneous over the measures by
 * Bonferroni. Adjusted p: permutation of runs between the arms, step-down max-T (Westfall & Young 1993, algorithm 2.8)
 * on |Welch's t|, so that what the measures share is used; all permutations up to 20,000, else a seeded sample of as many.
 * With m and n runs no adjusted p is below 1/C(m + n, m). Refuses fewer than two runs in an arm and non-finite outcomes.
 */
import { DomainError, type Estimate, RefusedError, Rng } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";
import { mean, variance } from "../stats/moments.ts";

export interface UnpairedInput {
  readonly name: string;
  /** One value a run. */
  readonly treated: readonly number[];
  readonly control: readonly number[];
}

export interface UnpairedEffect {
  readonly name: string;
  /** Simultaneous over the measures; n counts runs of both arms. */
  readonly effect: Estimate;
  readonly adjustedP: number;
  /** Difference found with a chance of 80% by this interval, for spreads as observed (t with the same df for both tails). */
  readonly minimalDetectable: number;
}

const MOST_PERMUTATIONS = 20_000;

/** Results in the order given. Every measure must have the same runs in the same order. */
export function unpairedEffects(
  inputs: readonly UnpairedInput[],
  { level = 0.95 }: { readonly level?: number } = {},
): UnpairedEffect[] {
  requireLevel("unpairedEffects", level);
  if (inputs.length === 0) return [];
  const [m, n] = [inputs[0].treated.length, inputs[0].control.length];
  for (const { name, treated, control } of inputs) requireArms(name, treated, control, m, n);
  const { splits, isExact } = splitsOf(m, n);
  const all = inputs.map(({ treated, control }) => Float64Array.from([...treated, ...control]));
  const adjusted = maxT(all, splits, m);
  const permutations = `${isExact ? `all ${splits.length}` : `${splits.length} sampled`} permutations`;
  return inputs.map(({ name, treated, control }, k) => {
    const value = mean(treated) - mean(control);
    const { se, df } = welch(treated, control);
    const critical = se === 0 ? 0 : studentTQuantile(1 - (1 - level) / 2 / inputs.length, df);
    const half = critical * se;
    return {
      name,
      effect: {
        value,
        low: value - half,
        high: value + half,
        level,
        method: `difference of means over runs, Welch's t interval${inputs.length > 1 ? `, Bonferroni over ${inputs.length} measures` : ""}; p by max-T over ${permutations}`,
        n: m + n,
      },
      adjustedP: adjusted[k],
      minimalDetectable: se === 0 ? 0 : (critical + studentTQuantile(0.8, df)) * se,
    };
  });
}

function requireArms(name: string, treated: readonly number[], control: readonly number[], m: number, n: number): void {
  if (treated.length !== m || control.length !== n)
    throw new DomainError(
      `unpairedEffects: ${name}`,
      `${m} treated and ${n} control runs as in the others`,
      `${treated.length} and ${control.length}`,
    );
  if (m < 2 || n < 2) throw new DomainError("unpairedEffects", "at least 2 runs in each arm", `${m} and ${n}`);
  if (![...treated, ...control].every(Number.isFinite))
    throw new RefusedError(
      `unpairedEffects: ${name}`,
      "an outcome is not finite; take an outcome that is defined for a run that diverged",
    );
}

function welch(a: ArrayLike<number>, b: ArrayLike<number>): { se: number; df: number } {
  const [u, v] = [variance(a) / a.length, variance(b) / b.length];
  const se = Math.sqrt(u + v);
  return { se, df: se === 0 ? 1 : (u + v) ** 2 / (u ** 2 / (a.length - 1) + v ** 2 / (b.length - 1)) };
}

/** Which runs are "treated", for each permutation; the first is the one observed. */
function splitsOf(m: number, n: number): { splits: Uint8Array[]; isExact: boolean } {
  let count = 1;
  for (let i = 1; i <= m; i++) count = (count * (n + i)) / i;
  const observed = Uint8Array.from({ length: m + n }, (_, i) => (i < m ? 1 : 0));
  if (count <= MOST_PERMUTATIONS) {
    const splits: Uint8Array[] = [];
    const choose = (from: number, left: number, chosen: number[]): void => {
      if (left === 0) {
        const split = new Uint8Array(m + n);
        for (const i of chosen) split[i] = 1;
        splits.push(split);
        return;
      }
      for (let i = from; i <= m + n - left; i++) choose(i + 1, left - 1, [...chosen, i]);
    };
    choose(0, m, []);
    return { splits, isExact: true };
  }
  const rng = Rng.of("unpaired permutations", m, n);
  const splits = [observed];
  while (splits.length < MOST_PERMUTATIONS) {
    const split = new Uint8Array(m + n);
    for (const i of rng.permutation(m + n).subarray(0, m)) split[i] = 1;
    splits.push(split);
  }
  return { splits, isExact: false };
}

function maxT(all: readonly Float64Array[], splits: readonly Uint8Array[], m: number): number[] {
  const statistics = all.map((values) => Float64Array.from(splits, (split) => absoluteT(values, split, m)));
  const observedAt = splits.findIndex((split) => split.every((one, i) => one === (i < m ? 1 : 0)));
  const observed = statistics.map((row) => row[observedAt]);
  const ascending = observed.map((_, i) => i).sort((a, b) => observed[a] - observed[b]);
  const exceeding = new Float64Array(all.length);
  splits.forEach((_, s) => {
    let largest = 0;
    for (const k of ascending) {
      largest = Math.max(largest, statistics[k][s]);
      if (largest >= observed[k] * (1 - 1e-12)) exceeding[k]++;
    }
  });
  const adjusted = new Array<number>(all.length);
  let before = 0;
  for (const k of ascending.reverse()) {
    before = Math.max(before, exceeding[k] / splits.length);
    adjusted[k] = before;
  }
  return adjusted;
}

/** |Welch's t|; ∞ where the arms differ and neither varies, 0 where nothing differs. */
function absoluteT(values: Float64Array, split: Uint8Array, m: number): number {
  const n = values.length - m;
  let [sumA, sumB] = [0, 0];
  values.forEach((value, i) => {
    if (split[i] === 1) sumA += value;
    else sumB += value;
  });
  const [meanA, meanB] = [sumA / m, sumB / n];
  let [squaresA, squaresB] = [0, 0];
  values.forEach((value, i) => {
    if (split[i] === 1) squaresA += (value - meanA) ** 2;
    else squaresB += (value - meanB) ** 2;
  });
  const se = Math.sqrt(squaresA / (m - 1) / m + squaresB / (n - 1) / n);
  const difference = Math.abs(meanA - meanB);
  return difference === 0 ? 0 : difference / se;
}
