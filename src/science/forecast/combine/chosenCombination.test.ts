/**
 * @file The chosen combination: weights from left-out units of the cohort alone, over measures with ranges of their own.
 */
import { describe, expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cohortFinal, lastValue, logTrend } from "../baselines.ts";
import { studentTDistribution } from "../distribution.ts";
import { defineForecaster, type ForecastTask, type Trajectory } from "../forecaster.ts";
import { chosenCombination } from "./chosenCombination.ts";

const STEPS = [10, 20, 50, 100, 1000];
const TASK: ForecastTask = { target: "accuracy", targetStep: 1000, cutoff: 100, range: [0, 1] };

/** Both measures fall steeply (loss) or rise steeply (accuracy) up to the cutoff, and then stay: the trend is wrong of both. */
function cohortOf(units: number): Trajectory[] {
  const rng = Rng.of("chosen combination");
  return Array.from({ length: 2 * units }, (_, i): Trajectory => {
    const end = 0.9 + 0.02 * rng.normal();
    const rise = [0.1, 0.3, 0.6, 0.9];
    return {
      run: `run ${i}`,
      unit: `unit ${i >> 1}`,
      steps: STEPS,
      ranges: { accuracy: [0, 1] },
      values: {
        accuracy: [...rise.map((share) => share + 0.01 * rng.normal()), end],
        loss: [...rise.map((share) => 40 * (1 - share) + 0.1 * rng.normal()), 40 * (1 - end)],
      },
    };
  });
}

function weightsOf(cohort: readonly Trajectory[], task: ForecastTask): Record<string, number> {
  const members = [lastValue(), logTrend(), cohortFinal()];
  const { parameters } = chosenCombination(members).fit(cohort, task).frozen as {
    parameters: { members: [string, number][] };
  };
  return Object.fromEntries(parameters.members);
}

describe("chosenCombination", () => {
  test("a range belongs to its measure: the trend of the loss is not clipped to the accuracy's range, and gets no weight", () => {
    const cohort = cohortOf(5);
    expect(weightsOf(cohort, TASK)["log-linear trend"]).toBeLessThan(0.02);
    expect(weightsOf(cohort.slice(), { ...TASK, target: "loss", range: undefined })["log-linear trend"]).toBeLessThan(
      0.02,
    );
  });

  test("the weights know nothing of the run that is forecast, nor of what comes after the cutoff in it", () => {
    const [fresh, , ...cohort] = cohortOf(6);
    const fitted = chosenCombination([lastValue(), cohortFinal()]).fit(cohort, TASK);
    const before = fitted.predict(fresh);
    const other = fresh.values.accuracy.map((value, i) => (STEPS[i] > 100 ? -5 : value));
    expect(fitted.predict({ ...fresh, values: { ...fresh.values, accuracy: other } })).toEqual(before);
  });

  test("too narrow members are widened, by what left-out units show", () => {
    const narrow = defineForecaster<ForecastTask>({
      name: "narrow",
      role: "method",
      version: 1,
      description: "the cohort's mean with a tenth of its spread",
      fit(runs, task) {
        const base = cohortFinal().fit(runs, task).predict(runs[0]).quantiles;
        const [centre, scale] = [base[13], (base[23] - base[3]) / 60];
        return { parameters: {}, predict: () => studentTDistribution({ centre, scale, df: 30 }, task.range) };
      },
    });
    const { parameters } = chosenCombination([narrow]).fit(cohortOf(8), TASK).frozen as {
      parameters: { spreadFactor: number };
    };
    expect(parameters.spreadFactor).toBeGreaterThan(3);
  });

  test("a member that refuses takes no part; two units are too few to choose", () => {
    const refusing = defineForecaster<ForecastTask>({
      name: "refusing",
      role: "method",
      version: 1,
      description: "refuses",
      fit: (runs, task) => lastValueOfNothing(runs, task),
    });
    const members = [lastValue(), refusing];
    const { parameters } = chosenCombination(members).fit(cohortOf(4), TASK).frozen as {
      parameters: { members: [string, number][] };
    };
    expect(parameters.members).toEqual([
      ["last value", 1],
      ["refusing", 0],
    ]);
    expect(() => chosenCombination(members).fit(cohortOf(2), TASK)).toThrow(
      "a cohort of 2 units cannot choose; 3 are needed",
    );
  });
});

/** What the last value says of a measure that nobody measured: REFUSED. */
function lastValueOfNothing(runs: readonly Trajectory[], task: ForecastTask) {
  const fitted = lastValue().fit(runs, { ...task, target: "nothing" });
  return { parameters: {}, predict: fitted.predict };
}
