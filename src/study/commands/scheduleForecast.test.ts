/** @file Loss curves from learning-rate laws on recorded runs: schedules in words, rates found by name, rests of runs. */
import { expect, test } from "vitest";
import type { RecordedRun } from "../../core/index.ts";
import { lawLosses, namedSchedule, tissueLaw } from "../../science/index.ts";
import { parseSchedule, scheduleForecastOf } from "./scheduleForecast.ts";

const TRUTH = { law: tissueLaw, parameters: [2.9, 0.5, 0.5, 2, 200] };

/** A run whose loss follows the annealing law but for a ripple of .1%, with its rate logged under `rate`. */
function runOf(name: string, words: string, rate = "optim/learning_rate_group0"): RecordedRun {
  const schedule = parseSchedule(words);
  const steps: number[] = [];
  for (let step = 150; step < schedule.rates.length; step += 50) steps.push(step);
  const losses = [...lawLosses(TRUTH, schedule, steps)].map((loss, i) => loss * (1 + 0.001 * Math.sin(i * i)));
  const column = (measure: string, values: number[]) => [measure, { measure, steps, values }] as const;
  return {
    id: name,
    name,
    format: "table",
    configuration: {},
    contexts: [],
    files: [],
    specs: new Map(),
    series: new Map([
      column(
        "learning_rate_peak",
        steps.map(() => 3e-4),
      ),
      column("loss", losses),
      column(
        rate,
        steps.map((step) => schedule.rates[step]),
      ),
    ]),
    raw: new Map(),
  };
}

const runs = [
  runOf("constant", "constant:peak=3e-4,updates=2000,warmup=100"),
  runOf("cosine", "cosine:peak=3e-4,updates=2000,warmup=100"),
  runOf("linear", "linear:peak=3e-4,updates=2000,warmup=100,decayFrom=1400"),
];
const settings = { measure: "loss", warmup: 100, law: "annealing" as const };

test("forecasts a schedule in words: the truth lies in the intervals, and left-out runs are scored", () => {
  const words = "exponential:peak=3e-4,final=3e-5,updates=2500,warmup=100,decayFrom=2000";
  const answer = scheduleForecastOf(runs, undefined, { ...settings, ask: { schedule: words }, points: 6 });
  const truth = lawLosses(
    TRUTH,
    parseSchedule(words),
    answer.points.map(({ step }) => step),
  );
  expect(answer.points.map(({ step }) => step)).toEqual([101, 581, 1061, 1540, 2020, 2500]);
  answer.points.forEach(({ band: [low, high] }, i) => {
    expect(low).toBeLessThan(truth[i]);
    expect(high).toBeGreaterThan(truth[i]);
  });
  expect(answer.leftOut.map(({ run }) => run)).toEqual(["constant", "cosine", "linear"]);
});

test("forecasts the rest of a run under its own logged rates, and scores what it went on to log", () => {
  const own = runOf("own", "linear:peak=3e-4,updates=3000,warmup=100,decayFrom=2200");
  const answer = scheduleForecastOf(runs, own, { ...settings, ask: { run: "own", at: 1500 } });
  expect(answer.fittedOn).toEqual(["constant", "cosine", "linear", "own"]);
  expect(answer.points[0].step).toBe(1501);
  expect(answer.outcome!.errors.meanAbsolute).toBeLessThan(answer.outcome!.lastValue.meanAbsolute / 5);
});

test("a run that has stopped logging is forecast under a schedule in words, and refused without one", () => {
  const [own] = runs;
  const words = "cosine:peak=3e-4,final=0,updates=4000,warmup=100,decayFrom=2000";
  const ask = { run: "constant", schedule: words };
  const answer = scheduleForecastOf(runs.slice(1), own, { ...settings, ask, points: 3 });
  expect(answer.points.map(({ step }) => step)).toEqual([2001, 3001, 4000]);
  expect(answer.outcome).toBeUndefined();
  expect(() => scheduleForecastOf(runs.slice(1), own, { ...settings, ask: { run: "constant" } })).toThrow(
    "logged no rates after step 2000",
  );
});

test("a rate of another name must be named; the peak's setting is not taken for it", () => {
  const odd = runOf("odd", "cosine:peak=3e-4,updates=2000,warmup=100", "eta");
  const only = { ...odd, series: new Map([...odd.series].filter(([measure]) => measure !== "learning_rate_peak")) };
  const ask = { schedule: "constant:peak=3e-4,updates=500" };
  expect(() => scheduleForecastOf([only, ...runs], undefined, { ...settings, ask })).toThrow(
    "expected a measure named like lr or learning_rate, got loss, eta; name it with --rate",
  );
  const answer = scheduleForecastOf(
    runs.map((_, i) =>
      runOf(`eta ${i}`, `${["constant", "cosine", "linear"][i]}:peak=3e-4,updates=2000,warmup=100`, "eta"),
    ),
    undefined,
    { ...settings, rate: "eta", ask },
  );
  expect(answer.points).toHaveLength(12);
});

test("schedules in words: what they mean, and what is refused", () => {
  expect(parseSchedule("cosine:peak=1,final=.5,updates=10,warmup=2")).toEqual(
    namedSchedule({ shape: "cosine", peak: 1, final: 0.5, updates: 10, warmup: 2 }),
  );
  for (const text of [
    "triangle:peak=1,updates=9",
    "cosine",
    "cosine:peak=x,updates=9",
    "cosine:peak=1,updates=9,eta=2",
  ])
    expect(() => parseSchedule(text)).toThrow(`got "${text}"`);
});
