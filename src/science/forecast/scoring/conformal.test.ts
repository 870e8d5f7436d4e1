import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import {
  adaptiveConformal,
  bandEstimate,
  conformalQuantile,
  curveScore,
  fewestRunsFor,
  jackknifePlusBand,
  type LeftOutRun,
  splitConformalBand,
} from "./conformal.ts";

const SETS = 1000;
const RUNS = 19;
/** Half width of the binomial interval that holds 99.9% of the shares of 1,000 sets. */
const binomialHalf = (p: number) => 3.29 * Math.sqrt((p * (1 - p)) / SETS);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** A run's curve: its own level and a random walk with Student-like tails; `shift` moves it away from the others. */
function curve(rng: Rng, steps: number, shift = 0): number[] {
  let at = shift + rng.normal() / Math.max(0.2, rng.uniform());
  return Array.from({ length: steps }, () => {
    at += rng.normal();
    return at;
  });
}

function splitCoverage(level: number, steps: number, shift = 0): number {
  const scales = Array.from({ length: steps }, (_, t) => Math.sqrt(2 + t));
  const forecast = { centres: scales.map(() => 0), scales };
  const covered = Array.from({ length: SETS }, (_, s) => {
    const rng = Rng.of(s, `conformal split ${steps}`);
    const scores = Array.from({ length: RUNS }, () => curveScore({ outcomes: curve(rng, steps), ...forecast }));
    const { low, high } = splitConformalBand(forecast, scores, level);
    return curve(rng, steps, shift).every((value, t) => value >= low[t] && value <= high[t]) ? 1 : 0;
  });
  return mean(covered);
}

/** Each run is forecast by the others' mean curve. */
function jackknifeCoverage(level: number, steps: number): number {
  const covered = Array.from({ length: SETS }, (_, s) => {
    const rng = Rng.of(s, `conformal jackknife ${steps}`);
    const runs = Array.from({ length: RUNS }, () => curve(rng, steps));
    const scales = new Array<number>(steps).fill(1);
    const leftOut = runs.map((outcomes, i): LeftOutRun => {
      const centres = scales.map((_, t) => mean(runs.filter((_, j) => j !== i).map((one) => one[t])));
      return { centres, scales, score: curveScore({ outcomes, centres, scales }) };
    });
    const { low, high } = jackknifePlusBand(leftOut, level);
    return curve(rng, steps).every((value, t) => value >= low[t] && value <= high[t]) ? 1 : 0;
  });
  return mean(covered);
}

// ⌈20·level⌉/20 is the level itself at both: the exact finite-sample coverage of 19 runs.
test.each([
  [0.9, 1],
  [0.95, 1],
  [0.9, 8],
  [0.95, 8],
])(
  "at level %f, bands of 19 exchangeable runs over %i steps cover 1,000 new runs as often as stated",
  (level, steps) => {
    expect(Math.abs(splitCoverage(level, steps) - level)).toBeLessThan(binomialHalf(level));
  },
);

test.each([1, 8])("jackknife+ over %i steps covers at least what is proved, and about its level", (steps) => {
  const share = jackknifeCoverage(0.9, steps);
  expect(share).toBeGreaterThan(0.8);
  expect(Math.abs(share - 0.9)).toBeLessThan(binomialHalf(0.9));
});

test("a run from elsewhere is not covered: the claim is for exchangeable runs only", () => {
  expect(splitCoverage(0.9, 1, 8)).toBeLessThan(0.6);
});

test("the quantile is the ⌈(n+1)·level⌉-th smallest score, ties each by themselves", () => {
  expect(conformalQuantile([9, 1, 2, 3, 4, 5, 6, 7, 8], 0.9)).toBe(9);
  expect(conformalQuantile([9, 1, 2, 3, 4, 5, 6, 7, 8], 0.8)).toBe(8);
  expect(conformalQuantile([9, 1, 2, 3, 4, 5, 6, 7, 8], 0.5)).toBe(5);
  expect(conformalQuantile([1, 1, 1, 1, 1, 1, 1, 1, 2], 0.8)).toBe(1);
});

test("with fits that do not differ jackknife+ is the split interval", () => {
  const scores = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const split = splitConformalBand({ centres: [10], scales: [2] }, scores, 0.9);
  expect(split).toMatchObject({ low: [-8], high: [28], guaranteed: 0.9 });
  const plus = jackknifePlusBand(
    scores.map((score) => ({ score, centres: [10], scales: [2] })),
    0.9,
  );
  expect([plus.low, plus.high, plus.guaranteed]).toEqual([[-8], [28], 0.8]);
  expect(bandEstimate(10, plus)).toMatchObject({ value: 10, low: -8, high: 28, level: 0.9, n: 9 });
});

test("too few runs for the level are refused with the number that is needed", () => {
  expect([fewestRunsFor(0.9), fewestRunsFor(0.95), fewestRunsFor(0.5)]).toEqual([9, 19, 1]);
  expect(() => conformalQuantile([1, 2, 3, 4, 5, 6, 7, 8], 0.9)).toThrow("9 are needed");
  expect(() => jackknifePlusBand([], 0.9)).toThrow("9 are needed");
});

test("a run that was not forecast counts as missed; when too many are, there is no interval", () => {
  const forecast = { centres: [0], scales: [1] };
  const scores = [1, 2, 3, 4, 5, 6, 7, 8, 9, Number.POSITIVE_INFINITY];
  expect(splitConformalBand(forecast, scores, 0.8).high).toEqual([9]);
  expect(() => splitConformalBand(forecast, scores, 0.9)).toThrow("would be infinite");
});

test("steps without an outcome are left out of a run's score; a scale of 0 forgives nothing", () => {
  expect(curveScore({ outcomes: [1, Number.NaN, -4], centres: [0, 0, 0], scales: [1, 1, 2] })).toBe(2);
  expect(curveScore({ outcomes: [3], centres: [3], scales: [0] })).toBe(0);
  expect(curveScore({ outcomes: [3.1], centres: [3], scales: [0] })).toBe(Number.POSITIVE_INFINITY);
  expect(() => curveScore({ outcomes: [Number.NaN], centres: [0], scales: [1] })).toThrow("outcome");
});

test("NaN scores, levels outside (0, 1) and negative scales are errors", () => {
  expect(() => conformalQuantile([Number.NaN, 1], 0.5)).toThrow("≥ 0");
  expect(() => conformalQuantile([1], 1)).toThrow("(0, 1)");
  expect(() => splitConformalBand({ centres: [0], scales: [-1] }, [1], 0.5)).toThrow("scales");
  expect(() => adaptiveConformal([1], { level: 0.9, gamma: 0 })).toThrow("gamma");
});

test("under drift the adaptive level misses as often as stated, where a fixed one does not", () => {
  const rng = Rng.of(7, "conformal drift");
  const scores = Array.from({ length: 1000 }, (_, t) => Math.abs(rng.normal()) * (1 + t / 100));
  const { missed, alphas } = adaptiveConformal(scores, { level: 0.9, gamma: 0.02 });
  const share = mean(missed.map(Number));
  expect(Math.abs(share - 0.1)).toBeLessThan((0.9 + 0.02) / (0.02 * 1000));
  expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
  const fixed = scores.map((score, t) => t > 8 && score > conformalQuantile(scores.slice(0, t), 0.9));
  expect(mean(fixed.map(Number))).toBeGreaterThan(0.15);
  expect(alphas[1] - alphas[0]).toBeCloseTo(0.02 * 0.1, 12);
});
