import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { backtest, cohortFinal, distributionQuantile, lastValue, type Trajectory, upTo } from "../../science/index.ts";
import { seedInterval } from "./seedInterval.ts";

const STEPS = [10, 20, 40, 80];
const ASK = { measures: ["loss"], cutoffs: [40], targetStep: 80 };
const forecasters = [lastValue(), cohortFinal()];

function runsOf(set: number, n: number): Trajectory[] {
  const rng = Rng.of(set, "seed interval");
  return Array.from({ length: n }, (_, i) => {
    const floor = 2 + 0.3 * rng.normal();
    const loss = STEPS.map((step) => floor + 20 / step + 0.05 * rng.normal());
    return { run: `seed-${i}`, steps: STEPS, values: { loss } };
  });
}

function intervalOf(set: number, n: number, options: { unit?: string; methods?: typeof forecasters } = {}) {
  const methods = options.methods ?? forecasters;
  const [newcomer, ...rest] = runsOf(set, n + 1);
  const runs = rest.map((one) => ({ ...one, unit: options.unit ?? one.run }));
  const [at] = backtest({ ...ASK, runs, forecasters: methods, newcomer });
  const task = { target: "loss", targetStep: 80, cutoff: 40 };
  const stated = methods.map((one) => ({
    method: one.name,
    role: one.role,
    distribution: one.fit(runs, task).predict(upTo(newcomer, 40)),
  }));
  return { newcomer, stated, found: seedInterval(at, methods, "loss", stated) };
}

test("the interval holds the outcomes of new seeds as often as stated, around the method's median", () => {
  const covered = Array.from({ length: 300 }, (_, set) => {
    const { newcomer, stated, found } = intervalOf(set, 19);
    expect(found).toMatchObject({ method: "last value", interval: { level: 0.9, n: 19 } });
    expect(found!.interval.value).toBe(distributionQuantile(stated[0].distribution, 0.5));
    const outcome = newcomer.values.loss[3];
    return outcome >= found!.interval.low && outcome <= found!.interval.high;
  }).filter(Boolean).length;
  // 99.9% of binomial draws with 300 and .9 lie within .057 of it.
  expect(Math.abs(covered / 300 - 0.9)).toBeLessThan(0.057);
});

test("eight seeds carry no interval of 90%, nine do; runs left out in groups have none", () => {
  expect(intervalOf(1, 8).found).toBeUndefined();
  expect(intervalOf(1, 9).found?.interval.n).toBe(9);
  expect(intervalOf(1, 12, { unit: "all of one size" }).found).toBeUndefined();
  expect(intervalOf(1, 9).found?.interval.method).toContain("at least 80% for exchangeable runs");
});

test("the method does not depend on how well it did: the order is fixed", () => {
  expect(intervalOf(2, 12, { methods: [cohortFinal()] }).found?.method).toBe("cohort");
  expect(intervalOf(2, 12, { methods: [cohortFinal(), lastValue()] }).found?.method).toBe("last value");
});

test("without the newcomer's forecasts there is no interval; a known range cuts it", () => {
  const runs = runsOf(3, 12);
  const [at] = backtest({ ...ASK, runs, forecasters });
  expect(seedInterval(at, forecasters, "loss", [])).toBeUndefined();
  const [newcomer, ...others] = runsOf(3, 13);
  const [asked] = backtest({ ...ASK, runs: others, forecasters, newcomer });
  const distribution = forecasters[0]
    .fit(others, { target: "loss", targetStep: 80, cutoff: 40 })
    .predict(upTo(newcomer, 40));
  const stated = [{ method: "last value", role: "baseline" as const, distribution }];
  const free = seedInterval(asked, forecasters, "loss", stated)!.interval;
  const cut = seedInterval(asked, forecasters, "loss", stated, [free.low + 0.01, null])!.interval;
  expect([cut.low, cut.high]).toEqual([free.low + 0.01, free.high]);
});
