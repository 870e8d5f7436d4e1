import { expect, test } from "vitest";
import { Rng } from "../core/index.ts";
import { MOST_CALL_MS, StepPacer, TARGET_CALL_MS } from "./stepPacer.ts";

/** Calls of a machine on which a call costs `ms(steps, call)`; the steps and duration of each. */
async function simulate({
  ms,
  calls,
  limit = Number.POSITIVE_INFINITY,
}: {
  readonly ms: (steps: number, call: number) => number;
  readonly calls: number;
  readonly limit?: number;
}) {
  let now = 0;
  const pacer = new StepPacer({ nowMs: () => now });
  const made: { steps: number; ms: number }[] = [];
  for (let call = 0; call < calls; call++) {
    const steps = pacer.next(limit);
    const cost = ms(steps, call);
    await pacer.timed(steps, async () => {
      now += cost;
    });
    made.push({ steps, ms: cost });
  }
  return made;
}

test.each([0.05, 0.5, 7, 60])(
  "comes to calls of the target's length at %f ms a step, in few calls",
  async (msPerStep) => {
    const made = await simulate({ ms: (steps) => 0.3 + steps * msPerStep, calls: 12 });
    expect(made[0].steps).toBe(1);
    const { ms } = made.at(-1)!;
    expect(ms).toBeGreaterThan(TARGET_CALL_MS / 2); // whole steps: at 60 ms one step is 60
    expect(ms).toBeLessThan(TARGET_CALL_MS * 1.1);
    expect(Math.max(...made.map((call) => call.ms))).toBeLessThanOrEqual(MOST_CALL_MS);
  },
);

test("a step that alone takes longer than a call should is made alone", async () => {
  const made = await simulate({ ms: (steps) => 900 * steps, calls: 5 });
  expect(made.map(({ steps }) => steps)).toEqual([1, 1, 1, 1, 1]);
});

test("a first call that also loads and compiles delays it by one call", async () => {
  const made = await simulate({ ms: (steps, call) => steps * 0.5 + (call === 0 ? 800 : 0), calls: 8 });
  expect(made.map(({ steps }) => steps)).toEqual([1, 1, 4, 16, 64, 200, 200, 200]);
});

test("noise of a factor of two either way keeps nearly every call below the most", async () => {
  const rng = Rng.of(5, "noisy machine");
  const made = await simulate({ ms: (steps) => steps * 0.5 * 2 ** (2 * rng.uniform() - 1), calls: 400 });
  const settled = made.slice(10).map(({ ms }) => ms);
  const mean = settled.reduce((sum, ms) => sum + ms, 0) / settled.length;
  expect(mean).toBeGreaterThan(TARGET_CALL_MS * 0.7);
  expect(mean).toBeLessThan(TARGET_CALL_MS * 1.4);
  // Too long: log2 of the next cost, uniform on [−1, 1], exceeds the median of five such (sd .38) by 1: in 6 calls of 100.
  expect(settled.filter((ms) => ms > MOST_CALL_MS).length / settled.length).toBeLessThan(0.1);
});

test("a single slow call does not change the pace for long", async () => {
  const made = await simulate({ ms: (steps, call) => steps * 0.5 * (call === 10 ? 20 : 1), calls: 14 });
  expect(made[10].steps).toBe(200);
  expect(made[11].steps).toBe(20); // 200 ms at what the last call cost
  expect(made[12].steps).toBe(200);
});

test("a machine that slows down tenfold is met by the very next call", async () => {
  const made = await simulate({ ms: (steps, call) => steps * (call < 10 ? 0.5 : 5), calls: 20 });
  expect(made[10].ms).toBe(1000); // planned before it was known
  for (const { ms } of made.slice(11)) expect(ms).toBeLessThanOrEqual(MOST_CALL_MS);
  expect(made.at(-1)!.steps).toBe(20);
});

test("never plans more than the limit, nor more than the growth over recent calls", async () => {
  const made = await simulate({ ms: () => 0, calls: 8, limit: 50 });
  expect(made.map(({ steps }) => steps)).toEqual([1, 4, 16, 50, 50, 50, 50, 50]);
});

test("a call that throws is passed on and not remembered", async () => {
  let now = 0;
  const pacer = new StepPacer({ nowMs: () => now });
  const failing = pacer.timed(1, async () => {
    now += 5000;
    throw new TypeError("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(pacer.next(10)).toBe(1);
  await pacer.timed(1, async () => {
    now += 1;
  });
  expect(pacer.next(10)).toBe(4);
});
