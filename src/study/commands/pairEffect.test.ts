import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "../../core/index.ts";
import { RunTrajectory } from "../outcomes.ts";
import { pairEffects } from "./pairEffect.ts";

function arm(run: string, values: Readonly<Record<string, number>>, more: Partial<Point> = {}): RunTrajectory {
  const points = Object.entries(values).map(([measure, value]) => ({ step: 10, wallMs: 0, measure, value, ...more }));
  return new RunTrajectory(run, points);
}

test("one pair: the difference, with the interval of the items and none of the seeds", () => {
  const treated = arm("t", { a: 0.8 }, { se: 0.03, n: 100 });
  const control = arm("c", { a: 0.5 }, { se: 0.04, n: 100 });
  const [{ effect }] = pairEffects([{ treated, control }], 10);
  expect(effect.value).toBeCloseTo(0.3, 12);
  // se of the difference: √(.03² + .04²) = .05; normal quantile 1.959964
  expect(effect.low).toBeCloseTo(0.3 - 1.959964 * 0.05, 6);
  expect(effect.high).toBeCloseTo(0.3 + 1.959964 * 0.05, 6);
  expect(effect).toMatchObject({ n: 1, level: 0.95 });
});

test("several pairs: Student's t over the pairs", () => {
  const pairs = [0.1, 0.2, 0.3].map((gain, i) => ({
    treated: arm(`t${i}`, { a: i + gain }),
    control: arm(`c${i}`, { a: i }),
  }));
  const [{ effect, treated, control }] = pairEffects(pairs, 10);
  expect(effect.value).toBeCloseTo(0.2, 12);
  // t(.975, 2) = 4.302653; sd = .1
  expect(effect.high - effect.value).toBeCloseTo((4.302653 * 0.1) / Math.sqrt(3), 5);
  expect(effect.n).toBe(3);
  expect([treated.length, control.length]).toEqual([3, 3]);
});

test("exchanging the arms turns the sign of value and interval", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(share, share), { minLength: 2, maxLength: 6 }), (values) => {
      const pairs = values.map(([a, b], i) => ({ treated: arm(`t${i}`, { a }), control: arm(`c${i}`, { a: b }) }));
      const swapped = pairs.map(({ treated, control }) => ({ treated: control, control: treated }));
      const [one] = pairEffects(pairs, 10);
      const [other] = pairEffects(swapped, 10);
      expect(other.effect.value).toBeCloseTo(-one.effect.value, 12);
      expect(other.effect.low).toBeCloseTo(-one.effect.high, 12);
    }),
    { seed: 7 },
  );
});

test("a measure that one arm lacks at the step is left out", () => {
  const treated = arm("t", { a: 1, b: 1 });
  const control = arm("c", { a: 1 });
  expect(pairEffects([{ treated, control }], 10).map(({ measure }) => measure)).toEqual(["a"]);
  expect(pairEffects([{ treated, control }], 11)).toEqual([]);
});

test("a value that is not finite leaves no interval, and is not dropped", () => {
  const pairs = [Number.NaN, 0.5].map((a, i) => ({ treated: arm(`t${i}`, { a }), control: arm(`c${i}`, { a: 0 }) }));
  const [{ effect }] = pairEffects(pairs, 10);
  expect(effect).toMatchObject({
    value: Number.NaN,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    n: 2,
  });
});
