/**
 * @file Scaling fits: known truths, scipy (fixtures/reference.py), the 4500-start grid against variable projection, refusals.
 */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import reference from "./fixtures/reference.json" with { type: "json" };
import { powerSumFit, powerSumGridFit, powerSumLoss, type ScalingPoint } from "./powerSum.ts";
import { scalingEnsemble, scalingEstimates, scalingForecast } from "./scalingForecast.ts";

/** Epoch's refit of Hoffmann et al.'s points (SCIENCE §5.1): E, A, B, α, β. */
const TRUTH = {
  terms: ["size", "data"],
  level: 1.8172,
  amplitudes: [477.8, 2143.4],
  exponents: [0.34731, 0.36717],
} as const;
const GADRE = new URL("../../../../../shared/data/overtraining-gadre/losses.csv", import.meta.url);
const isAbsent = !existsSync(GADRE);
const absent = isAbsent ? " (skipped: ../shared/data/overtraining-gadre is absent)" : "";

/** A stand-in for the 245 points: sizes 44M–16B, compute 6e18–3e21, noise of ln(loss) with a tenth of the points far off. */
function design(n: number, seed: number, noise: number): ScalingPoint[] {
  const rng = Rng.of(seed, "chinchilla");
  return Array.from({ length: n }, (_, i) => {
    const size = 10 ** (7.65 + 2.55 * rng.uniform());
    const data = 10 ** (18.8 + 2.7 * rng.uniform()) / (6 * size);
    const miss = noise * rng.normal() * (rng.uniform() < 0.1 ? 5 : 1);
    return { run: `run ${i}`, size, data, loss: powerSumLoss(TRUTH, { size, data }) * Math.exp(miss) };
  });
}

const flat = ({
  level,
  amplitudes,
  exponents,
}: Pick<ReturnType<typeof powerSumFit>, "level" | "amplitudes" | "exponents">) => [level, ...amplitudes, ...exponents];
const near = (values: readonly number[], relative: number) =>
  values.map((value) => expect.closeTo(value, -Math.log10(2 * relative * Math.abs(value))));

describe("the fit", () => {
  test("finds the parameters of noiseless points, wherever the truth lies", () => {
    const exponent = fc.double({ min: 0.15, max: 0.8, noNaN: true });
    const level = fc.double({ min: 0.5, max: 2.5, noNaN: true });
    fc.assert(
      fc.property(level, exponent, exponent, (e, alpha, beta) => {
        const truth = {
          terms: TRUTH.terms,
          level: e,
          amplitudes: [3 * 1e8 ** alpha, 2 * 1e9 ** beta],
          exponents: [alpha, beta],
        };
        const points = design(60, 4, 0).map((point) => ({ ...point, loss: powerSumLoss(truth, point) }));
        expect(flat(powerSumFit(points))).toEqual(near(flat(truth), 1e-3));
      }),
      { seed: 21, numRuns: 15 },
    );
  });

  test("agrees with scipy on Huber's loss of ln(loss), δ = 1e-3, summed", () => {
    const { size, data, loss, huberSum, parameters } = reference.chinchilla;
    const fit = powerSumFit(size.map((n, i) => ({ run: `${i}`, size: n, data: data[i], loss: loss[i] })));
    expect(fit.huberSum).toBeLessThan(huberSum * (1 + 1e-6));
    expect(fit.huberSum).toBeGreaterThan(huberSum * (1 - 1e-3));
    expect(flat(fit)).toEqual(near(parameters, 2e-3));
  });

  test("240 points like those of the replication: the truth lies in the 95% intervals of its parameters", () => {
    const points = design(240, 7, 0.01);
    const ensemble = scalingEnsemble({ points, fit: powerSumFit(points), rng: Rng.of(1), draws: 200 });
    const estimates = scalingEstimates(ensemble);
    expect(estimates.map(({ name }) => name)).toEqual(["E", "A", "α", "B", "β", "a = β/(α + β)"]);
    for (const [k, truth] of [1.8172, 477.8, 0.34731, 2143.4, 0.36717, 0.5139].entries()) {
      expect(estimates[k].estimate.low).toBeLessThan(truth);
      expect(estimates[k].estimate.high).toBeGreaterThan(truth);
      expect(estimates[k].estimate.n).toBe(240);
    }
  });

  test("one coordinate alone: a power law in size with a floor", () => {
    const points = [1e6, 3e6, 1e7, 3e7, 1e8, 1e9].map((size, i) => ({
      run: `${i}`,
      size,
      data: 1,
      loss: 2 + 90 / size ** 0.3,
    }));
    expect(flat(powerSumFit(points, { terms: ["size"] }))).toEqual(near([2, 90, 0.3], 1e-3));
  });

  test("points without a floor have E = 0", () => {
    const points = design(40, 2, 0).map((point) => ({ ...point, loss: 40 / point.size ** 0.2 }));
    const fit = powerSumFit(points, { terms: ["size"] });
    expect(fit.level).toBeLessThan(1e-3);
    expect(fit.exponents[0]).toBeCloseTo(0.2, 3);
  });

  test("refuses few points, coordinates with fewer than three values, and losses that are not positive", () => {
    const points = design(12, 1, 0.01);
    expect(() => powerSumFit(points.slice(0, 9))).toThrow("9 points are too few for 5 parameters; 10 are needed");
    expect(() => powerSumFit(points.map((point) => ({ ...point, data: 1e9 })))).toThrow(
      "data takes 1 value; its exponent needs 3",
    );
    expect(() => powerSumFit(points.with(3, { ...points[3], loss: -1 }))).toThrow(
      "loss of run run 3: expected a positive finite number, got -1",
    );
  });
});

