/** @file Forecasts of onsets: censored regression against scipy, conditioning on being at risk, calibration, refusals. */
import { describe, expect, test } from "vitest";
import { type OnsetDefinition, Rng } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { distributionQuantile } from "../distribution.ts";
import type { OnsetTask, Trajectory } from "../forecaster.ts";
import { onsetForecasters } from "../methods.ts";
import { censoredCrps } from "../scoring/scores.ts";
import { scoreOnsets } from "../scoring/scoreTable.ts";
import { censoredRidge } from "./censoredRidge.ts";
import {
  cohortOnset,
  configurationOnset,
  isAtRisk,
  leadTimes,
  onsetRegression,
  onsetTimes,
} from "./onsetForecasters.ts";

const definition: OnsetDefinition = { measure: "test.accuracy", threshold: 0.95, direction: "above", hold: 2 };
const task: OnsetTask = { onset: definition, horizon: 1000, cutoff: 200 };
const STEPS = Array.from({ length: 50 }, (_, i) => 20 * (i + 1));

/** Runs that generalise at exp(6 + .4·hidden); `signal` is the hidden quantity with noise. */
function grokking(n: number, seed: number): Trajectory[] {
  const rng = Rng.of(seed, "grokking");
  return Array.from({ length: n }, (_, i) => {
    const hidden = rng.normal();
    const time = Math.exp(6 + 0.4 * hidden + 0.05 * rng.normal());
    return {
      run: `g${seed}-${i}`,
      steps: STEPS,
      values: {
        "test.accuracy": STEPS.map((step) => 1 / (1 + Math.exp(-(step - time) / 15 - 3))),
        signal: STEPS.map(() => hidden + 0.3 * rng.normal()),
        noise: STEPS.map(() => rng.normal()),
      },
      configuration: { hidden },
    };
  });
}

const cohort = grokking(30, 1);
const fresh = grokking(60, 2);
const atRisk = fresh.filter((run) => isAtRisk(run, task));

describe("censored regression", () => {
  test("without features it is the censored log-normal fit of scipy, up to its n for our n − 1", () => {
    // from scipy.stats import norm, CensoredData; t=[310,350,420,300,390,460,480,335,405,445]; c=[500]*3
    // norm.fit(CensoredData(uncensored=np.log(t), right=np.log(c))) -> (6.04204637375523, 0.219880089652755)
    const seen = [310, 350, 420, 300, 390, 460, 480, 335, 405, 445].map((time) => ({ time, observed: true }));
    const times = [...seen, ...[500, 500, 500].map((time) => ({ time, observed: false }))];
    const fit = censoredRidge({ x: times.map(() => []), times });
    expect(fit.predict([]).centre).toBeCloseTo(6.042, 1);
    expect(Math.abs((fit.summary.logSd as number) / (0.21988 * Math.sqrt(13 / 12)) - 1)).toBeLessThan(0.05);
    expect(fit.predict([]).df).toBe(9);
  });

  test("recovers slope and noise under 30% censoring, where dropping the censored runs would not", () => {
    const rng = Rng.of(5);
    const rows = Array.from({ length: 150 }, () => [rng.normal()]);
    const logs = rows.map(([x]) => 6 + 0.5 * x + 0.2 * rng.normal());
    const limit = Math.log(500);
    const times = logs.map((log) => ({ time: Math.exp(Math.min(log, limit)), observed: log < limit }));
    const fit = censoredRidge({ x: rows, times });
    expect(fit.predict([1]).centre - fit.predict([0]).centre).toBeCloseTo(0.5, 1);
    expect(fit.predict([0]).centre).toBeCloseTo(6, 1);
    expect(fit.summary.logSd as number).toBeCloseTo(0.2, 1);
  });

  test("refuses fewer than three events and times that are not positive", () => {
    const censored = [100, 200, 300, 400].map((time, i) => ({ time, observed: i < 2 }));
    expect(() => censoredRidge({ x: censored.map(() => []), times: censored })).toThrow(
      "2 observed events; 3 are needed",
    );
    const zero = [0, 1, 2, 3].map((time) => ({ time, observed: true }));
    expect(() => censoredRidge({ x: zero.map(() => []), times: zero })).toThrow("positive finite numbers, got 0");
  });
});

