/** @file Early stopping: what it knows, that it seldom stops a candidate that would have passed, what it refuses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { fitEarlyStop } from "./earlyStop.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Early measures that tell the end with noise; `signal` 0 makes them useless. */
function candidate(rng: Rng, signal: number) {
  const features = [rng.uniform(), rng.uniform(), rng.uniform()];
  const ends = [0, 1].map((j) => 1.5 * rng.normal() + features[j]);
  const early = ends.map((end) => sigmoid(signal * 0.7 * end - 0.5 + 0.3 * rng.normal()));
  return { features, early, final: ends.map((end) => sigmoid(end)) };
}

const bounds = [{ min: 0.7 }, { min: 0.7 }];

function stops(signal: number) {
  let stopped = 0;
  let stoppedWrongly = 0;
  let passing = 0;
  for (let repeat = 0; repeat < 40; repeat++) {
    const rng = Rng.of(repeat, "stops");
    const completed = Array.from({ length: 12 }, () => candidate(rng, signal));
    const rule = fitEarlyStop({
      early: completed.map(({ early }) => early),
      features: completed.map(({ features }) => features),
      final: completed.map(({ final }) => final),
      bounds,
    });
    for (let i = 0; i < 25; i++) {
      const fresh = candidate(rng, signal);
      const passes = fresh.final.every((value) => value >= 0.7);
      passing += passes ? 1 : 0;
      if (rule!.meetsAll(fresh) >= 0.02) continue;
      stopped++;
      stoppedWrongly += passes ? 1 : 0;
    }
  }
  return { stopped: stopped / 1000, stoppedWrongly: stoppedWrongly / passing };
}

describe("early stopping", () => {
  test("one measure that tells the end exactly gives a chance near 0 or 1", () => {
    const early = Array.from({ length: 20 }, (_, i) => [i]);
    const rule = fitEarlyStop({
      early,
      features: early.map(() => [0.5]),
      final: early.map(([x], i) => [10 + 2 * x + (i % 2 === 0 ? 0.1 : -0.1)]),
      bounds: [{ min: 30 }],
    })!;
    expect(rule.meetsAll({ early: [2], features: [0.5] })).toBeLessThan(1e-6);
    expect(rule.meetsAll({ early: [18], features: [0.5] })).toBeGreaterThan(1 - 1e-6);
    expect(rule.meetsAll({ early: [10], features: [0.5] })).toBeGreaterThan(0.1);
    expect(rule.predict({ early: [18], features: [0.5] })[0]).toBeCloseTo(46, 0);
    expect(rule.n).toBe(20);
  });

  test("stops many hopeless candidates and few that would have passed; stops none when early says nothing", () => {
    const informed = stops(1);
    const blind = stops(0);
    // Seen: .42 stopped, among them .006 of the passing ones; .03 stopped where the look is blind.
    expect(informed.stopped).toBeGreaterThan(0.25);
    expect(informed.stoppedWrongly).toBeLessThan(0.03);
    expect(blind.stopped).toBeLessThan(0.1);
  });

  test("completed candidates that all ended alike prove little: Laplace's rule", () => {
    const rows = Array.from({ length: 8 }, (_, i) => [0.1 * i]);
    const ruleWhenAllEndAt = (end: number) =>
      fitEarlyStop({ early: rows, features: rows, final: rows.map(() => [end]), bounds: [{ min: 0.5 }] })!;
    expect(ruleWhenAllEndAt(0).meetsAll({ early: [0.3], features: [0.2] })).toBeCloseTo(1 / 10, 12);
    expect(ruleWhenAllEndAt(1).meetsAll({ early: [0.3], features: [0.2] })).toBeCloseTo(9 / 10, 12);
  });

  test("the chance falls as a bound is raised and is a probability", () => {
    const rng = Rng.of(6);
    const completed = Array.from({ length: 10 }, () => candidate(rng, 1));
    const chance = (min: number, point: { early: number[]; features: number[] }) =>
      fitEarlyStop({
        early: completed.map(({ early }) => early),
        features: completed.map(({ features }) => features),
        final: completed.map(({ final }) => final),
        bounds: [{ min }, { min: 0.2, max: 0.99 }],
      })!.meetsAll(point);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (a, b, x, y) => {
        const point = { early: [x, y], features: [0.5, y, x] };
        const low = chance(Math.min(a, b), point);
        const high = chance(Math.max(a, b), point);
        expect(high).toBeLessThanOrEqual(low + 1e-12);
        expect(low >= 0 && low <= 1).toBe(true);
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  test("a broken run counts as the worst seen; too few runs give no rule; ragged rows are refused", () => {
    const rows = Array.from({ length: 8 }, (_, i) => [0.1 * i + 0.05]);
    const final = rows.map(([x], i) => [x ** 2 + (i % 3) * 0.02]);
    const rule = fitEarlyStop({ early: rows, features: rows, final, bounds: [{ min: 0.3 }] })!;
    const at = (early: number) => rule.meetsAll({ early: [early], features: [0.2] });
    expect(at(Number.NaN)).toBe(at(0.05));
    expect(
      fitEarlyStop({ early: rows.slice(1), features: rows.slice(1), final: final.slice(1), bounds: [{}] }),
    ).toBeUndefined();
    expect(() => rule.meetsAll({ early: [1, 2], features: [0.2] })).toThrow("early, features: expected shape [1], [1]");
    expect(() => fitEarlyStop({ early: rows, features: rows.slice(1), final, bounds: [{}] })).toThrow(
      "expected shape [8] rows",
    );
    expect(() =>
      fitEarlyStop({ early: rows, features: rows, final: rows.map(() => [Number.NaN]), bounds: [{}] }),
    ).toThrow("final values of requirement 0: expected a finite outcome");
  });
});
