import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { sd } from "../stats/moments.ts";
import { jointEffects } from "./jointEffects.ts";
import { meanDifference } from "./pairedEffect.ts";

const normals = (rng: Rng, n: number) => Array.from({ length: n }, () => rng.normal());
const named = (rows: readonly (readonly number[])[]) => rows.map((differences, i) => ({ name: `c${i}`, differences }));

describe("jointEffects", () => {
  test("agrees with a direct enumeration of 2⁶ flips in numpy", () => {
    // d = np.array([[.9,1.4,.7,1.1,.2,1.3],[.5,-.2,.9,.4,.6,.1],[.3,-.5,.2,-.1,.4,-.2]])
    // G = np.array(list(itertools.product([1,-1], repeat=6)))
    // t = lambda g: (g*d).mean(1) / ((g*d).std(1, ddof=1) / 6**.5)
    // T = np.abs([t(g) for g in G]); o = T[0]            → o = 5.182, 2.427, .119
    // step-down: [(T[:, k:].max(1) >= o[k] - 1e-9).mean() for k in range(3)], cumulative maximum → .03125, .125, 1
    // e = d - d.mean(1, keepdims=True): c = sorted(max|t| of the flipped e)[ceil(.95*64) - 1] → 3.1800, × se → .5727866
    const joint = jointEffects(
      named([
        [0.9, 1.4, 0.7, 1.1, 0.2, 1.3],
        [0.5, -0.2, 0.9, 0.4, 0.6, 0.1],
        [0.3, -0.5, 0.2, -0.1, 0.4, -0.2],
      ]),
    );
    expect(joint.map(({ adjustedP }) => adjustedP)).toEqual([0.03125, 0.125, 1]);
    expect((joint[0].effect.high - joint[0].effect.low) / 2).toBeCloseTo(0.5727865523, 8);
  });

  test("one contrast is Student's interval and the plain sign-flip p", () => {
    const differences = [0.9, 1.4, 0.7, 1.1, 0.2, 1.3];
    const [one] = jointEffects(named([differences]));
    const alone = meanDifference(differences);
    expect([one.effect.low, one.effect.high]).toEqual([alone.low, alone.high]);
    expect(one.adjustedP).toBe(2 / 64);
  });

  test("copies of one contrast cost nothing: the same flips hit them all", () => {
    const row = normals(Rng.of("copies"), 10).map((value) => value + 0.8);
    const joint = jointEffects(named([row, row, row]));
    const [alone] = jointEffects(named([row]));
    for (const { adjustedP } of joint) expect(adjustedP).toBe(alone.adjustedP);
  });

  test("keeps an exact placebo out of the family, without NaN", () => {
    const row = normals(Rng.of("placebo"), 12).map((value) => value + 1);
    const [effect, placebo] = jointEffects([...named([row]), { name: "placebo", differences: new Array(12).fill(0) }]);
    expect(placebo.effect).toMatchObject({ value: 0, low: 0, high: 0, n: 12 });
    expect(placebo.adjustedP).toBeUndefined();
    expect(effect).toEqual(jointEffects(named([row]))[0]);
  });

  test("contrasts of one name keep their own results", () => {
    const rows = [normals(Rng.of("first"), 8), normals(Rng.of("second"), 8).map((value) => value + 3)];
    const [first, second] = jointEffects(rows.map((differences) => ({ name: "same", differences })));
    expect(first.adjustedP).toBeGreaterThan(second.adjustedP!);
  });

  test("a constant effect has the smallest p there is and a finite interval for its neighbours", () => {
    const [constant, noisy] = jointEffects(named([new Array(12).fill(0.1), normals(Rng.of("beside"), 12)]));
    expect(constant.adjustedP).toBe(2 / 4096);
    expect(constant.effect.high - constant.effect.low).toBeLessThan(1e-12);
    expect(Number.isFinite(noisy.effect.high)).toBe(true);
  });

  test("five seeds cannot carry max-T at 95%: the interval is Bonferroni's and says so", () => {
    const rows = [0, 1, 2, 3].map(() => normals(Rng.of("few"), 5));
    const [{ effect }] = jointEffects(named(rows));
    expect((effect.high - effect.low) / 2).toBeCloseTo(
      (studentTQuantile(1 - 0.05 / 8, 4) * sd(rows[0])) / Math.sqrt(5),
      10,
    );
    expect(effect.method).toContain("Bonferroni");
  });

  test("adjusted p lies between the plain one and Bonferroni's", () => {
    const values = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 2, maxLength: 4 }), (rows) => {
        const joint = jointEffects(named(rows));
        joint.forEach(({ adjustedP }, i) => {
          if (adjustedP === undefined) return;
          const plain = jointEffects(named([rows[i]]))[0].adjustedP!;
          expect(adjustedP).toBeGreaterThanOrEqual(plain - 1e-12);
          const notBelow = rows.map(plainP).filter((p) => p <= plain + 1e-12);
          expect(adjustedP).toBeLessThanOrEqual(Math.min(1, rows.length * Math.max(...notBelow)) + 1e-12);
        });
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  test("8 nulls over 10 seeds: any rejection in about 5% of studies, any interval missing 0 in about 5%", () => {
    const rng = Rng.of("family-wise");
    const studies = 150;
    let rejected = 0;
    let missed = 0;
    for (let study = 0; study < studies; study++) {
      const shared = normals(rng, 10);
      const joint = jointEffects(named([0, 1, 2, 3, 4, 5, 6, 7].map(() => shared.map((base) => base + rng.normal()))));
      if (joint.some(({ adjustedP }) => adjustedP! <= 0.05)) rejected++;
      if (joint.some(({ effect }) => effect.low > 0 || effect.high < 0)) missed++;
    }
    const limit = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / studies);
    expect(rejected / studies).toBeLessThan(limit);
    expect(missed / studies).toBeLessThan(limit);
    expect(rejected).toBeGreaterThan(0);
  });

  test("no contrasts, no results; unequal seeds and runs that diverged are refused", () => {
    expect(jointEffects([])).toEqual([]);
    expect(() =>
      jointEffects(
        named([
          [1, 2, 3],
          [1, 2],
        ]),
      ),
    ).toThrow("jointEffects: c1: expected 3 seeds as in the others, got 2");
    expect(() => jointEffects(named([[1, Number.NaN, 3]]))).toThrow("not finite");
    expect(() => jointEffects(named([[1, 2, 3]]), { level: 1 })).toThrow("jointEffects: level");
  });
});

function plainP(differences: readonly number[]): number {
  return jointEffects(named([differences]))[0].adjustedP ?? 1;
}
