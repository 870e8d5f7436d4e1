/** @file Averaged ridge: exact leave-one-out, the sample mean as its limit, honesty with noise, gain with signal. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cholesky, choleskySolve, dot, leastSquares, ridge } from "../../stats/linear.ts";
import { mean, sd } from "../../stats/moments.ts";
import { crpsGaussian } from "../scoring/scores.ts";
import { ridgeAverage } from "./ridgeAverage.ts";

const normals = (rng: Rng, n: number, p: number) =>
  Array.from({ length: n }, () => Array.from({ length: p }, () => rng.normal()));

describe("ridgeAverage", () => {
  test("without features it is the Student t predictive of the sample", () => {
    const y = [1, 4, 2, 8, 5];
    const { centre, scale, df } = ridgeAverage({ x: y.map(() => []), y }).predict([]);
    expect([centre, scale, df]).toEqual([mean(y), expect.closeTo(sd(y) * Math.sqrt(1.2), 12), 4]);
  });

  test("left-out residuals are those of refitting without the run, penalties weighted alike", () => {
    const rng = Rng.of(1);
    const x = normals(rng, 9, 3);
    const y = x.map(([a, b]) => a - b + 0.3 * rng.normal());
    const fit = ridgeAverage({ x, y });
    const weights = fit.summary.weights as [string, number][];
    const { featureCentres, featureScales } = fit.summary as { featureCentres: number[]; featureScales: number[] };
    const rows = x.map((row) => [1, ...row.map((v, j) => (v - featureCentres[j]) / featureScales[j])]);
    for (const i of [0, 4, 8]) {
      const others = rows.map((_, k) => k).filter((k) => k !== i);
      const prediction = weights.reduce((sum, [penalty, weight]) => {
        const l = Number(penalty);
        const rest = { x: others.map((k) => rows[k]), y: others.map((k) => y[k]) };
        const beta =
          l === Number.POSITIVE_INFINITY
            ? [mean(rest.y), 0, 0, 0]
            : ridge({ ...rest, penalty: [0, 3 * l, 3 * l, 3 * l] });
        return sum + weight * dot(beta, rows[i]);
      }, 0);
      expect(fit.leftOutResiduals[i]).toBeCloseTo(y[i] - prediction, 8);
    }
  });

  test("weighs penalties by the evidence that quadrature over mean and noise gives", () => {
    // Two penalties' evidence ratio from the full likelihood of y ~ N(μ, σ²M), integrated numerically over μ and ln σ.
    const rng = Rng.of(6);
    const x = normals(rng, 5, 2);
    const y = x.map(([a]) => a + 0.5 * rng.normal());
    const { weights, featureCentres, featureScales } = ridgeAverage({ x, y }).summary as {
      weights: [string, number][];
      featureCentres: number[];
      featureScales: number[];
    };
    const z = x.map((row) => row.map((v, j) => (v - featureCentres[j]) / featureScales[j]));
    const evidence = (penalty: number) => {
      const l = cholesky(z.map((a, i) => z.map((b, j) => dot(a, b) / 2 / penalty + (i === j ? 1 : 0))));
      const logDet = l.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
      let total = 0;
      for (let mu = -6; mu <= 6; mu += 0.02) {
        const d = y.map((v) => v - mu);
        const square = dot(d, choleskySolve(l, d));
        for (let lnSd = -6; lnSd <= 6; lnSd += 0.05)
          total += Math.exp(-logDet - 5 * lnSd - square / (2 * Math.exp(2 * lnSd)));
      }
      return total;
    };
    const weightOf = (penalty: string) => weights.find(([name]) => name === penalty)![1];
    expect(weightOf("0.1") / weightOf("3")).toBeCloseTo(evidence(0.1) / evidence(3), 2);
  });

  test("on an exact linear relation it extrapolates like least squares, with a small scale", () => {
    const rng = Rng.of(2);
    const x = normals(rng, 40, 2);
    const y = x.map(([a, b]) => 3 + 2 * a - b + 1e-3 * rng.normal());
    const beta = leastSquares(
      x.map((row) => [1, ...row]),
      y,
    );
    const { centre, scale } = ridgeAverage({ x, y }).predict([1, 1]);
    expect(centre).toBeCloseTo(dot(beta, [1, 1, 1]), 2);
    // The smallest penalty leaves a floor of about 1% of the outcomes' sd.
    expect(scale).toBeLessThan(0.04);
  });

  test("24 runs, 30 features of pure noise: forecasts stay at the cohort mean and lose less than 5% to it", () => {
    const rng = Rng.of(3);
    let own = 0;
    let cohort = 0;
    let drift = 0;
    let inside = 0;
    const repeats = 200;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const x = normals(rng, 24, 30);
      const y = x.map(() => rng.normal());
      const { centre, scale } = ridgeAverage({ x, y }).predict(normals(rng, 1, 30)[0]);
      const outcome = rng.normal();
      own += crpsGaussian({ mean: centre, sd: scale }, outcome);
      cohort += crpsGaussian({ mean: mean(y), sd: sd(y) * Math.sqrt(25 / 24) }, outcome);
      drift += (centre - mean(y)) ** 2;
      inside += Math.abs(outcome - centre) <= 2.069 * scale ? 1 : 0;
    }
    expect(own / cohort).toBeLessThan(1.05);
    expect(Math.sqrt(drift / repeats)).toBeLessThan(0.35);
    // 95% interval, four binomial standard errors.
    expect(inside / repeats).toBeGreaterThan(0.89);
  });

  test("3 informative features among 30 halve the cohort's score, at nominal coverage", () => {
    const rng = Rng.of(4);
    let own = 0;
    let cohort = 0;
    let inside = 0;
    const repeats = 200;
    const draw = () => {
      const latent = rng.normal();
      const row = Array.from({ length: 30 }, (_, j) => (j < 10 ? latent + 0.5 * rng.normal() : rng.normal()));
      return { row, y: latent + 0.3 * rng.normal() };
    };
    for (let repeat = 0; repeat < repeats; repeat++) {
      const runs = Array.from({ length: 24 }, draw);
      const y = runs.map((run) => run.y);
      const next = draw();
      const { centre, scale } = ridgeAverage({ x: runs.map(({ row }) => row), y }).predict(next.row);
      own += crpsGaussian({ mean: centre, sd: scale }, next.y);
      cohort += crpsGaussian({ mean: mean(y), sd: sd(y) * Math.sqrt(25 / 24) }, next.y);
      inside += Math.abs(next.y - centre) <= 2.069 * scale ? 1 : 0;
    }
    expect(own / cohort).toBeLessThan(0.6);
    expect(inside / repeats).toBeGreaterThan(0.89);
  });

  test("6 runs, 120 features moved by one trait: 50% intervals for runs whose trait lies outside hold 30 to 75% of outcomes", () => {
    const rng = Rng.of(5);
    let inside = 0;
    const repeats = 200;
    const runOf = (trait: number) => ({
      row: Array.from({ length: 120 }, (_, j) => (j % 2 === 0 ? trait : 0) + 0.5 * rng.normal()),
      y: trait + 0.3 * rng.normal(),
    });
    for (let repeat = 0; repeat < repeats; repeat++) {
      const runs = [-1, -0.9, 0, 0.1, 1, 1.1].map(runOf);
      const next = runOf(rng.uniform() < 0.5 ? -2 : 2);
      const { centre, scale } = ridgeAverage({ x: runs.map(({ row }) => row), y: runs.map(({ y }) => y) }).predict(
        next.row,
      );
      // Student t on 5 df: half of the mass within .727.
      inside += Math.abs(next.y - centre) <= 0.727 * scale ? 1 : 0;
    }
    expect(inside / repeats).toBeGreaterThan(0.3);
    expect(inside / repeats).toBeLessThan(0.75);
  });

  test("equal outcomes give a point, and bad shapes or values are refused", () => {
    const x = [[1], [2], [4]];
    expect(ridgeAverage({ x, y: [2, 2, 2] }).predict([9])).toMatchObject({ centre: 2, scale: 0 });
    expect(() => ridgeAverage({ x: [[1], [2]], y: [1, 2] })).toThrow("x: expected shape [at least 3, p], got [2]");
    expect(() => ridgeAverage({ x, y: [1, 2, Number.NaN] })).toThrow("ridgeAverage: y: expected finite values");
    expect(() => ridgeAverage({ x, y: [1, 2, 3] }).predict([1, 2])).toThrow("predict: expected shape [1], got [2]");
  });
});
