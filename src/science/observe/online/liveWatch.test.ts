/** @file Live watching: alarms, what they say, restarts, values that are not finite, refusals. */
import { describe, expect, test } from "vitest";
import { EventSchema, Rng } from "../../../core/index.ts";
import { autoregressive, binomialUpper } from "../synthetic.fixture.ts";
import { LiveWatch } from "./liveWatch.ts";

function alarmsOf(values: readonly number[]) {
  const watch = new LiveWatch("loss");
  return values.flatMap((value, i) => watch.push(10 * i, value) ?? []);
}

describe("LiveWatch", () => {
  test("two steps give two alarms, each within ten values of its step and bracketing it", () => {
    const noise = autoregressive(Rng.of(1, "live"), 200, 0.3);
    const alarms = alarmsOf(noise.map((e, i) => 0.1 * e + (i >= 80 ? 2 : 0) - (i >= 150 ? 4 : 0)));
    expect(alarms).toHaveLength(2);
    for (const [i, at] of [800, 1500].entries()) {
      expect(EventSchema.parse(alarms[i])).toEqual(alarms[i]);
      expect(alarms[i].low).toBeLessThan(at);
      expect(alarms[i].high).toBeGreaterThanOrEqual(at);
      expect(alarms[i].high).toBeLessThanOrEqual(at + 100);
      expect(alarms[i].certainty!.value).toBeGreaterThan(0.95);
    }
  });

  test("a falling power law with AR(.3) noise gives an alarm in at most 8% of runs of 300 values", () => {
    let noisy = 0;
    for (let seed = 0; seed < 100; seed++) {
      const noise = autoregressive(Rng.of(seed, "fall"), 300, 0.3);
      if (alarmsOf(noise.map((e, i) => 2 + 5 * (i + 20) ** -0.5 + 0.02 * e)).length > 0) noisy++;
    }
    expect(noisy).toBeLessThanOrEqual(binomialUpper(100, 0.08));
  });

  test("NaN is an alarm once, until a finite value comes", () => {
    const alarms = alarmsOf([1, 2, Number.NaN, Number.NaN, 3, Number.POSITIVE_INFINITY]);
    expect(alarms.map(({ kind, step, low }) => [kind, step, low])).toEqual([
      ["divergence", 20, 10],
      ["divergence", 50, 40],
    ]);
  });

  test("a constant series gives none, and a step that goes back is refused", () => {
    expect(alarmsOf(new Array<number>(100).fill(3))).toEqual([]);
    const watch = new LiveWatch("m");
    watch.push(5, 1);
    expect(() => watch.push(5, 1)).toThrow("a step after 5, got 5");
  });
});
