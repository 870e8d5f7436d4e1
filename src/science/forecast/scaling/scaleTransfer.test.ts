/** @file Scale transfer on sizes with a known law, its rules for what is fitted and judged, and the error law. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { errorForecast, errorLawEnsemble, errorLawEstimates, errorLawFit } from "./errorLaw.ts";
import reference from "./fixtures/reference.json" with { type: "json" };
import { powerSumLoss, type ScalingPoint } from "./powerSum.ts";
import { scaleTransfer } from "./scaleTransfer.ts";

const LAW = { terms: ["size", "data"], level: 1.9, amplitudes: [300, 1500], exponents: [0.33, 0.35] } as const;

function grid(sizes: readonly number[], noise: number): ScalingPoint[] {
  const rng = Rng.of("scale transfer test");
  return sizes.flatMap((size) =>
    [5, 20, 80].map((perParameter) => {
      const at = { size, data: size * perParameter };
      return { run: `${size}-${perParameter}`, ...at, loss: powerSumLoss(LAW, at) * Math.exp(noise * rng.normal()) };
    }),
  );
}

describe("scale transfer", () => {
  const sizes = [1e7, 2e7, 4e7, 8e7, 1.6e8, 3.2e8, 6.4e8];

  test("fits sizes at least 4 times smaller than the largest, and judges those at least 4 times larger than all of them", () => {
    const { fittedSizes, targetSizes, points, runs } = scaleTransfer(grid(sizes, 0.004));
    expect(fittedSizes).toEqual([1e7, 2e7, 4e7, 8e7, 1.6e8]);
    expect(targetSizes).toEqual([6.4e8]);
    expect([points, runs]).toEqual([3, 3]);
  });

  test("where losses follow the law, the law with a floor beats every baseline, by 5 × the nearest size", () => {
    const { scores, refused } = scaleTransfer(grid(sizes, 0.004));
    expect(refused).toEqual([]);
    const of = (method: string) => scores.find((score) => score.method === method)!;
    const law = of("power law with floor");
    for (const { role, meanCrps } of scores) if (role === "baseline") expect(law.meanCrps).toBeLessThan(meanCrps);
    expect(law.meanCrps).toBeLessThan(of("nearest size").meanCrps / 5);
    expect(law.meanRelative).toBeLessThan(0.01);
  });

  test("a method that cannot speak is named with its reason: two fitted sizes, or a target beyond the span of the fitted", () => {
    const two = scaleTransfer(grid([1e7, 2e7, 8e7], 0.004));
    expect(two.refused.find(({ method }) => method === "power law with floor")?.why).toContain(
      "2 sizes do not determine",
    );
    const far = scaleTransfer(grid([1e7, 1.5e7, 2e7, 2.2e7, 2e8], 0.004));
    expect(far.refused.find(({ method }) => method === "power law with floor")?.why).toContain("span a factor of 2.2");
    expect(far.scores.map(({ method }) => method)).toContain("log-linear");
  });

  test("refuses when no sizes are a factor of 4 apart, and says what the data span", () => {
    expect(() => scaleTransfer(grid([1e7, 2e7, 3e7], 0))).toThrow(
      "0 of 3 sizes are at least 4 times smaller than the largest; 2 are needed (largest / smallest is 3.0)",
    );
  });
});

const GEMSTONES = new URL("../../../../../shared/data/gemstones/gemstones_task_losses.csv", import.meta.url);
const isAbsent = !existsSync(GEMSTONES);

describe(`Gemstones, 18–64M → 319M${isAbsent ? " (skipped: ../shared/data/gemstones is absent)" : ""}`, () => {
  test.skipIf(isAbsent)(
    "the power law without a floor misses the larger model's hellaswag loss by less than 5%, nearest size by 3 × more; the floor is refused",
    () => {
      const rows = readFileSync(GEMSTONES, "utf8")
        .trim()
        .split(/\r?\n/)
        .map((line) => line.split(","));
      const last = new Map<string, ScalingPoint>();
      for (const [model, , step, task, loss, , , , key] of rows) {
        const [, width, depth] = /(\d+)x(\d+)/.exec(model) ?? [];
        if (task !== "hellaswag" || key !== "zeroshot" || step === "" || Number(step) < (last.get(model)?.data ?? 0))
          continue;
        last.set(model, {
          run: model,
          size: 12 * Number(width) ** 2 * Number(depth),
          data: Number(step),
          loss: Number(loss),
        });
      }
      const { scores, refused, fittedSizes, targetSizes } = scaleTransfer([...last.values()]);
      expect([fittedSizes.length, targetSizes]).toEqual([11, [318504960]]);
      const miss = (method: string) => scores.find((score) => score.method === method)!.meanRelative;
      expect(miss("log-linear")).toBeLessThan(0.05);
      expect(miss("nearest size")).toBeGreaterThan(3 * miss("log-linear"));
      expect(refused.map(({ method }) => method)).toContain("power law with floor");
    },
  );
});

describe("error from loss", () => {
  const { loss, error, parameters } = reference.errorLaw;
  const points = loss.map((value, i) => ({ run: `${i}`, loss: value, error: error[i] }));

  test("agrees with scipy's curve_fit", () => {
    const { ceiling, k, gamma } = errorLawFit(points);
    expect([ceiling, k, gamma]).toEqual(parameters.map((value) => expect.closeTo(value, 3)));
  });

  test("its intervals hold the truth, and a forecast inside the losses seen holds the law's own value", () => {
    const ensemble = errorLawEnsemble({ points, rng: Rng.of(1), draws: 200 });
    for (const [k, truth] of [0.8, 3.1, 0.9].entries()) {
      const { low, high } = errorLawEstimates(ensemble)[k].estimate;
      expect(low).toBeLessThan(truth);
      expect(high).toBeGreaterThan(truth);
    }
    const { quantiles } = errorForecast(ensemble, [3], Rng.of(2));
    const truth = 0.8 - 3.1 * Math.exp(-0.9 * 3);
    expect(quantiles[3]).toBeLessThan(truth);
    expect(quantiles.at(-4)!).toBeGreaterThan(truth);
  });

  test("refuses a straight line, a step, an error that rises as loss falls, and too few models", () => {
    const over = (f: (loss: number) => number) => points.map((point) => ({ ...point, error: f(point.loss) }));
    expect(() => errorLawFit(over((value) => 0.1 * value))).toThrow("straight line");
    expect(() => errorLawFit(over((value) => (value < 2.25 ? 0.2 : 0.6)))).toThrow("a step in loss");
    expect(() => errorLawFit(over((value) => 1 / value))).toThrow(/straight line|does not fall|a step/);
    expect(() => errorLawFit(points.slice(0, 4))).toThrow("4 models are too few; 5 are needed");
  });
});
