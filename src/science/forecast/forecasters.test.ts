/** @file All forecasters of values: one suite for what each must keep, then what each is. */
import { describe, expect, test } from "vitest";
import { canonicalJson, Rng } from "../../core/index.ts";
import { mean } from "../stats/moments.ts";
import { cohortFinal, configurationOnly, lastValue, logTrend } from "./baselines.ts";
import { combination } from "./combine/combination.ts";
import { curveFamily } from "./curves/curveFamily.ts";
import { distributionQuantile } from "./distribution.ts";
import type { Forecaster, ForecastTask, Trajectory } from "./forecaster.ts";
import { valueForecasters } from "./methods.ts";
import { earlyMeasures } from "./regression/earlyMeasures.ts";
import { retrospectiveForecasts } from "./scoring/retrospective.ts";
import { centralInterval, crps } from "./scoring/scores.ts";
import { scoreValues } from "./scoring/scoreTable.ts";
import { GRID, syntheticCohort } from "./synthetic.ts";

const task: ForecastTask = { target: "accuracy", targetStep: 2000, cutoff: 200, range: [0, 1] };
const cohort = syntheticCohort(24, 1);
const fresh = syntheticCohort(30, 2);
const everyForecaster = [...valueForecasters, configurationOnly(), earlyMeasures({ configuration: true })];
const endOf = (run: Trajectory) => run.values.accuracy.at(-1)!;
const median = (forecaster: Forecaster, run: Trajectory, runs = cohort, at = task) =>
  distributionQuantile(forecaster.fit(runs, at).predict(run), 0.5);
const mapValues = (run: Trajectory, f: (value: number, step: number, measure: string) => number): Trajectory => ({
  ...run,
  values: Object.fromEntries(
    Object.entries(run.values).map(([name, series]) => [name, series.map((v, i) => f(v, run.steps[i], name))]),
  ),
});

describe.each(everyForecaster.map((forecaster) => [forecaster.name, forecaster] as const))("%s", (_, forecaster) => {
  const fitted = forecaster.fit(cohort, task);

  test("uses nothing after the cutoff: later values may be anything or missing", () => {
    const before = fitted.predict(fresh[0]);
    expect(fitted.predict(mapValues(fresh[0], (v, step) => (step > 200 ? v * -7 + 3 : v)))).toEqual(before);
    expect(fitted.predict(mapValues(fresh[0], (v, step) => (step > 200 ? Number.NaN : v)))).toEqual(before);
  });

  test("is frozen: same cohort, same text; one cohort value changed, another text", () => {
    const again = forecaster.fit([...cohort], task);
    expect(canonicalJson(again.frozen)).toBe(canonicalJson(fitted.frozen));
    const changed = [mapValues(cohort[0], (v, step) => (step === 500 ? v + 1e-9 : v)), ...cohort.slice(1)];
    expect(canonicalJson(forecaster.fit(changed, task).frozen)).not.toBe(canonicalJson(fitted.frozen));
  });

  test("stays in the range and ascends; a second fit says the same", () => {
    const again = forecaster.fit([...cohort], task);
    for (const run of fresh) {
      const { quantiles } = fitted.predict(run);
      expect(quantiles.every((q, k) => q >= 0 && q <= 1 && (k === 0 || q >= quantiles[k - 1]))).toBe(true);
      expect(again.predict(run).quantiles).toEqual(quantiles);
    }
  });

  test("states left-out errors, one a cohort run (a combination has none of its own)", () => {
    expect(fitted.leftOutErrors?.length).toBe(forecaster.name === "combination" ? undefined : 24);
  });

  test("refuses a tiny cohort, a cohort run without a target, and a cutoff at the target", () => {
    expect(() => forecaster.fit(cohort.slice(0, 2), task)).toThrow("a cohort of 2 is too small");
    const diverged = [...cohort.slice(1), mapValues(cohort[0], (v, step) => (step === 2000 ? Number.NaN : v))];
    expect(() => forecaster.fit(diverged, task)).toThrow("accuracy at step 2000 of cohort run run-1-0 is NaN");
    expect(() => forecaster.fit(cohort, { ...task, cutoff: 2000 })).toThrow("expected a step before 2000, got 2000");
  });
});

