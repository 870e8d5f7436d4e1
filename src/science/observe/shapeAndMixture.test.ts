/**
 * @file Breakthroughness, seed mixtures, item errors, noise and the mirage check: closed forms, properties, refusals.
 */
import { describe, expect, test } from "vitest";
import { betaSd, type Event, Rng } from "../../core/index.ts";
import { breakthrough } from "./breakthrough.ts";
import { standout, standoutLimit, standoutP } from "./courses/standout.ts";
import { trajectoryNoise } from "./courses/trajectoryNoise.ts";
import { itemErrors } from "./itemErrors.ts";
import { metricRobustness } from "./metricRobustness.ts";
import { seedMixture } from "./seedMixture.ts";
import { autoregressive, seriesOf } from "./synthetic.fixture.ts";

describe("breakthrough", () => {
  test("a line, a leap and a fall by hand", () => {
    const line = breakthrough(seriesOf([0, 1, 2, 3, 4]));
    expect(line).toMatchObject({ change: 4, breakthroughness: 4, linearity: 4, repeats: 0, concentration: 0.25 });
    const leap = breakthrough(seriesOf([0, 0, 0, 0, 4, 4]));
    expect(leap).toMatchObject({ change: 4, breakthroughness: 100, repeats: 0.8, concentration: 1 });
    expect(leap.linearity).toBeCloseTo(4 / Math.sqrt(16 / 5), 12);
    expect(breakthrough(seriesOf([4, 2, 0])).change).toBe(-4);
    expect(breakthrough(seriesOf([1, 1, Number.NaN, 1]))).toEqual({
      change: 0,
      breakthroughness: 0,
      linearity: 0,
      repeats: 1,
    });
    expect(() => breakthrough(seriesOf([1, 2]))).toThrow("at least 3");
  });
});

describe("seedMixture", () => {
  const leap = (at: number) => Array.from({ length: 30 }, (_, i) => (i < at ? 0 : 1));

  test("a mean of leaps at different steps hides them; alike runs do not", () => {
    expect(seedMixture([3, 8, 14, 19, 25].map(leap)).verdict).toBe("the mean hides abrupt runs");
    expect(seedMixture([14, 14, 15, 15].map(leap)).verdict).toBe("the mean is like its runs");
  });

  test("runs that split into two ends are two kinds, evenly spread ones are not (at most 5% of 200 draws of 8)", () => {
    const split = seedMixture([leap(10), leap(12), leap(11), leap(40), leap(40), leap(40)]);
    expect(split).toMatchObject({ verdict: "two kinds of run", finalSplit: [3, 3], finalGap: 1 });
    let called = 0;
    for (let seed = 0; seed < 200; seed++) {
      const rng = Rng.of(seed, "even");
      const ends = Array.from({ length: 8 }, () => rng.uniform());
      if (seedMixture(ends.map((end) => leap(12).map((v) => v * end))).verdict === "two kinds of run") called++;
    }
    expect(called).toBeLessThanOrEqual(20);
  });

  test("refuses three runs and values that are not finite", () => {
    expect(() => seedMixture([leap(1), leap(2), leap(3)])).toThrow("at least 4 runs");
    expect(() => seedMixture([leap(1), leap(2), leap(3), [Number.NaN]])).toThrow("finite values a run");
  });
});

describe("itemErrors", () => {
  test("a stated 0 at a share of 0 becomes what as many items leave open, the others stay", () => {
    const values = [0, 0.5, 0.2];
    const ses = [0, Math.sqrt(0.25 / 99), Math.sqrt(0.16 / 99)];
    expect(itemErrors({ values, ses, isShare: true })).toEqual([expect.closeTo(betaSd(0, 100), 12), ses[1], ses[2]]);
    expect(itemErrors({ values, ns: [10, 10, 10], isShare: true })).toEqual(values.map((p) => betaSd(10 * p, 10)));
  });

  test("nothing known gives nothing; a score that is no share keeps its zeros", () => {
    expect(itemErrors({ values: [1, 2], isShare: false, ns: [4, 4] })).toBeUndefined();
    expect(itemErrors({ values: [1, 2], ses: [0, 0], isShare: false })).toBeUndefined();
    expect(itemErrors({ values: [1, 2], ses: [0, 3], isShare: false })).toEqual([0, 3]);
    expect(() => itemErrors({ values: [1], ses: [], isShare: true })).toThrow("expected shape [1], got [0]");
  });
});

