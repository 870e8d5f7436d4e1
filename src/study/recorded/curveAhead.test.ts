import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { distributionQuantile, type Trajectory } from "../../science/index.ts";
import { curveAhead } from "./curveAhead.ts";

const STEPS = Array.from({ length: 30 }, (_, i) => 10 * (i + 1));
const TASK = { target: "loss", targetStep: 300, cutoff: 100 };

/** A power law with the run's own floor, and noise. */
function runsOf(set: number, n: number): Trajectory[] {
  const rng = Rng.of(set, "curve ahead");
  return Array.from({ length: n }, (_, i) => {
    const floor = 2 + 0.2 * rng.normal();
    const loss = STEPS.map((step) => floor + 20 / step + 0.03 * rng.normal());
    return { run: `seed-${i}`, unit: `seed-${i}`, steps: STEPS, values: { loss } };
  });
}

test("twelve steps up to the target, quantiles at each, and a band that is wider than they are", () => {
  const [own, ...cohort] = runsOf(1, 13);
  const curve = curveAhead(cohort, own, TASK, { isExchangeable: true })!;
  expect(curve.steps.length).toBeLessThanOrEqual(12);
  expect([curve.steps[0], curve.steps.at(-1)]).toEqual([110, 300]);
  expect(curve.band).toMatchObject({ level: 0.9, guaranteed: 0.8, n: 12 });
  expect(curve.outcomes).toHaveLength(curve.steps.length);
  curve.pointwise.forEach((one, t) => {
    expect(curve.band!.high[t]).toBeGreaterThan(distributionQuantile(one, 0.75));
    expect(curve.band!.low[t]).toBeLessThan(distributionQuantile(one, 0.25));
  });
});

test("what lies after the cutoff changes neither quantiles nor band", () => {
  const [own, ...cohort] = runsOf(2, 11);
  const later = own.values.loss.map((value, i) => (STEPS[i] > 100 ? 99 : value));
  const before = curveAhead(cohort, own, TASK, { isExchangeable: true })!;
  const after = curveAhead(cohort, { ...own, values: { loss: later } }, TASK, { isExchangeable: true })!;
  expect([after.pointwise, after.band]).toEqual([before.pointwise, before.band]);
});

test("eight runs, or runs of several configurations, have no band; without a shared step there is no curve", () => {
  const [own, ...cohort] = runsOf(3, 10);
  expect(curveAhead(cohort.slice(1), own, TASK, { isExchangeable: true })!.band).toBeUndefined();
  expect(curveAhead(cohort, own, TASK, { isExchangeable: false })!.band).toBeUndefined();
  expect(curveAhead(cohort, own, { ...TASK, targetStep: 305 }, { isExchangeable: true })).toBeUndefined();
});