describe("calibration", () => {
  test("over 8 cohorts of 24, the 90% intervals of every method but the misplaced baselines hold 82 to 97%", () => {
    const inside = new Map<string, number[]>();
    for (let seed = 10; seed < 18; seed++) {
      const runs = syntheticCohort(24, seed);
      const next = syntheticCohort(30, seed + 100);
      for (const forecaster of valueForecasters.slice(2)) {
        const fitted = forecaster.fit(runs, task);
        const hits = next.map((run) => {
          const [low, high] = centralInterval(fitted.predict(run), 0.9);
          return Number(low <= endOf(run) && endOf(run) <= high);
        });
        inside.set(forecaster.name, [...(inside.get(forecaster.name) ?? []), ...hits]);
      }
    }
    for (const [name, hits] of inside) {
      expect(mean(hits), name).toBeGreaterThan(0.82);
      expect(mean(hits), name).toBeLessThan(0.97);
    }
  });
});

describe("baselines", () => {
  test("last value: centred there, scale the root mean square of the cohort's changes", () => {
    const at = cohort[0].steps.indexOf(200);
    expect(median(lastValue(), fresh[3])).toBeCloseTo(fresh[3].values.accuracy[at], 12);
    const rms = Math.sqrt(mean(cohort.map((run) => (endOf(run) - run.values.accuracy[at]) ** 2)));
    expect(lastValue().fit(cohort, task).frozen).toMatchObject({
      parameters: { scale: expect.closeTo(rms, 12), df: 24 },
    });
  });

  test("trend: exact on a line in ln step, from the last half decade only, clipped to the range", () => {
    const line = mapValues(fresh[0], (_, step) => (step < 60 ? 9 : 0.02 * Math.log(step)));
    expect(median(logTrend(), line)).toBeCloseTo(0.02 * Math.log(2000), 10);
    const steep = mapValues(fresh[0], (_, step) => 0.2 * Math.log(step));
    expect(median(logTrend(), steep)).toBe(1);
  });

  test("cohort: Student t about the mean, the same for every run; configuration equals it where none differs", () => {
    expect(median(cohortFinal(), fresh[0])).toBeCloseTo(mean(cohort.map(endOf)), 12);
    const one = configurationOnly().fit(cohort, task).predict(fresh[0]).quantiles;
    expect(one).toEqual(
      cohortFinal()
        .fit(cohort, task)
        .predict(fresh[5])
        .quantiles.map((q) => expect.closeTo(q, 10)),
    );
  });

  test("configuration: finds a quadratic law, and refuses a run without its covariates", () => {
    const rng = Rng.of(3);
    const designed = syntheticCohort(40, 3).map((run) => {
      const x = rng.uniform();
      const end = 0.4 + 0.3 * x - 0.2 * x * x;
      return {
        ...mapValues(run, (v, step, name) => (name === "accuracy" && step === 2000 ? end : v)),
        configuration: { x },
      };
    });
    expect(median(configurationOnly(), { ...fresh[0], configuration: { x: 0.5 } }, designed)).toBeCloseTo(0.5, 2);
    expect(() => median(configurationOnly(), fresh[0], designed)).toThrow("has no finite x");
  });
});

describe("early measures", () => {
  test("beats the cohort where early signals carry the outcome, ties with it where they do not", () => {
    const ratio = (target: string) => {
      const at = { ...task, target, range: undefined };
      const [own, base] = [earlyMeasures(), cohortFinal()].map((forecaster) => {
        const fitted = forecaster.fit(cohort, at);
        return mean(fresh.map((run) => crps(fitted.predict(run), run.values[target].at(-1)!)));
      });
      return own / base;
    };
    expect(ratio("accuracy")).toBeLessThan(0.6);
    expect(ratio("noise")).toBeLessThan(1.05);
  });

  test("refuses a run that lacks a measure it was fitted on, and never uses one that a cohort run lacks", () => {
    const without = mapValues(fresh[0], (v, _, name) => (name === "mechanism" ? Number.NaN : v));
    expect(() => median(earlyMeasures(), without)).toThrow("has no finite mechanism at 200");
    const gap = [mapValues(cohort[0], (v, _, name) => (name === "mechanism" ? Number.NaN : v)), ...cohort.slice(1)];
    expect(() => median(earlyMeasures(), without, gap)).not.toThrow();
  });
});

