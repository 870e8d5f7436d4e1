/** @file Runs that differ by configuration: what early measures add to it, and that the configuration alone is always shown. */
import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { configurationOnly } from "../baselines.ts";
import type { Forecaster, Trajectory } from "../forecaster.ts";
import { recordedForecasters } from "../methods.ts";
import { earlyMeasures } from "./earlyMeasures.ts";

const TASK = { target: "accuracy", targetStep: 1000, cutoff: 100 };

/** Accuracy rises with ln(size) and with a trait of the run that `probe` tells of early on. */
function cohortOf(n: number, seed: number): Trajectory[] {
  const rng = Rng.of(seed, "heterogeneous");
  return Array.from({ length: n }, (_, i) => {
    const logSize = Math.log(1e7) + rng.uniform() * Math.log(1000);
    const trait = rng.normal();
    const end = 0.2 + 0.05 * (logSize - Math.log(1e7)) + 0.04 * trait + 0.005 * rng.normal();
    const accuracy = [0.2, 0.2 + 0.3 * (end - 0.2) + 0.02 * rng.normal(), end];
    const probe = [0, trait + 0.3 * rng.normal(), 0].map((value) => value + 0.01 * rng.normal());
    return {
      run: `run ${i}`,
      steps: [10, 100, 1000],
      values: { accuracy, probe },
      configuration: { size: Math.exp(logSize) },
    };
  });
}

test("early measures with the configuration miss less than either alone, over 6 cohorts with sizes over three decades", () => {
  const miss = (method: Forecaster) =>
    mean(
      [1, 2, 3, 4, 5, 6].flatMap((seed) => {
        const runs = cohortOf(40, seed);
        const fitted = method.fit(runs.slice(0, 24), TASK);
        return runs.slice(24).map((run) => {
          const { quantiles } = fitted.predict(run);
          return Math.abs(quantiles[quantiles.length >> 1] - run.values.accuracy[2]);
        });
      }),
    );
  const both = miss(earlyMeasures({ configuration: true }));
  expect(both).toBeLessThan(0.7 * miss(configurationOnly()));
  expect(both).toBeLessThan(0.8 * miss(earlyMeasures()));
});

test("a size is taken in its logarithm: the configuration alone forecasts sizes far apart without a bend", () => {
  const runs = cohortOf(60, 9);
  const fitted = configurationOnly().fit(runs.slice(0, 40), TASK);
  expect(JSON.stringify(fitted.frozen)).toContain("ln size");
  const misses = runs.slice(40).map((run) => {
    const { quantiles } = fitted.predict(run);
    return Math.abs(quantiles[quantiles.length >> 1] - run.values.accuracy[2]);
  });
  // The trait that the configuration does not tell of has a spread of .04: mean |miss| .032.
  expect(mean(misses)).toBeLessThan(0.05);
});

test("the baseline from the configuration alone is there where runs differ by it, and only there", () => {
  const names = (hasConfiguration: boolean) => recordedForecasters({ hasConfiguration }).map(({ name }) => name);
  expect(names(true)).toContain("configuration");
  expect(names(false)).not.toContain("configuration");
});