describe.each(
  [...onsetForecasters, configurationOnset(), onsetRegression({ configuration: true })].map(
    (one) => [one.name, one] as const,
  ),
)("%s", (_, forecaster) => {
  const fitted = forecaster.fit(cohort, task);

  test("forecasts only what lies after the prefix, and uses nothing after the cutoff", () => {
    for (const run of atRisk.slice(0, 10)) {
      const before = fitted.predict(run);
      expect(before.quantiles[0]).toBeGreaterThanOrEqual(180);
      const values = Object.fromEntries(
        Object.entries(run.values).map(([name, v]) => [name, v.map((value, i) => (STEPS[i] > 200 ? 0.5 : value))]),
      );
      expect(fitted.predict({ ...run, values })).toEqual(before);
    }
  });

  test("refuses a run whose onset has come", () => {
    const early = fresh.find((run) => !isAtRisk(run, task))!;
    expect(() => fitted.predict(early)).toThrow("is not at risk: its onset came at step");
  });
});

describe("onset forecasts", () => {
  test("early signals beat the cohort; intervals of runs at risk hold about 90%", () => {
    const outcomes = onsetTimes(atRisk, task);
    const forecasts = [cohortOnset(), onsetRegression()].map((one) => {
      const fitted = one.fit(cohort, task);
      return { method: one.name, role: one.role, distributions: atRisk.map((run) => fitted.predict(run)) };
    });
    const [base, own] = scoreOnsets({ forecasts, outcomes, horizon: 1000, rng: Rng.of(1) });
    expect(own.skill.cohort.low).toBeGreaterThan(0.1);
    expect(own.coverage.value).toBeGreaterThan(0.8);
    expect(base.coverage.value).toBeGreaterThan(0.8);
    expect(own.crps.n).toBe(atRisk.length);
  });

  test("the condition matters: given no onset by the cutoff, the median moves later", () => {
    const fitted = (cutoff: number) => cohortOnset().fit(cohort, { ...task, cutoff });
    const late = fresh.reduce((a, b) => (onsetTimes([a], task)[0].time > onsetTimes([b], task)[0].time ? a : b));
    const medianAt = (cutoff: number) => distributionQuantile(fitted(cutoff).predict(late), 0.5);
    expect(medianAt(500)).toBeGreaterThan(medianAt(100));
    expect(medianAt(500)).toBeGreaterThan(500);
  });

  test("too few onsets among cohort runs at risk: the cohort's distribution, and frozen says so", () => {
    const cutoff = 700;
    const late = { ...task, cutoff };
    const run = fresh.find((one) => isAtRisk(one, late))!;
    const fitted = onsetRegression().fit(cohort, late);
    expect(fitted.frozen).toMatchObject({ parameters: { fallback: expect.stringContaining("onsets among") } });
    expect(fitted.predict(run)).toEqual(cohortOnset().fit(cohort, late).predict(run));
  });

  test("lead times are onset minus cutoff of the runs that were at risk", () => {
    const leads = leadTimes(fresh, task);
    const seen = onsetTimes(atRisk, task).filter(({ observed }) => observed);
    expect(leads).toHaveLength(seen.length);
    expect(mean(leads)).toBeCloseTo(mean(seen.map(({ time }) => time)) - 200, 9);
    expect(Math.min(...leads)).toBeGreaterThanOrEqual(-20);
  });

  test("a censored run costs what the forecast put before its last look", () => {
    const distribution = cohortOnset().fit(cohort, task).predict(atRisk[0]);
    const [soon, later] = [300, 900].map((time) =>
      censoredCrps(distribution, { time, observed: false }, { horizon: 1000 }),
    );
    expect(soon).toBeLessThan(later);
  });
});