describe("learning curves", () => {
  test("continues exact power laws of a cohort that shares the power", () => {
    const rng = Rng.of(4);
    const runs = Array.from({ length: 24 }, (_, i): Trajectory => {
      const [c, a] = [0.8 + 0.1 * rng.normal(), 0.5 + 0.2 * rng.normal()];
      return {
        run: `p${i}`,
        steps: GRID,
        values: { accuracy: GRID.map((step) => c - a * (step / 2000) ** -0.3 + 0.001 * rng.normal()) },
      };
    });
    const at = { ...task, range: undefined };
    const errors = runs.slice(12).map((run) => median(curveFamily(), run, runs.slice(0, 12), at) - endOf(run));
    expect(Math.sqrt(mean(errors.map((e) => e * e)))).toBeLessThan(0.01);
  });

  test("refuses a target that the run has not measured by the cutoff", () => {
    const blind = mapValues(fresh[0], (v, step, name) => (name === "accuracy" && step <= 200 ? Number.NaN : v));
    expect(() => median(curveFamily(), blind)).toThrow("has no finite points in the window");
  });
});

describe("combination and leave-one-out", () => {
  test("weights follow left-out errors: the best member dominates, the worst hardly counts", () => {
    const { parameters } = combination([lastValue(), earlyMeasures()]).fit(cohort, task).frozen as {
      parameters: { members: [string, number, number][] };
    };
    expect(parameters.members[1][1]).toBe(1);
    expect(parameters.members[0][1]).toBeLessThan(1e-6);
  });

  test("left-out errors are those of refitting without the run", () => {
    for (const forecaster of [cohortFinal(), curveFamily()]) {
      const left = forecaster.fit(cohort, task).leftOutErrors!;
      for (const i of [0, 7]) {
        const others = cohort.filter((_, k) => k !== i);
        const error = endOf(cohort[i]) - median(forecaster, cohort[i], others);
        expect(left[i]).toBeCloseTo(error, forecaster.name === "cohort" ? 10 : 2);
      }
    }
  });

  test("retrospective forecasts are labelled so and do not know their own run", () => {
    const changed = cohort.map((run, i) => (i === 3 ? mapValues(run, (v, step) => (step === 2000 ? 0.99 : v)) : run));
    const of = (runs: Trajectory[]) =>
      retrospectiveForecasts({ cohort: runs, forecasters: [cohortFinal(), earlyMeasures()], task });
    const [plain, altered] = [of(cohort), of(changed)];
    expect(plain).toHaveLength(48);
    expect(plain.every(({ retrospective }) => retrospective)).toBe(true);
    expect(altered[6].distribution).toEqual(plain[6].distribution);
    expect(altered[7].distribution).toEqual(plain[7].distribution);
    expect(altered[0].distribution).not.toEqual(plain[0].distribution);
  });

  test("16 fresh runs, 4 cutoffs, 2 targets, all methods, scored: well under 3 seconds", () => {
    const runs = syntheticCohort(24, 50);
    const start = performance.now();
    for (const target of ["accuracy", "loss"])
      for (const cutoff of [100, 200, 500, 1000]) {
        const at = { target, targetStep: 2000, cutoff };
        const forecasts = valueForecasters.map((one) => {
          const fitted = one.fit(runs, at);
          return {
            method: one.name,
            role: one.role,
            distributions: fresh.slice(0, 16).map((run) => fitted.predict(run)),
          };
        });
        const outcomes = fresh.slice(0, 16).map((run) => run.values[target].at(-1)!);
        expect(scoreValues({ forecasts, outcomes, rng: Rng.of(1) })).toHaveLength(6);
      }
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
