/** @file Curves continued from their own beginning: known curves, calibration, range, starting level, correlation, refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { centralInterval, crpsGaussian } from "../scoring/scores.ts";
import { type CurveQuestion, curvePosterior, neighbourNoise } from "./curvePosterior.ts";
import { forecastFromPrefix, prefixCurves, prefixPoints } from "./prefixCurves.ts";
import { whitenedShapeSums } from "./shapeEvidence.ts";

const STEPS = [100, 140, 200, 280, 400, 560, 800, 1100, 1600, 2200, 3200];
const ask = (curve: (step: number) => number, more: Partial<CurveQuestion> = {}): CurveQuestion => ({
  points: { steps: STEPS, values: STEPS.map(curve), scales: STEPS.map(() => 1) },
  cutoff: 3200,
  targetStep: 20_000,
  gain: { mean: 0, sd: 1 },
  ...more,
});

describe("the posterior of a curve", () => {
  test("continues noiseless curves of each family to within a tenth of their range", () => {
    const curves: Record<string, (step: number) => number> = {
      power: (step) => 2 + 5 * step ** -0.3,
      janoschek: (step) => 0.8 - 0.6 * Math.exp(-((step / 2000) ** 1)),
      mmf: (step) => 0.2 + 0.6 / (1 + (2000 / step) ** 2),
      "inverse log": (step) => 3 - 4 / Math.log(step + 1),
      vap: (step) => Math.exp(0.5 - 0.2 * Math.log(step)),
    };
    for (const [family, curve] of Object.entries(curves)) {
      const { mean, families } = curvePosterior(ask(curve));
      expect(Math.abs(mean - curve(20_000)), family).toBeLessThan(0.1 * Math.abs(curve(20_000) - curve(100)));
      expect(Object.values(families).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });

  test("is moved and scaled with the values, but for the families with links of their own", () => {
    const rise = (step: number) => 0.8 - 0.6 * Math.exp(-step / 1500) + 0.01 * Math.sin(step);
    const base = curvePosterior(ask(rise, { gain: { mean: 0, sd: 0.2 } }));
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (factor) => {
        const other = curvePosterior(ask((step) => factor * rise(step), { gain: { mean: 0, sd: 0.2 * factor } }));
        expect(other.mean / base.mean / factor).toBeGreaterThan(0.99);
        expect(other.mean / base.mean / factor).toBeLessThan(1.01);
      }),
      { seed: 4, numRuns: 20 },
    );
  });

  test("points that end far from the target know less: the spread grows with the target step", () => {
    const noisy = (step: number) => 2 + 5 * step ** -0.3 + 0.01 * Math.sin(step);
    const spreads = [4000, 10_000, 40_000].map((targetStep) => curvePosterior(ask(noisy, { targetStep })).sd);
    expect(spreads[0]).toBeLessThan(spreads[1]);
    expect(spreads[1]).toBeLessThan(spreads[2]);
  });

  test("stays in the measure's range", () => {
    const rise = (step: number) => 0.35 * Math.log10(step) - 0.25;
    const free = curvePosterior(ask(rise));
    const held = curvePosterior(ask(rise, { range: [0, 1] }));
    expect(free.mean).toBeGreaterThan(1.1);
    expect(held.mean).toBeLessThanOrEqual(1);
  });

  test("knowing the chance level that curves start from lowers the mean score of 60 forecasts of rising curves", () => {
    const rng = Rng.of("chance");
    let [blind, told] = [0, 0];
    for (let k = 0; k < 60; k++) {
      const [scale, end] = [1000 * 8 ** rng.uniform(), 0.5 + 0.4 * rng.uniform()];
      const truth = (step: number) => end - (end - 0.25) * Math.exp(-step / scale);
      const question = ask((step) => truth(step) + 0.01 * rng.normal(), {
        gain: { mean: 0.1, sd: 0.2 },
        range: [0, 1],
      });
      blind += crpsGaussian(curvePosterior(question), truth(20_000));
      told += crpsGaussian(curvePosterior({ ...question, start: 0.25 }), truth(20_000));
    }
    expect(told).toBeLessThan(0.95 * blind);
  });

  test("refuses three points, infinite values, and steps that do not ascend", () => {
    const points = (steps: number[], values: number[]) => ({ points: { steps, values, scales: steps.map(() => 1) } });
    expect(() => curvePosterior(ask(() => 1, points([1, 2, 3], [1, 2, 3])))).toThrow("3 points are too few");
    expect(() => curvePosterior(ask(() => 1, points([1, 2, 3, 4], [1, 2, Number.POSITIVE_INFINITY, 4])))).toThrow(
      "finite values",
    );
    expect(() => curvePosterior(ask(() => 1, points([1, 3, 2, 4], [1, 2, 3, 4])))).toThrow("ascending steps");
  });
});

test("the noise of white points about a smooth curve is found from neighbours", () => {
  const rng = Rng.of(3);
  const steps = Array.from({ length: 400 }, (_, i) => 100 * 1.01 ** i);
  const values = steps.map((step) => 3 * step ** -0.2 + 0.02 * rng.normal());
  expect(
    neighbourNoise(
      steps,
      values,
      steps.map(() => 1),
    ),
  ).toBeCloseTo(0.02, 2);
});

test("whitened sums equal generalised least squares with the whole covariance", () => {
  const [w, y, scales, rho] = [[-2, -0.5, 0, 0.7], [1, 2, 0.5, 3], [1, 2, 1, 0.5], 0.6];
  const { xx, xy, yy, logScale } = whitenedShapeSums({ w, y, scales, correlation: rho });
  // numpy: V = outer(s, s) · rho^|i−j|; X = [1 − w, w]; X'V⁻¹X, X'V⁻¹y, y'V⁻¹y, −½ ln|V|
  const closeTo = (values: number[]) => values.map((value) => expect.closeTo(value, 9));
  expect(xx).toEqual(closeTo([11.1953125, -7.4296875, 8.5078125]));
  expect(xy).toEqual(closeTo([2.2578125, 11.0390625]));
  expect([yy, logScale]).toEqual(closeTo([52.03125, 0.6694306539426292]));
});

describe("the forecast of a run from its own curve", () => {
  const cohortOf = (n: number, seed: number) => {
    const rng = Rng.of(seed, "own curve");
    return Array.from({ length: n }, (_, i) => {
      const [end, power] = [2 + 0.1 * rng.normal(), 0.3 + 0.05 * rng.normal()];
      const steps = [...STEPS, 20_000];
      const loss = steps.map((step) => end + 5 * step ** -power + 0.01 * rng.normal());
      return { run: `run ${i}`, steps, values: { loss } };
    });
  };
  const task = { target: "loss", targetStep: 20_000, cutoff: 3200 };

  test("90% intervals hold 84–97% of 120 outcomes, and the centre misses less than half as much as the last value", () => {
    let [inside, own, last] = [0, 0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const runs = cohortOf(20, seed);
      const fitted = prefixCurves().fit(runs.slice(0, 10), task);
      for (const run of runs.slice(10)) {
        const distribution = fitted.predict(run);
        const truth = run.values.loss.at(-1)!;
        const [low, high] = centralInterval(distribution, 0.9);
        inside += Number(low <= truth && truth <= high);
        own += Math.abs(distribution.quantiles[13] - truth);
        last += Math.abs(run.values.loss.at(-2)! - truth);
      }
    }
    expect(inside / 120).toBeGreaterThan(0.84);
    expect(inside / 120).toBeLessThan(0.97);
    expect(own).toBeLessThan(0.5 * last);
  });

  test("without a cohort it covers too, and refuses a curve whose own end it could not have forecast", () => {
    const inside = cohortOf(60, 99).filter((run) => {
      const [low, high] = centralInterval(forecastFromPrefix(run, task).distribution, 0.9);
      return low <= run.values.loss.at(-1)! && run.values.loss.at(-1)! <= high;
    });
    expect(inside.length).toBeGreaterThanOrEqual(48);
    const [run] = cohortOf(1, 5);
    const jump = { ...run, values: { loss: run.values.loss.map((loss, i) => (STEPS[i] >= 1600 ? loss - 2 : loss)) } };
    expect(() => forecastFromPrefix(jump, task)).toThrow(/last third of the curve so far misses .* stated spreads/);
  });

  test("a cohort's noise keeps a run that happens not to move from being forecast exactly; alone such a run is refused", () => {
    const runs = cohortOf(10, 3);
    const still = { ...runs[0], values: { loss: runs[0].steps.map(() => 3) } };
    const { quantiles } = prefixCurves().fit(runs.slice(1), task).predict(still);
    expect(quantiles.at(-4)! - quantiles[3]).toBeGreaterThan(0.01);
    expect(() => forecastFromPrefix(still, task)).toThrow("loss of run run 0 has not moved");
  });

  test("long series are averaged into bins; stated standard errors give relative precision", () => {
    const steps = Array.from({ length: 1000 }, (_, i) => i + 1);
    const long = { run: "long", steps, values: { loss: steps.map((step) => 5 / step) } };
    const { scales, steps: kept } = prefixPoints(long, { target: "loss", targetStep: 2000, cutoff: 1000 });
    expect(kept.length).toBeLessThanOrEqual(32);
    expect(scales.at(-1)!).toBeLessThan(scales[0]);
    const ses = { loss: [0.01, 0.01, 0.02, 0.01, 0.01, 0.01] };
    const six = { run: "six", steps: [1, 2, 3, 4, 5, 6], values: { loss: [6, 5, 4, 3, 2, 1] }, ses };
    expect(prefixPoints(six, { target: "loss", targetStep: 9, cutoff: 6 }).scales).toEqual([1, 1, 2, 1, 1, 1]);
  });
});
