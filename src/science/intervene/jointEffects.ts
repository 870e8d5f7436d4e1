/**
 * @file Many contrasts over the same seeds, corrected jointly.
 *
 * Adjusted p: step-down max-T of Westfall & Young (1993, algorithm 2.8) with studentised mean differences, the same sign
 * flips for every contrast, so that what the contrasts share is used. Intervals: mean ± c·se with c the quantile of
 * max|t| over sign flips of the centred differences (wild bootstrap; Davidson & Flachaire 2008), at least Student's own.
 * Contrasts whose differences are all 0 are identical arms, not tests: they get a point interval and stay out of the
 * family. With n seeds no adjusted p is below 2^(1−n).
 */
import { DomainError, type Estimate } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";
import { mean, quantile, sd } from "../stats/moments.ts";
import { requirePairs } from "./pairedEffect.ts";
import { describeFlips, type SignFlips, signFlips } from "./signFlips.ts";

export interface ContrastInput {
  readonly name: string;
  /** Treated − control by seed, the same seeds in the same order for every contrast. */
  readonly differences: readonly number[];
}

export interface JointEffect {
  readonly name: string;
  readonly mean: number;
  /** Simultaneous over the family. */
  readonly effect: Estimate;
  /** Absent when all differences are 0. */
  readonly adjustedP?: number;
}

/** Results in the order of the input. Throws OUT_OF_DOMAIN on unequal numbers of seeds, REFUSED on non-finite outcomes. */
export function jointEffects(
  contrasts: readonly ContrastInput[],
  { level = 0.95 }: { level?: number } = {},
): JointEffect[] {
  requireLevel("jointEffects", level);
  if (contrasts.length === 0) return [];
  const n = contrasts[0].differences.length;
  for (const { name, differences } of contrasts) {
    requirePairs(differences);
    if (differences.length !== n)
      throw new DomainError(`jointEffects: ${name}`, `${n} seeds as in the others`, differences.length);
  }
  const tested = contrasts.filter(({ differences }) => differences.some((value) => value !== 0));
  const flips = signFlips(n);
  const adjusted = new Map(maxTAdjusted(tested, flips).map((p, i) => [tested[i].name, p]));
  const critical = criticalValue(tested, flips, level, n);
  const method = `mean paired difference over seeds, simultaneous over ${tested.length} contrasts by max-T (${describeFlips(flips)})`;
  return contrasts.map(({ name, differences }) => {
    const value = mean(differences);
    if (!adjusted.has(name))
      return {
        name,
        mean: 0,
        effect: { value: 0, low: 0, high: 0, level, method: "identical arms: every difference is 0", n },
      };
    const half = (critical * sd(differences)) / Math.sqrt(n);
    return {
      name,
      mean: value,
      effect: { value, low: value - half, high: value + half, level, method, n },
      adjustedP: adjusted.get(name),
    };
  });
}

/** Step-down adjusted p values, in the order of the contrasts. */
export function maxTAdjusted(contrasts: readonly ContrastInput[], { patterns }: SignFlips): number[] {
  const observed = contrasts.map(({ differences }) => Math.abs(studentised(differences)));
  const order = observed.map((_, i) => i).sort((a, b) => observed[b] - observed[a]);
  const exceeding = new Float64Array(contrasts.length);
  const ascending = [...order].reverse();
  for (const pattern of patterns) {
    let largest = 0;
    for (const i of ascending) {
      largest = Math.max(largest, Math.abs(studentised(contrasts[i].differences, pattern)));
      if (largest >= observed[i] * (1 - 1e-12)) exceeding[i]++;
    }
  }
  const adjusted = new Array<number>(contrasts.length);
  let before = 0;
  for (const i of order) {
    before = Math.max(before, exceeding[i] / patterns.length);
    adjusted[i] = before;
  }
  return adjusted;
}

function criticalValue(contrasts: readonly ContrastInput[], { patterns }: SignFlips, level: number, n: number): number {
  const student = studentTQuantile((1 + level) / 2, n - 1);
  if (contrasts.length < 2) return student;
  const centred = contrasts.map(({ differences }) => {
    const centre = mean(differences);
    return differences.map((value) => value - centre);
  });
  const largest = patterns.map((pattern) =>
    centred.reduce((most, residuals) => {
      const t = Math.abs(studentised(residuals, pattern));
      return Number.isFinite(t) ? Math.max(most, t) : most;
    }, 0),
  );
  return Math.max(student, quantile(largest, level));
}

/** √n · mean / sd of the (flipped) differences; ±Infinity when they are equal and not 0. */
function studentised(differences: readonly number[], pattern?: Int8Array): number {
  const n = differences.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    sum += pattern === undefined ? differences[i] : pattern[i] * differences[i];
    squares += differences[i] * differences[i];
  }
  const centre = sum / n;
  const spread = Math.sqrt(Math.max(0, squares - n * centre * centre) / (n - 1));
  return spread === 0 ? Math.sign(centre) * Number.POSITIVE_INFINITY || 0 : (Math.sqrt(n) * centre) / spread;
}
