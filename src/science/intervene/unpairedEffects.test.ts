import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { unpairedEffects } from "./unpairedEffects.ts";

describe("unpairedEffects", () => {
  test("matches Welch's interval and the exact permutation p of a small example", () => {
    // scipy 1.17.1: ttest_ind([5.1,4.9,5.6,5.8],[4.1,4.4,3.9,4.6,4.2], equal_var=False).confidence_interval()
    const [{ effect, adjustedP }] = unpairedEffects([
      { name: "loss", treated: [5.1, 4.9, 5.6, 5.8], control: [4.1, 4.4, 3.9, 4.6, 4.2] },
    ]);
    expect(effect.value).toBeCloseTo(1.11, 10);
    expect([effect.low, effect.high]).toEqual([expect.closeTo(0.4833494998, 8), expect.closeTo(1.7366505002, 8)]);
    // The arms do not overlap: of the 126 splits only this one (and none of opposite sign) is as extreme.
    expect(adjustedP).toBeCloseTo(1 / 126, 12);
    expect(effect.n).toBe(9);
  });

  test("is simultaneous: under no effect on 20 dependent measures any interval leaves 0 out in about 5% of families", () => {
    let wrong = 0;
    let rejected = 0;
    const families = 200;
    for (let k = 0; k < families; k++) {
      const rng = Rng.of("unpaired null", k);
      const shared = Array.from({ length: 10 }, () => rng.normal());
      const inputs = Array.from({ length: 20 }, (_, j) => {
        const values = shared.map((one) => one + rng.normal());
        return { name: `m${j}`, treated: values.slice(0, 5), control: values.slice(5) };
      });
      const effects = unpairedEffects(inputs);
      if (effects.some(({ effect }) => effect.low > 0 || effect.high < 0)) wrong++;
      if (effects.some(({ adjustedP }) => adjustedP <= 0.05)) rejected++;
    }
    const bound = 0.05 + 3.1 * Math.sqrt((0.05 * 0.95) / families);
    expect(wrong / families).toBeLessThan(bound);
    expect(rejected / families).toBeLessThan(bound);
  }, 30_000);

  test("identical constant arms have no effect and no p below 1", () => {
    const [{ effect, adjustedP }] = unpairedEffects([{ name: "acc", treated: [1, 1], control: [1, 1, 1] }]);
    expect([effect.value, effect.low, effect.high, adjustedP]).toEqual([0, 0, 0, 1]);
  });

  test("refuses one run in an arm and outcomes that are not finite", () => {
    expect(() => unpairedEffects([{ name: "a", treated: [1], control: [1, 2] }])).toThrow(
      "at least 2 runs in each arm, got 1 and 2",
    );
    expect(() => unpairedEffects([{ name: "a", treated: [1, Number.NaN], control: [1, 2] }])).toThrow(
      "an outcome is not finite",
    );
  });
});
