import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { singleRunEffects } from "./singleRunEffects.ts";

const steps = Array.from({ length: 20 }, (_, i) => 1000 * (i + 1));

function pair(rng: Rng, { effect = 0, rho = 0.5, noise = 1, itemError = Number.NaN }) {
  let state = rng.normal();
  const control = steps.map((_, i) => 5 - 0.1 * i);
  const treated = control.map((value) => {
    state = rho * state + Math.sqrt(1 - rho * rho) * rng.normal();
    return value + effect + noise * state;
  });
  const errors = steps.map(() => itemError);
  return { name: "loss", steps, treated, control, treatedErrors: errors, controlErrors: errors };
}

describe("singleRunEffects", () => {
  test("without stated errors the checkpoints tell, and a large effect is found", () => {
    const { effects, refused } = singleRunEffects([pair(Rng.of(4), { effect: 6, rho: 0.2 })]);
    expect(refused).toEqual([]);
    const [{ effect, onTheseItems, adjustedP, effectiveSteps }] = effects;
    expect(effect.low).toBeGreaterThan(0);
    expect(effect.n).toBe(1);
    expect([effect.low, effect.high]).toEqual([
      expect.closeTo(onTheseItems!.low, 10),
      expect.closeTo(onTheseItems!.high, 10),
    ]);
    expect(effect.method).toContain("AR(1) over 20 checkpoints");
    expect(adjustedP).toBeLessThan(0.05);
    expect(effectiveSteps).toBeLessThan(20);
  });

  test("item errors do not shrink with more checkpoints: both arms' add up", () => {
    const [{ effect, onTheseItems, itemError }] = singleRunEffects([
      pair(Rng.of(5), { noise: 0.01, rho: 0, itemError: 0.3 }),
    ]).effects;
    expect(itemError).toBeCloseTo(0.3 * Math.SQRT2, 12);
    expect((effect.high - effect.low) / 2).toBeCloseTo(1.96 * 0.3 * Math.SQRT2, 2);
    expect(onTheseItems!.high - onTheseItems!.low).toBeLessThan(0.05);
  });

  test("a window of one step takes its scatter from the trend of all matched steps", () => {
    const drifting = {
      ...pair(Rng.of(6), { noise: 0.001, rho: 0 }),
      treated: steps.map((_, i) => 5 - 0.1 * i - 0.02 * i),
    };
    const noisy = { ...drifting, treated: drifting.treated.map((value, i) => value + (i % 2 === 0 ? 0.003 : -0.003)) };
    const [{ effect, steps: count }] = singleRunEffects([noisy], { window: [20000, 20000] }).effects;
    expect(count).toBe(1);
    expect(effect.value).toBeCloseTo(-0.38 - 0.003, 10);
    expect(effect.high).toBeLessThan(0);
    expect(effect.method).toContain("scatter around the local trend of 20 matched steps");
  });

  test("covers no effect in about 95 of 100 pairs of autocorrelated runs", () => {
    let covered = 0;
    for (let k = 0; k < 400; k++) {
      const [{ effect }] = singleRunEffects([pair(Rng.of("coverage", k), { rho: 0.5 })]).effects;
      if (effect.low <= 0 && effect.high >= 0) covered++;
    }
    // AR(1) with 20 checkpoints: .92–.95 (autocorrelated.test.ts); three sds of 400 draws below that.
    expect(covered / 400).toBeGreaterThan(0.88);
    expect(covered / 400).toBeLessThan(0.99);
  });

  test("is simultaneous over measures: intervals widen and p values are Holm's", () => {
    const one = pair(Rng.of(7), { effect: 2 });
    const alone = singleRunEffects([one]).effects[0];
    const many = singleRunEffects([one, ...[1, 2, 3, 4].map((k) => ({ ...pair(Rng.of(k), {}), name: `m${k}` }))])
      .effects[0];
    expect(many.effect.high - many.effect.low).toBeGreaterThan(alone.effect.high - alone.effect.low);
    expect(many.adjustedP).toBeCloseTo(Math.min(1, 5 * alone.adjustedP), 10);
  });

  test("refuses, by measure, what has no error of any kind or is not finite; the others go on", () => {
    const short = { name: "short", steps: [1, 2], treated: [1, 2], control: [1, 1] };
    const broken = { ...pair(Rng.of(8), {}), name: "broken" };
    const { effects, refused } = singleRunEffects([
      short,
      { ...broken, treated: broken.treated.with(3, Number.NaN) },
      pair(Rng.of(9), {}),
    ]);
    expect(effects.map(({ name }) => name)).toEqual(["loss"]);
    expect(refused).toEqual([
      { name: "short", reason: expect.stringContaining("no error of any kind can be told") },
      { name: "broken", reason: expect.stringContaining("not finite") },
    ]);
  });
});
