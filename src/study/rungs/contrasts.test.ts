import { expect, test } from "vitest";
import type { ArmPair } from "../results.ts";
import { jointContrasts, pairsEffect } from "./contrasts.ts";

const pairs = (...differences: number[]): ArmPair[] =>
  differences.map((difference, i) => ({
    seeds: { data: i },
    treatedRun: `t${i}`,
    controlRun: `c${i}`,
    treated: 1 + i + difference,
    control: 1 + i,
  }));

test("a contrast with a failed run has no effect, and says whose; the others are corrected without it", () => {
  const whole = [
    { name: "a", pairs: pairs(0.1, 0.2, 0.3) },
    { name: "b", pairs: pairs(-0.1, 0, 0.2) },
  ];
  const withBroken = jointContrasts([whole[0], { name: "broken", pairs: pairs(0.1, Number.NaN, 0.3) }, whole[1]]);
  const { mean, effect, adjustedP } = withBroken.get("broken")!;
  expect(mean).toBe(Number.NaN);
  expect(adjustedP).toBeUndefined();
  expect(effect).toEqual({
    value: Number.NaN,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    level: 0.95,
    method: "none: of 3 pairs 1 treated and 0 control runs failed or have no finite outcome",
    n: 3,
  });
  const alone = jointContrasts(whole);
  for (const name of ["a", "b"]) expect(withBroken.get(name)).toEqual(alone.get(name));
});

test("a control that failed leaves no effect either", () => {
  const [first, ...rest] = pairs(0.1, 0.2);
  const { effect, correlation } = pairsEffect([{ ...first, control: Number.NaN }, ...rest]);
  expect(effect.method).toBe("none: of 2 pairs 0 treated and 1 control runs failed or have no finite outcome");
  expect(correlation).toBeUndefined();
  expect(pairsEffect(pairs(0.1, 0.2)).effect.value).toBeCloseTo(0.15, 12);
});

test("when every contrast has a failed run there is nothing to correct, and no error", () => {
  const all = jointContrasts([{ name: "a", pairs: pairs(Number.NaN, 1) }]);
  expect(all.get("a")!.effect.value).toBe(Number.NaN);
});
