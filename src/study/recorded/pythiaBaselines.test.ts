import { beforeAll, describe, expect, test } from "vitest";
import { distributionQuantile, type Forecaster, lastValue, logTrend, upTo, valueAt } from "../../science/index.ts";
import reference from "./fixtures/pythiaBaselines.json" with { type: "json" };
import { hasRealData, realRuns, UNLESS_ABSENT } from "./realRuns.fixture.ts";
import { type TrajectorySet, trajectorySet } from "./trajectories.ts";

/** SCIENCE §5.5: mean absolute errors over all 16 models, last value and log-linear trend; item standard errors are its own row. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, readonly [last: number, trend: number]>>>> = {
  "3000": {
    lambada_openai: [0.257, 0.338],
    piqa: [0.088, 0.066],
    arc_easy: [0.154, 0.14],
    sciq: [0.131, 0.178],
    winogrande: [0.062, 0.086],
    logiqa: [0.016, 0.059],
  },
  "13000": {
    lambada_openai: [0.119, 0.249],
    piqa: [0.043, 0.049],
    arc_easy: [0.081, 0.106],
    sciq: [0.049, 0.161],
    winogrande: [0.048, 0.042],
    logiqa: [0.009, 0.019],
  },
  "33000": {
    lambada_openai: [0.063, 0.056],
    piqa: [0.022, 0.02],
    arc_easy: [0.051, 0.021],
    sciq: [0.034, 0.037],
    winogrande: [0.031, 0.018],
    logiqa: [0.012, 0.03],
  },
  "63000": {
    lambada_openai: [0.042, 0.036],
    piqa: [0.013, 0.011],
    arc_easy: [0.028, 0.017],
    sciq: [0.023, 0.035],
    winogrande: [0.02, 0.032],
    logiqa: [0.015, 0.025],
  },
};
const TASKS = Object.keys(PUBLISHED["3000"]);

describe.skipIf(!hasRealData)(`baselines on the Pythia models that are here${UNLESS_ABSENT}`, () => {
  let set: TrajectorySet;
  beforeAll(async () => {
    const runs = await realRuns("pythia/evals/pythia-v1");
    // The models that the reference numbers are of, whatever else is there.
    const names = reference.models.map((model) => `${model}/zero-shot`);
    const zeroShot = [...runs.values()].filter(({ name }) => names.some((one) => `/${name}`.endsWith(`/${one}`)));
    set = trajectorySet(zeroShot, { target: 143_000, leaveOut: "run", isInShares: false });
  }, 60_000);

  function meanError(forecaster: Forecaster, task: string, cutoff: number): number {
    const target = `${task}/acc`;
    const said = { target, targetStep: 143_000, cutoff, range: [0, 1] as const };
    const errors = set.trajectories.map((run) => {
      const cohort = set.trajectories.filter((other) => other !== run);
      const forecast = forecaster.fit(cohort, said).predict(upTo(run, cutoff));
      return Math.abs(distributionQuantile(forecast, 0.5) - valueAt(run, target, 143_000));
    });
    return errors.reduce((a, b) => a + b, 0) / errors.length;
  }

  test.each(Object.keys(PUBLISHED))("seen up to step %s: as an independent script reads the same files", (cutoff) => {
    expect(set.trajectories).toHaveLength(reference.models.length);
    const errors = reference.errors as unknown as typeof PUBLISHED;
    for (const task of TASKS) {
      expect(meanError(lastValue(), task, Number(cutoff))).toBeCloseTo(errors[cutoff][task][0], 5);
      expect(meanError(logTrend(), task, Number(cutoff))).toBeCloseTo(errors[cutoff][task][1], 5);
    }
  });

  test("the last value misses no more than the published mean over all 16 models allows to 8 of them", () => {
    // The mean over 16 is half the mean over these 8 and half that over the others, which is not below 0.
    for (const [cutoff, tasks] of Object.entries(PUBLISHED))
      for (const [task, [last]] of Object.entries(tasks))
        expect(meanError(lastValue(), task, Number(cutoff))).toBeLessThanOrEqual((16 / 8) * last + 0.001);
  });

  test("with this window the log-linear baseline too is what 8 of 16 models can have", () => {
    // §5.5 does not state its window, and its "Corrections" say that it changes the result: half a decade or three points.
    const beyond = Object.entries(PUBLISHED).flatMap(([cutoff, tasks]) =>
      Object.entries(tasks).flatMap(([task, [, trend]]) =>
        meanError(logTrend(), task, Number(cutoff)) > (16 / 8) * trend + 0.001 ? [`${task} from ${cutoff}`] : [],
      ),
    );
    expect(beyond).toEqual([]);
  });
});
