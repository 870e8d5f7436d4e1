/**
 * Reference: PyTorch 2.13 and JAX 0.10, `python fixtures/makeInitialiserNumbers.py > fixtures/initialiserNumbers.json`.
 * Its laws are closed forms that the frameworks' own draws were tested against by the same statistic.
 */
import cdf from "@stdlib/stats-base-dists-normal-cdf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { normal, zeros } from "./draw.ts";
import reference from "./fixtures/initialiserNumbers.json" with { type: "json" };
import type { Initialiser } from "./initialiser.ts";
import * as jax from "./jax.ts";
import { orthogonal } from "./orthogonal.ts";
import * as torch from "./torch.ts";

/** P(√n·D > 1.95) = .001 under the law (Kolmogorov's distribution). */
const KS_LIMIT = 1.95;

interface Law {
  readonly kind: string;
  readonly deviation?: number;
  readonly low?: number;
  readonly high?: number;
}

const INITIALISERS: Record<keyof typeof reference.cases, Initialiser> = {
  kaimingUniform: torch.kaimingUniform(),
  kaimingNormal: torch.kaimingNormal(),
  kaimingNormalFanOut: torch.kaimingNormal({ mode: "fanOut" }),
  kaimingUniformTanh: torch.kaimingUniform({ gain: 5 / 3 }),
  xavierUniform: torch.xavierUniform(),
  xavierNormal: torch.xavierNormal(),
  truncNormal: torch.truncNormal(),
  truncNormalNarrow: torch.truncNormal({ standardDeviation: 0.02, low: -0.03, high: 0.05 }),
  linearWeight: torch.linearUniform,
  linearBias: torch.biasUniform,
  convWeight: torch.linearUniform,
  embedding: torch.normalInit(1),
  lecunNormal: jax.lecunNormal,
  lecunUniform: jax.lecunUniform,
  glorotNormal: jax.glorotNormal,
  glorotUniform: jax.glorotUniform,
  heNormal: jax.heNormal,
  heUniform: jax.heUniform,
  varianceScaling: jax.varianceScaling({ scale: 0.5, mode: "fanOut", distribution: "normal" }),
};

const sample = (init: Initialiser, size: number, fans = { in: 400, out: 300 }): Float32Array =>
  init(Rng.of(4, "initialisers"), [size], fans).data as Float32Array;

describe.each(Object.entries(INITIALISERS))("%s", (name, init) => {
  const framework = reference.cases[name as keyof typeof INITIALISERS];
  const values = sample(init, framework.size, framework.fans);

  test("draws from the law of its namesake, which the framework's own draws follow too", () => {
    expect(framework.kolmogorovSmirnov).toBeLessThan(KS_LIMIT);
    expect(distanceTo(framework.law, values)).toBeLessThan(KS_LIMIT);
  });

  test("has the framework's standard deviation, and its bounds where there are any", () => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
    // The standard error of either is at most deviation/√(2n): normal kurtosis is the largest here. Four of both.
    expect(Math.abs(deviation / framework.deviation - 1)).toBeLessThan(4 / Math.sqrt(values.length));
    const { low, high } = framework.law as Law;
    if (low === undefined || high === undefined) return;
    const [least, most] = [Math.min(...values.slice(0, 60_000)), Math.max(...values.slice(0, 60_000))];
    expect(least).toBeGreaterThanOrEqual(Math.fround(low));
    expect(most).toBeLessThanOrEqual(Math.fround(high));
    expect((most - least) / (high - low)).toBeGreaterThan(0.99);
  });
});

test("an orthogonal matrix has an orthonormal shorter side, times its gain", () => {
  expect(reference.orthogonal.gramDiagonal).toBeCloseTo(1.5 ** 2, 4);
  for (const [rows, columns] of [
    [30, 40],
    [40, 30],
    [20, 20],
  ]) {
    const { data } = orthogonal(1.5)(Rng.of(8), [rows, columns], { in: rows, out: columns });
    const at = (vector: number, place: number): number =>
      rows <= columns ? data[vector * columns + place] : data[place * columns + vector];
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    for (let i = 0; i < count; i++)
      for (let j = 0; j <= i; j++) {
        let overlap = 0;
        for (let k = 0; k < length; k++) overlap += at(i, k) * at(j, k);
        expect(overlap).toBeCloseTo(i === j ? 2.25 : 0, 5);
      }
  }
});

test("orthogonal draws are spread evenly: each entry has mean 0 and mean square gain²/longer side", () => {
  const squares = Array.from(
    { length: 400 },
    (_, seed) => orthogonal()(Rng.of(seed), [3, 5], { in: 3, out: 5 }).data[7] ** 2,
  );
  // An entry's square is Beta(1/2, 2): mean 1/5, standard deviation .2138; four standard errors of 400 draws.
  expect(Math.abs(squares.reduce((a, b) => a + b, 0) / 400 - 0.2)).toBeLessThan((4 * 0.2138) / 20);
});

test("every initialiser is a function of the key, and scales as its fans say", () => {
  const scaled = ["kaimingUniform", "kaimingNormal", "linearWeight", "lecunNormal", "heUniform"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...scaled), fc.integer({ min: 1, max: 5000 }), (name, fanIn) => {
      const init = INITIALISERS[name];
      const [one, other] = [sample(init, 20, { in: fanIn, out: 1 }), sample(init, 20, { in: 4 * fanIn, out: 1 })];
      expect(sample(init, 20, { in: fanIn, out: 1 })).toEqual(one);
      for (const [i, value] of one.entries()) expect(other[i] / value).toBeCloseTo(0.5, 6);
    }),
    { seed: 9 },
  );
});

test("impossible settings are refused", () => {
  const fans = { in: 0, out: 3 };
  expect(() => jax.lecunNormal(Rng.of(1), [2], fans)).toThrow(
    "initialiser, fanIn: expected a finite number above 0, got 0",
  );
  expect(() => torch.kaimingNormal({ gain: -1 })).toThrow("kaimingNormal, gain");
  expect(() => torch.truncNormal({ low: 2, high: 1 })(Rng.of(1), [2], fans)).toThrow(
    "expected low < high, got 2 and 1",
  );
  expect(() => orthogonal()(Rng.of(1), [4], fans)).toThrow("orthogonal: expected shape at least two axes, got [4]");
  expect(() => normal(Rng.of(1), [2], Number.NaN)).toThrow("expected a finite standard deviation");
  expect(zeros([2, 3]).data).toEqual(new Float32Array(6));
});

/** Kolmogorov's √n·D of a sample against a law. */
function distanceTo(law: Law, values: Float32Array): number {
  const sorted = Float64Array.from(values).sort();
  let distance = 0;
  for (let i = 0; i < sorted.length; i++) {
    const p = probabilityBelow(law, sorted[i]);
    distance = Math.max(distance, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length));
  }
  return distance * Math.sqrt(sorted.length);
}

function probabilityBelow({ kind, deviation = 1, low = 0, high = 1 }: Law, x: number): number {
  if (kind === "uniform") return Math.min(1, Math.max(0, (x - low) / (high - low)));
  if (kind === "normal") return cdf(x, 0, deviation);
  const [from, to] = [cdf(low, 0, deviation), cdf(high, 0, deviation)];
  return Math.min(1, Math.max(0, (cdf(x, 0, deviation) - from) / (to - from)));
}
