/**
 * Reference: PyTorch 2.13's schedulers, `python fixtures/makeScheduleNumbers.py > fixtures/scheduleNumbers.json`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import reference from "./fixtures/scheduleNumbers.json" with { type: "json" };
import type { Schedule } from "./schedule.ts";
import { scheduleAt } from "./schedule.ts";

const base = { peak: 2, totalSteps: 100 };

const { peak, warmupSteps } = reference;
const FOLLOWED: Record<keyof typeof reference.rates, Schedule> = {
  constant: { kind: "constant", peak, totalSteps: 40 },
  "linear-warmup": { kind: "linear-warmup", peak, totalSteps: 40, warmupSteps },
  cosine: { kind: "cosine", peak, totalSteps: 40, floor: 0.05 },
  cosineAfterWarmup: { kind: "cosine", peak, totalSteps: 40, warmupSteps },
  linear: { kind: "linear", peak, totalSteps: 40, floor: 0.03 },
  linearAfterWarmup: { kind: "linear", peak, totalSteps: 40, warmupSteps },
  wsd: { kind: "wsd", peak, totalSteps: 40, decaySteps: 10 },
  "multi-step": { kind: "multi-step", peak, totalSteps: 40, milestones: [10, 25, 30], factor: 0.5 },
};

test.each(Object.entries(FOLLOWED))("%s gives the rates of PyTorch's scheduler", (name, schedule) => {
  const rates = reference.rates[name as keyof typeof FOLLOWED];
  // torch's cosine climbs again after T_max; ours stays at its floor.
  const compared = schedule.kind === "cosine" ? rates.slice(0, schedule.totalSteps + 1) : rates;
  expect(compared.length).toBeGreaterThanOrEqual(41);
  for (const [step, rate] of compared.entries())
    expect(scheduleAt(schedule, step), `step ${step}`).toBeCloseTo(rate, 9);
});

test("constant is the peak everywhere", () => {
  expect([0, 50, 99].map((step) => scheduleAt({ ...base, kind: "constant" }, step))).toEqual([2, 2, 2]);
});

test("warm-up rises linearly and reaches the peak with its last step", () => {
  const schedule: Schedule = { ...base, kind: "linear-warmup", warmupSteps: 4 };
  expect([0, 1, 2, 3, 4, 99].map((step) => scheduleAt(schedule, step))).toEqual([0.5, 1, 1.5, 2, 2, 2]);
});

test("cosine is half-way down in the middle and at its floor at the end", () => {
  const schedule: Schedule = { ...base, kind: "cosine", floor: 1 };
  expect(scheduleAt(schedule, 0)).toBe(2);
  expect(scheduleAt(schedule, 50)).toBeCloseTo(1.5, 12);
  expect(scheduleAt(schedule, 100)).toBe(1);
  expect(scheduleAt(schedule, 500)).toBe(1);
});

test("linear descends evenly after the warm-up", () => {
  const schedule: Schedule = { ...base, kind: "linear", warmupSteps: 20 };
  expect(scheduleAt(schedule, 60)).toBeCloseTo(1, 12);
});

test("wsd holds the peak, then descends over its decay steps", () => {
  const schedule: Schedule = { ...base, kind: "wsd", decaySteps: 10 };
  expect(scheduleAt(schedule, 90)).toBe(2);
  expect(scheduleAt(schedule, 95)).toBeCloseTo(1, 12);
  expect(scheduleAt(schedule, 100)).toBe(0);
});

test("every schedule stays between its floor and its peak", () => {
  const kinds = fc.constantFrom("constant", "cosine", "linear", "linear-warmup", "wsd", "multi-step");
  fc.assert(
    fc.property(kinds, fc.nat(99), fc.nat(200), (kind, warmupSteps, step) => {
      const rate = scheduleAt({ ...base, kind, warmupSteps, floor: 0, milestones: [30, 60] } as Schedule, step);
      expect(rate).toBeGreaterThanOrEqual(0);
      expect(rate).toBeLessThanOrEqual(2);
    }),
    { seed: 3 },
  );
});

test("impossible settings are refused", () => {
  expect(() => scheduleAt({ ...base, kind: "constant" }, -1)).toThrow("expected an integer ≥ 0, got -1");
  expect(() => scheduleAt({ ...base, kind: "cosine", totalSteps: 0 }, 1)).toThrow("totalSteps");
  expect(() => scheduleAt({ ...base, kind: "cosine", warmupSteps: 101 }, 1)).toThrow("expected a number in 0…100");
});
