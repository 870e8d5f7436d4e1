/**
 * @file Series with known changes, and series without any: what event detection is scored on. Every run is drawn from
 * its own seed.
 */
import { Rng } from "../../src/core/index.ts";
import { autoregressive } from "../../src/science/observe/synthetic.fixture.ts";

export interface TrueSeries {
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Standard error of each value, where the maker of the series would know it. */
  readonly ses?: readonly number[];
  /** Steps at which something happened, ascending; none in a null run. */
  readonly truth: readonly number[];
}

export interface Case {
  readonly name: string;
  /** Distance in evaluations at which a found change still counts. */
  readonly tolerance: number;
  readonly make: (seed: number) => TrueSeries;
}

const N = 100;

export const CASES: readonly Case[] = [
  ...[0, 0.5, 0.8].flatMap((correlation) =>
    [4, 8].map((height) => ({
      name: `step of ${height} sds, AR(${correlation})`,
      tolerance: 3,
      make: (seed: number) => stepIn(seed, height, correlation),
    })),
  ),
  { name: "logistic onset, 500 items", tolerance: 15, make: logisticOnset },
  { name: "deep-linear staircase, 3 stages", tolerance: 15, make: staircase },
  { name: "turn from rising to falling, AR(0.5)", tolerance: 10, make: turn },
];

export const NULLS: readonly Case[] = [
  ...[0, 0.5, 0.8].map((correlation) => ({
    name: `flat, AR(${correlation})`,
    tolerance: 0,
    make: (seed: number) => nullRun(seed, `flat ${correlation}`, correlation, () => 0),
  })),
  { name: "straight line, AR(0.5)", tolerance: 0, make: (seed) => nullRun(seed, "line", 0.5, (i) => 0.3 * i) },
  {
    name: "power-law loss, AR(0.3)",
    tolerance: 0,
    make: (seed) => nullRun(seed, "power", 0.3, (i, rng) => 100 * (1 + i) ** -rng),
  },
  {
    name: "log-linear rise, AR(0.3)",
    tolerance: 0,
    make: (seed) => nullRun(seed, "log", 0.3, (i) => 6 * Math.log(1 + i)),
  },
  { name: "random walk", tolerance: 0, make: (seed) => nullRun(seed, "walk", 1, () => 0) },
];

const evenSteps = (n: number): number[] => Array.from({ length: n }, (_, i) => 100 * i);

function stepIn(seed: number, height: number, correlation: number): TrueSeries {
  const rng = Rng.of(seed, "step", height, correlation);
  const at = 20 + rng.int(N - 40);
  const values = autoregressive(rng, N, correlation).map((e, i) => e + (i >= at ? height : 0));
  return { steps: evenSteps(N), values, truth: [100 * at] };
}

/** Accuracy from .1 to .9 over a tenth to a quarter of the run (10–90%), counted on 500 items each time. */
function logisticOnset(seed: number): TrueSeries {
  const rng = Rng.of(seed, "logistic");
  const t50 = N * (0.35 + 0.3 * rng.uniform());
  const scale = (N * (0.1 + 0.15 * rng.uniform())) / Math.log(81);
  const values = evenSteps(N).map((_, i) => {
    const p = 0.1 + 0.8 / (1 + Math.exp(-(i - t50) / scale));
    let right = 0;
    for (let item = 0; item < 500; item++) if (rng.uniform() < p) right++;
    return right / 500;
  });
  const ses = values.map((p) => Math.sqrt(Math.max(p * (1 - p), 1 / 500) / 500));
  return { steps: evenSteps(N), values, ses, truth: [100 * t50] };
}

/**
 * Saxe 2014: a(t) = s e^{2st}/(e^{2st} − 1 + s/a₀), loss ½Σ(s − a)²; half-times ln(s/a₀ − 1)/2s. Strengths about 4, 2.2
 * and 1.2 with a₀ = 1e-6: stages of 73%, 22% and 7% of the loss, each taking about a third of its own half-time. Noise:
 * .3% of the loss at the start.
 */
function staircase(seed: number): TrueSeries {
  const rng = Rng.of(seed, "staircase");
  const strengths = [4, 2.2, 1.2].map((s) => s * (0.9 + 0.2 * rng.uniform()));
  const initial = 1e-6;
  const n = 150;
  const time = (i: number) => (10 * i) / (n - 1);
  const loss = (t: number) =>
    strengths.reduce((sum, s) => {
      const grown = Math.exp(2 * s * t);
      return sum + 0.5 * (s - (s * grown) / (grown - 1 + s / initial)) ** 2;
    }, 0);
  const e = autoregressive(rng, n, 0.3);
  const steps = evenSteps(n);
  const values = steps.map((_, i) => loss(time(i)) + 0.003 * loss(0) * e[i]);
  const truth = strengths.map((s) => (Math.log(s / initial - 1) / (2 * s) / 10) * 100 * (n - 1));
  return { steps, values, truth: truth.sort((a, b) => a - b) };
}

function turn(seed: number): TrueSeries {
  const rng = Rng.of(seed, "turn");
  const at = Math.round(N * (0.35 + 0.3 * rng.uniform()));
  const values = autoregressive(rng, N, 0.5).map((e, i) => e + 0.5 * (i < at ? i : 2 * at - i));
  return { steps: evenSteps(N), values, truth: [100 * at] };
}

function nullRun(
  seed: number,
  name: string,
  correlation: number,
  trend: (i: number, exponent: number) => number,
): TrueSeries {
  const rng = Rng.of(seed, name);
  const exponent = 0.3 + 0.7 * rng.uniform();
  const values = autoregressive(rng, N, correlation).map((e, i) => e + trend(i, exponent));
  return { steps: evenSteps(N), values, truth: [] };
}
