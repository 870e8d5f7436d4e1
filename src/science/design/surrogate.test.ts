/** @file The Gaussian process against numpy; probabilities of meeting bounds; what the surrogate refuses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { fitGaussianProcess } from "./gaussianProcess.ts";
import { fitSurrogate, logNormalBetween } from "./surrogate.ts";

const features = [
  [0.1, 0.2],
  [0.9, 0.8],
  [0.3, 0.7],
  [0.6, 0.1],
  [0.5, 0.5],
  [0.2, 0.9],
  [0.8, 0.4],
];
const targets = [1, 3, 2, 2.6, 2.1, 1.4, 2.9];

describe("Gaussian process", () => {
  test("lengths, noise, centre and spread are those of numpy over the whole grid", () => {
    // numpy: max over all 216 grid points of -slogdet(C)/2 - (n/2 + 1) log(1 + y @ solve(C, y)/2) + log priors with
    // C = 4 + Matérn 5/2 + noise·I; then m + u·k @ solve(C, y), u·sqrt(a (5 + noise - k @ solve(C, k)))
    const process = fitGaussianProcess({ features, targets });
    expect([...process.lengths, process.noise]).toEqual([0.6, 2.4, 0.03]);
    const near = (mean: number, sd: number) => ({ mean: expect.closeTo(mean, 9), sd: expect.closeTo(sd, 9) });
    expect(process.predict([0.4, 0.4])).toEqual(near(2.0089245850322586, 0.21513672396875816));
    expect(process.predict([1, 1])).toEqual(near(2.973746491080605, 0.3126470194894466));
  });

  test("does not depend on the order of the rows, and shifts and scales with the targets", () => {
    const base = fitGaussianProcess({ features, targets }).predict([0.4, 0.3]);
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.01, max: 100, noNaN: true }), (seed, scale) => {
        const order = [...Rng.of(seed).permutation(targets.length)];
        const shuffled = fitGaussianProcess({
          features: order.map((i) => features[i]),
          targets: order.map((i) => 5 + scale * targets[i]),
        }).predict([0.4, 0.3]);
        expect((shuffled.mean - 5) / scale / base.mean).toBeCloseTo(1, 6);
        expect(shuffled.sd / scale / base.sd).toBeCloseTo(1, 6);
      }),
      { seed: 3, numRuns: 15 },
    );
  });

  test("its ±1.96 sd hold about 95 in 100 fresh observations of a smooth function", () => {
    const rng = Rng.of(12, "coverage");
    const truth = (x: readonly number[]) => Math.sin(4 * x[0]) + x[1] ** 2 + 0.2 * rng.normal();
    let inside = 0;
    for (let repeat = 0; repeat < 20; repeat++) {
      const points = Array.from({ length: 25 }, () => [rng.uniform(), rng.uniform(), rng.uniform()]);
      const process = fitGaussianProcess({ features: points, targets: points.map(truth) });
      for (let i = 0; i < 20; i++) {
        const x = [rng.uniform(), rng.uniform(), rng.uniform()];
        const { mean, sd } = process.predict(x);
        inside += Math.abs(truth(x) - mean) <= 1.96 * sd ? 1 : 0;
      }
    }
    // 400 draws in 20 correlated groups: about three standard errors either way.
    expect(inside / 400).toBeGreaterThan(0.9);
    expect(inside / 400).toBeLessThan(0.99);
  });

  test("refuses points and targets that are not finite, or ragged", () => {
    expect(() => fitGaussianProcess({ features: [[0], [1]], targets: [1, Number.NaN] })).toThrow(
      "targets: expected finite",
    );
    expect(() => fitGaussianProcess({ features: [[0], [Number.NaN]], targets: [1, 2] })).toThrow(
      "features: expected finite",
    );
    expect(() => fitGaussianProcess({ features: [[0], [1, 2]], targets: [1, 2] })).toThrow("expected shape [2, 1]");
    expect(() => fitGaussianProcess({ features: [[0]], targets: [1] })).toThrow("at least 2 values");
  });
});

describe("surrogate", () => {
  test("log P of a normal interval is exact in the middle and in the tails", () => {
    // scipy.stats.norm.logcdf([0, -7, -20, -40]) and log(norm.cdf(1) - norm.cdf(-1))
    const inf = Number.POSITIVE_INFINITY;
    expect(logNormalBetween(-inf, 0)).toBeCloseTo(-Math.LN2, 12);
    expect(logNormalBetween(-inf, -7)).toBeCloseTo(-27.3843075, 6);
    expect(logNormalBetween(20, inf)).toBeCloseTo(-203.9171553, 5);
    expect(logNormalBetween(-inf, -40)).toBeCloseTo(-804.608442, 5);
    expect(logNormalBetween(-1, 1)).toBeCloseTo(Math.log(0.6826894921370859), 12);
    expect(logNormalBetween(-inf, inf)).toBe(0);
  });

  test("a proportion is modelled on the logit scale and predicted in its own units", () => {
    const shares = targets.map((t) => t / 3.2);
    const surrogate = fitSurrogate({ features, outcomes: shares.map((s) => [s]), bounds: [{ min: 0.6 }] });
    const { mean, sd, meetsAll } = surrogate.predict([0.9, 0.8]);
    expect(mean[0]).toBeGreaterThan(0.85);
    expect(mean[0]).toBeLessThan(1);
    expect(sd[0]).toBeGreaterThan(0);
    expect(meetsAll).toBeGreaterThan(0.95);
    expect(surrogate.predict([0.1, 0.2]).meetsAll).toBeLessThan(0.05);
  });

  test("the chance falls as a bound is raised, and a maximum is a minimum of the mirrored outcome", () => {
    const chance = (bound: { min?: number; max?: number }, sign = 1) =>
      fitSurrogate({ features, outcomes: targets.map((t) => [sign * t]), bounds: [bound] }).predict([0.4, 0.4])
        .meetsAll;
    fc.assert(
      fc.property(
        fc.double({ min: 1.2, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (min, up) => {
          expect(chance({ min: min + up })).toBeLessThanOrEqual(chance({ min }) + 1e-12);
          expect(chance({ max: -min }, -1)).toBeCloseTo(chance({ min }), 9);
          expect(chance({ min }) + chance({ max: min })).toBeCloseTo(1, 9);
        },
      ),
      { seed: 8, numRuns: 10 },
    );
  });

  test("a broken run counts as the worst seen; without any finite outcome there is no model", () => {
    const modelWith = (first: number) =>
      fitSurrogate({ features, outcomes: targets.map((t, i) => [i === 0 ? first : t]), bounds: [{ min: 2 }] });
    expect(modelWith(Number.NaN).predict([0.1, 0.2])).toEqual(modelWith(1.4).predict([0.1, 0.2]));
    const outcomes = features.map(() => [Number.NaN]);
    expect(() => fitSurrogate({ features, outcomes, bounds: [{ min: 2 }] })).toThrow(
      "finite outcome of every requirement",
    );
    expect(() => fitSurrogate({ features, outcomes: [[1]], bounds: [{}] })).toThrow("expected shape [7, requirements]");
    expect(() => fitSurrogate({ features, outcomes: targets.map((t) => [t]), bounds: [{}, {}] })).toThrow("[n, 2]");
    expect(() => fitSurrogate({ features, outcomes: targets.map((t) => [t]), bounds: [] })).toThrow("bounds: expected");
  });
});
