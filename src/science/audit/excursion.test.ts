import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { excursions, judgedScale } from "./excursion.ts";

const steps = Array.from({ length: 30 }, (_, i) => 1000 * (i + 1));

describe("excursions", () => {
  test("a step between two levels is none, and neither is a trend", () => {
    const rng = Rng.of(1, "excursions");
    const levels = steps.map((_, i) => (i < 15 ? 1 : 5) + 0.01 * rng.normal());
    expect(excursions(steps, levels)[15]?.residual).toBeCloseTo(0, 1);
    const trend = steps.map((step) => step ** -0.3);
    expect(Math.max(...excursions(steps, trend).map((one) => Math.abs(one?.residual ?? 0)))).toBe(0);
  });

  test("a spike is as far off as it lies beyond the nearer neighbour", () => {
    const rng = Rng.of(2, "excursions");
    const values: number[] = steps.map(() => 0.01 * rng.normal());
    values[10] = 1;
    const spike = excursions(steps, values)[10];
    expect(spike?.residual).toBeCloseTo(1 - Math.max(values[9], values[11]), 12);
    expect(spike?.p).toBeLessThan(1e-6);
  });

  test("on white noise p below 1% comes up at most in 1% of places", () => {
    let low = 0;
    let places = 0;
    for (let k = 0; k < 400; k++) {
      const rng = Rng.of(k, "white");
      for (const one of excursions(
        steps,
        steps.map(() => rng.normal()),
      ))
        if (one !== undefined) {
          places++;
          if (one.p < 0.01) low++;
        }
    }
    // p bounds the chance from above: a value must lie beyond both neighbours.
    expect(low / places).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / places));
    expect(low).toBeGreaterThan(0);
  });

  test("ends, gaps and series too short to tell the noise are not judged", () => {
    expect(excursions(steps.slice(0, 8), steps.slice(0, 8))).toEqual(new Array(8).fill(undefined));
    const values = steps.map((_, i) => (i === 12 ? Number.NaN : i % 3));
    const judged = excursions(steps, values);
    expect([judged[0], judged[29], judged[11], judged[12], judged[13]]).toEqual(new Array(5).fill(undefined));
    expect(judged[20]).toBeDefined();
  });
});

test("only positive values that span a factor of 5 are judged by their logarithm", () => {
  expect(judgedScale([1, 2, 100]).isLog).toBe(true);
  expect(judgedScale([1, 2, 3]).isLog).toBe(false);
  expect(judgedScale([0, 10, 100]).isLog).toBe(false);
  expect([...judgedScale([1, Math.E ** 2, 10]).scaled.slice(0, 2)]).toEqual([0, 2]);
});