describe("the grid of 4500 starts", () => {
  test.skipIf(!isAbsent)(
    "ends where variable projection ends (skipped where the real models below are there)",
    { timeout: 120_000 },
    () => {
      const points = design(12, 3, 0.01);
      const [grid, quick] = [powerSumGridFit(points), powerSumFit(points)];
      expect(grid.starts).toBe(4500);
      expect(flat(quick)).toEqual(near(flat(grid), 1e-4));
    },
  );

  test.skipIf(isAbsent)(
    `ends where variable projection ends, on 32 real models of Gadre et al.${absent}`,
    { timeout: 120_000 },
    () => {
      const rows = readFileSync(GADRE, "utf8")
        .trim()
        .split(/\r?\n/)
        .map((line) => line.split(","));
      const points = rows
        .filter((row) => row[1] === "rpj" && row[7].startsWith("paloma_c4_en"))
        .map((row) => ({ run: row[0], size: Number(row[2]), data: Number(row[3]), loss: Number(row[8]) }));
      expect(points).toHaveLength(32);
      const grid = powerSumGridFit(points);
      expect(grid.starts).toBe(4500);
      expect(flat(powerSumFit(points))).toEqual(near(flat(grid), 1e-4));
    },
  );
});

describe("the forecast of a model not yet trained", () => {
  test("90% intervals hold 47 to 59 of 60 fresh points within the design: the 99% range of a binomial", () => {
    const points = design(120, 5, 0.02);
    const ensemble = scalingEnsemble({ points, fit: powerSumFit(points), rng: Rng.of(2), draws: 300 });
    const fresh = design(60, 6, 0.02);
    const inside = fresh.filter((point) => {
      const { probabilities, quantiles } = scalingForecast(ensemble, point, Rng.of(3, point.run));
      return (
        quantiles[probabilities.indexOf(0.05)] <= point.loss && point.loss <= quantiles[probabilities.indexOf(0.95)]
      );
    });
    expect(inside.length).toBeGreaterThanOrEqual(47);
    expect(inside.length).toBeLessThanOrEqual(59);
  });

  test("resamples runs, not their points: copies of the same points in one run do not narrow it", () => {
    const points = design(24, 8, 0.02);
    const copies = [...points, ...points];
    const width = (all: readonly ScalingPoint[]) => {
      const { quantiles } = scalingForecast(
        scalingEnsemble({ points: all, fit: powerSumFit(all), rng: Rng.of(1), draws: 300 }),
        { size: 1e11, data: 1e12 },
        Rng.of(2),
      );
      return quantiles.at(-4)! - quantiles[3];
    };
    expect(width(copies)).toBeGreaterThan(0.75 * width(points));
  });

  test("refuses three runs", () => {
    const points = design(12, 1, 0.01).map((point, i) => ({ ...point, run: `${i % 3}` }));
    expect(() => scalingEnsemble({ points, fit: powerSumFit(points), rng: Rng.of(1) })).toThrow(
      "3 runs are too few; 4 are needed",
    );
  });
});