describe("trajectoryNoise", () => {
  test("reads sd and correlation beside a trend, jumps and a bend", () => {
    for (const correlation of [0, 0.6]) {
      const noise = autoregressive(Rng.of(3, "read", correlation), 3000, correlation);
      const x = noise.map((_, i) => i);
      const read = trajectoryNoise(
        x,
        noise.map((e, i) => 2 * e + 0.1 * i + (i > 1000 ? 50 : 0) + 100 * Math.exp(-i / 300)),
      );
      expect(read.sd).toBeCloseTo(2, 0);
      expect(Math.abs(read.correlation - correlation)).toBeLessThan(0.1);
    }
  });

  test("in proportion to given scales, and 0 for what repeats", () => {
    const noise = autoregressive(Rng.of(4, "scales"), 2000, 0);
    const scales = noise.map((_, i) => 1 + (i % 7));
    const x = noise.map((_, i) => i);
    const { sd } = trajectoryNoise(
      x,
      noise.map((e, i) => 3 * e * scales[i]),
      scales,
    );
    expect(sd).toBeCloseTo(3, 0);
    expect(trajectoryNoise([0, 1, 2, 3, 4], [1, 1, 1, 1, 1])).toMatchObject({
      sd: 0,
      slowSd: 0,
      correlation: 0,
      inflation: 1,
    });
    expect(() => trajectoryNoise([0, 1, 1, 3, 4], [1, 2, 3, 4, 5])).toThrow("ascending x, got 1 at position 2");
  });
});

describe("standout", () => {
  test("is nothing on a straight line and large at a jump", () => {
    const tiny = (n: number) => new Array<number>(n).fill(1e-6);
    expect(
      Math.max(
        ...standout(
          Array.from({ length: 40 }, (_, i) => 3 * i),
          tiny(40),
        ),
      ),
    ).toBeLessThan(1e-3);
    const noise = autoregressive(Rng.of(5, "jump"), 60, 0);
    const at = standout(
      noise.map((e, i) => e + (i >= 30 ? 20 : 0)),
      tiny(60),
    );
    expect(at.indexOf(Math.max(...at))).toBeGreaterThanOrEqual(26);
    expect(at.indexOf(Math.max(...at))).toBeLessThanOrEqual(34);
    expect(Math.max(...at)).toBeGreaterThan(standoutLimit(60, 0.01));
  });

  test("its limits are exceeded as often as they say, whatever the correlation", () => {
    for (const correlation of [0, 0.8, 1]) {
      let above = 0;
      for (let seed = 0; seed < 300; seed++) {
        const values = autoregressive(Rng.of(seed, "limit", correlation), 60, correlation);
        if (
          Math.max(
            ...standout(
              values,
              values.map(() => 1e-6),
            ),
          ) > standoutLimit(60, 0.05)
        )
          above++;
      }
      // Nominal .05; fitted to simulations of several lengths together, so that any one of them may be off by half.
      expect(above).toBeLessThanOrEqual(30);
      expect(above).toBeGreaterThanOrEqual(2);
    }
    expect(standoutP(standoutLimit(60, 0.02), 60)).toBeCloseTo(0.02, 12);
  });
});

describe("metricRobustness", () => {
  const event = (low: number, high: number): Event => ({
    kind: "change-point",
    measure: "acc",
    step: high,
    low,
    high,
    evidence: {},
    method: "",
  });
  const steps = Array.from({ length: 20 }, (_, i) => 10 * i);
  const smooth = (changes: Event[], smallestChange = 0.1) => ({ measure: "loss", steps, changes, smallestChange });
  const jump = { event: event(90, 100), share: 0.8 };

  test("needs a change of the companion in the same interval, give or take one evaluation", () => {
    expect(metricRobustness(jump, [smooth([event(100, 110)])])).toMatchObject({
      verdict: "metric-robust",
      companion: "loss",
    });
    expect(metricRobustness(jump, [smooth([event(130, 140)])])).toMatchObject({ verdict: "not metric-robust" });
    expect(metricRobustness(jump, [smooth([]), smooth([event(80, 100)])])).toMatchObject({ verdict: "metric-robust" });
  });

  test("cannot judge without a companion, with a refused, a coarse or a short one", () => {
    expect(metricRobustness(jump, [])).toMatchObject({ verdict: "cannot be judged" });
    const refused = { measure: "loss", steps, changes: { refused: "too few" }, smallestChange: 0.1 };
    expect(metricRobustness(jump, [refused])).toMatchObject({ verdict: "cannot be judged", because: "loss: too few" });
    expect(metricRobustness(jump, [smooth([], 0.9)])).toMatchObject({ verdict: "cannot be judged" });
    expect(metricRobustness({ event: event(0, 10), share: 0.8 }, [smooth([])])).toMatchObject({
      verdict: "cannot be judged",
    });
  });
});
