/** @file Bands of loss curves: coverage on runs with a known truth, what a prefix adds, conformal bands, refusals. */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { centralInterval } from "../scoring/scores.ts";
import { forecastCurve, lawEstimates, lawModel } from "./lawForecast.ts";
import { absent, FITTED, isAbsent, JUDGED, publishedCurves, syntheticCurve } from "./laws.suite.ts";
import { namedSchedule } from "./schedule.ts";
import { tissueLaw } from "./tissueLaw.ts";

const TISSUE = [2.9, 0.5, 0.5, 2, 200];
const SCHEDULES = [
  namedSchedule({ shape: "constant", peak: 3e-4, updates: 2000, warmup: 100 }),
  namedSchedule({ shape: "cosine", peak: 3e-4, updates: 2000, warmup: 100 }),
  namedSchedule({ shape: "linear", peak: 3e-4, updates: 2000, warmup: 100, decayFrom: 1400 }),
];
const FRESH = namedSchedule({ shape: "exponential", peak: 3e-4, updates: 2600, warmup: 100, decayFrom: 2000 });

const noisy = (run: string, schedule = FRESH) =>
  syntheticCurve({ law: tissueLaw, parameters: TISSUE, schedule, every: 40, sd: 0.002, correlation: 0.6, run });
const cohort = (seed: number) => SCHEDULES.map((schedule, c) => noisy(`cohort ${seed} ${c}`, schedule));

describe("the forecast of a curve under another schedule", () => {
  test("over 30 cohorts 90% intervals cover 85–100% of points, and at least 80% of whole curves lie in their 90% bands", () => {
    const inside: number[] = [];
    let whole = 0;
    for (let seed = 0; seed < 30; seed++) {
      const truth = noisy(`fresh ${seed}`);
      const forecast = forecastCurve(lawModel(tissueLaw, cohort(seed)), {
        schedule: FRESH,
        steps: truth.steps,
        rng: Rng.of(seed, "band"),
      });
      inside.push(
        mean(
          truth.losses.map((loss, i) => {
            const [low, high] = centralInterval(forecast.distributions[i], 0.9);
            return Number(low <= loss && loss <= high);
          }),
        ),
      );
      whole += Number(truth.losses.every((loss, i) => forecast.band.low[i] <= loss && loss <= forecast.band.high[i]));
    }
    // Three runs: the spread is Student t on 5 df and never narrowed, so that more than 90% is what it should cover.
    expect(mean(inside)).toBeGreaterThan(0.85);
    expect(whole).toBeGreaterThanOrEqual(24);
  });

  test("a prefix that lies above the law lifts the rest where runs differ by an offset, and narrows what is near", () => {
    const shifted = (run: string, schedule = FRESH, by = 0) => {
      const curve = noisy(run, schedule);
      return { ...curve, losses: curve.losses.map((loss) => loss * Math.exp(by)) };
    };
    const model = lawModel(
      tissueLaw,
      SCHEDULES.map((schedule, c) => shifted(`offset ${c}`, schedule, 0.02 * (c - 1))),
    );
    const run = shifted("prefix", FRESH, 0.03);
    const seen = run.steps.filter((step) => step <= 1500).length;
    const steps = run.steps.slice(seen);
    const prefix = { steps: run.steps.slice(0, seen), losses: run.losses.slice(0, seen) };
    const blind = forecastCurve(model, { schedule: FRESH, steps, rng: Rng.of(1) });
    const informed = forecastCurve(model, { schedule: FRESH, steps, prefix, rng: Rng.of(1) });
    const miss = ({ losses }: typeof blind) => mean(steps.map((_, i) => Math.abs(losses[i] - run.losses[seen + i])));
    expect(miss(informed)).toBeLessThan(0.5 * miss(blind));
    const width = (i: number, { band }: typeof blind) => band.high[i] - band.low[i];
    expect(width(0, informed)).toBeLessThan(width(0, blind));
  });

  test("with nine runs the band is conformal over them; with three it is simulated, and says so", () => {
    const nine = Array.from({ length: 9 }, (_, c) => noisy(`nine ${c}`, SCHEDULES[c % 3]));
    const ask = { schedule: FRESH, steps: [2000, 2600], rng: Rng.of(1) };
    expect(forecastCurve(lawModel(tissueLaw, nine), ask).band.method).toBe(
      "largest miss of each left-out run, conformal over 9 runs",
    );
    expect(forecastCurve(lawModel(tissueLaw, cohort(1)), ask).band.method).toContain("3 left-out runs are too few");
  });

  test("intervals of the parameters hold the truth in most of 20 cohorts", () => {
    let held = 0;
    for (let seed = 0; seed < 20; seed++)
      lawEstimates(lawModel(tissueLaw, cohort(100 + seed)), { level: 0.9 }).forEach(({ estimate }, j) => {
        held += Number(estimate.low <= TISSUE[j] && TISSUE[j] <= estimate.high);
      });
    expect(held / 100).toBeGreaterThan(0.8);
  });

  test("refuses one run, and schedules that do not tell the annealing parameters", () => {
    expect(() => lawModel(tissueLaw, [noisy("one")])).toThrow("1 run says nothing of other schedules");
    const constant = [1, 2].map((c) => noisy(`constant ${c}`, SCHEDULES[0]));
    expect(() => {
      forecastCurve(lawModel(tissueLaw, constant), { schedule: FRESH, steps: [2600], rng: Rng.of(1) });
    }).toThrow(/lies at the edge of its range|do not tell its parameters apart/);
  });
});

describe(`the six judged schedules at 25M${absent}`, () => {
  test.skipIf(isAbsent)("the rest of each run from its middle beats the last value by a factor of 3, averaged", () => {
    const curves = publishedCurves(FITTED);
    const ratios = publishedCurves(JUDGED).map((run) => {
      const middle = run.steps[run.steps.length >> 1];
      const seen = run.steps.filter((step) => step <= middle).length;
      const prefix = { steps: run.steps.slice(0, seen), losses: run.losses.slice(0, seen) };
      const model = lawModel(tissueLaw, [...curves, { ...run, ...prefix }]);
      const steps = run.steps.slice(seen);
      const { losses } = forecastCurve(model, { schedule: run.schedule, steps, prefix, rng: Rng.of(1) });
      const own = mean(steps.map((_, i) => Math.abs(losses[i] - run.losses[seen + i])));
      return own / mean(steps.map((_, i) => Math.abs(run.losses[seen - 1] - run.losses[seen + i])));
    });
    expect(mean(ratios)).toBeLessThan(1 / 3);
  });
});
