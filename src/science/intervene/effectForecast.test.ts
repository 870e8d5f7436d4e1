import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { type EffectForecastTask, effectForecasters } from "./effectForecast.ts";

const median = 10;
const method = (name: string) => effectForecasters.find((one) => one.name === name)!;
const task = (arms: EffectForecastTask["arms"]): EffectForecastTask => ({ scale: "linear", mainSeeds: 12, arms });

describe("effect forecasts", () => {
  const two = task([
    { name: "a", x: 0, differences: [0.1, 0.3] },
    { name: "b", x: 1, differences: [0.5, 0.9] },
  ]);

  test("pilot: the arm's mean, with Student's t on the pooled noise, by hand", () => {
    const [a] = method("pilot").forecast(two);
    const noise = (0.02 + 0.08) / 2; // variances of the arms, 1 df each
    // Seeds deviate by ∓.15 on average: variance .045 = noise·(r + (1 − r)/2) gives r = .8.
    const scale = Math.sqrt(noise * (1 / 2 + 1 / 12));
    const { probabilities, quantiles } = a.distribution;
    expect(quantiles[probabilities.indexOf(0.5)]).toBeCloseTo(0.2, 12);
    expect(quantiles[probabilities.indexOf(0.95)]).toBeCloseTo(
      0.2 + scale * studentTQuantile(0.95, 2 / (1 + 0.8 ** 2)),
      10,
    );
  });

  test("no effect is centred on 0, one effect for all on the grand mean", () => {
    expect(method("no effect").forecast(two)[0].distribution.quantiles[median]).toBeCloseTo(0, 12);
    for (const { distribution } of method("one effect for all").forecast(two))
      expect(distribution.quantiles[median]).toBeCloseTo(0.45, 12);
  });

  test("smooth borrows from neighbours: nearer than the pilot to a smooth truth, on average over 200 pilots", () => {
    const rng = Rng.of("smooth");
    const x = [0, 250, 500, 750, 1000, 1250, 1500, 1750];
    const truth = x.map((start) => 0.3 * Math.sin((start / 1750) * Math.PI));
    let smooth = 0;
    let pilot = 0;
    for (let study = 0; study < 200; study++) {
      const one = task(
        x.map((start, i) => ({
          name: `${start}`,
          x: start,
          differences: [0, 1].map(() => truth[i] + 0.1 * rng.normal()),
        })),
      );
      const miss = (name: string) =>
        method(name)
          .forecast(one)
          .reduce((sum, { distribution }, i) => sum + (distribution.quantiles[median] - truth[i]) ** 2, 0);
      smooth += miss("smooth");
      pilot += miss("pilot");
    }
    expect(smooth).toBeLessThan(0.85 * pilot);
  });

  test.each([0.5, 0.8, 0.95])(
    "90%% intervals from two pilot seeds hold the mean of 12 fresh ones in about 90%% of cases, arms correlated by %f",
    (correlation) => {
      const rng = Rng.of("calibration", correlation);
      const x = [0, 1, 2, 3, 4, 5, 6, 7];
      const seed = () => {
        const shared = Math.sqrt(correlation) * rng.normal();
        return x.map((at) => 3 * Math.sin((at / 8) * 3) + shared + Math.sqrt(1 - correlation) * rng.normal());
      };
      const studies = 250;
      const inside = { pilot: 0, smooth: 0 };
      for (let study = 0; study < studies; study++) {
        const pilots = [seed(), seed()];
        const main = Array.from({ length: 12 }, seed);
        const arms = x.map((at) => ({ name: `${at}`, x: at, differences: pilots.map((row) => row[at]) }));
        const outcomes = x.map((at) => main.reduce((sum, row) => sum + row[at], 0) / 12);
        for (const name of ["pilot", "smooth"] as const)
          method(name)
            .forecast(task(arms))
            .forEach(({ distribution: { probabilities, quantiles } }, i) => {
              const low = quantiles[probabilities.indexOf(0.05)];
              const high = quantiles[probabilities.indexOf(0.95)];
              if (low <= outcomes[i] && outcomes[i] <= high) inside[name] += 1 / (studies * x.length);
            });
      }
      // arms of a study stand and fall together: the sd of a share is at most .3 / √250 = .02
      for (const share of Object.values(inside)) {
        expect(share).toBeGreaterThan(0.82);
        expect(share).toBeLessThan(0.97);
      }
    },
  );

  test("doses are laid out by their logarithm", () => {
    const arms = [1, 10, 100].map((x) => ({ name: `${x}`, x, differences: [Math.log10(x), Math.log10(x) + 0.01] }));
    const [, middle] = method("smooth").forecast({ scale: "log", mainSeeds: 12, arms });
    expect(middle.distribution.quantiles[median]).toBeCloseTo(1, 1);
  });

  test("refuses one arm, one pilot seed, unequal pilots and a pilot that diverged", () => {
    const pilot = method("pilot");
    expect(() => pilot.forecast(task([two.arms[0]]))).toThrow("expected at least 2 arms in the family, got 1");
    expect(() => pilot.forecast(task(two.arms.map((arm) => ({ ...arm, differences: [1] }))))).toThrow(
      "at least 2 seeds",
    );
    expect(() => pilot.forecast(task([two.arms[0], { ...two.arms[1], differences: [1, 2, 3] }]))).toThrow(
      "expected 2 pilot seeds",
    );
    expect(() => pilot.forecast(task([two.arms[0], { ...two.arms[1], differences: [1, Number.NaN] }]))).toThrow(
      "not finite",
    );
  });
});
