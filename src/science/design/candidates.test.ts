/** @file Candidates keep to their space, and their points keep its order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rng, type Space } from "../../core/index.ts";
import { candidateFeatures, perturbCandidate, sampleCandidate } from "./candidates.ts";

const space: Space = {
  "optimizer.weightDecay": { kind: "log", low: 0.001, high: 1, zeroShare: 0.5 },
  "optimizer.schedule": { kind: "choice", values: ["cosine", "cosine", "constant"] },
  "data.maskShare": { kind: "linear", low: 0.2, high: 1.2 },
  "data.maskShare@start": { kind: "choice", values: [0, 0, 0.25, 0.1] },
  "architecture.activation": { kind: "choice", values: ["relu", "gelu", "tanh"] },
  "architecture.width": { kind: "choice", values: [128] },
};

describe("candidates", () => {
  test("the point holds shares of the range, of its logarithm, ranks and 0/1 columns, in the order of sorted names", () => {
    const set = {
      "optimizer.weightDecay": 0.1,
      "optimizer.schedule": "cosine",
      "data.maskShare": 0.7,
      "data.maskShare@start": 0.1,
      "architecture.activation": "relu",
      "architecture.width": 128,
    };
    // activation gelu/relu/tanh, (width has no column), maskShare, its start's rank among 0 .1 .25, schedule, decay
    const point = [0, 1, 0, 0.5, 0.5, 1, 2 / 3].map((x) => expect.closeTo(x, 12));
    expect(candidateFeatures(space, set)).toEqual(point);
    expect(candidateFeatures(space, { ...set, "optimizer.weightDecay": 0 }).at(-1)).toBe(-0.25);
  });

  test("draws and neighbours lie in the space, at most 4 digits long, and repeat under the same key", () => {
    const inside = (set: Record<string, unknown>) => {
      const decay = set["optimizer.weightDecay"] as number;
      const mask = set["data.maskShare"] as number;
      expect(decay === 0 || (decay >= 0.001 && decay <= 1)).toBe(true);
      expect(mask >= 0.2 && mask <= 1.2 && Number(mask.toPrecision(4)) === mask).toBe(true);
      expect([0, 0.1, 0.25]).toContain(set["data.maskShare@start"]);
      expect(Object.keys(set)).toHaveLength(6);
    };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const set = sampleCandidate(space, Rng.of(seed));
        inside(set);
        expect(sampleCandidate(space, Rng.of(seed))).toEqual(set);
        const neighbour = perturbCandidate(space, set, { rng: Rng.of(seed, "near"), redraw: 0, step: 0.5 });
        inside(neighbour);
        expect(neighbour["architecture.activation"]).toBe(set["architecture.activation"]);
        const features = candidateFeatures(space, neighbour);
        expect(features).toHaveLength(7);
        expect(features.every((x) => (x >= 0 && x <= 1) || x === -0.25)).toBe(true);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test("draws follow the stated shares", () => {
    const rng = Rng.of(9, "shares");
    const sets = Array.from({ length: 2000 }, () => sampleCandidate(space, rng));
    const share = (key: string, value: unknown) => sets.filter((set) => set[key] === value).length / sets.length;
    // Four binomial standard errors: ±.045.
    expect(Math.abs(share("optimizer.weightDecay", 0) - 0.5)).toBeLessThan(0.045);
    expect(Math.abs(share("optimizer.schedule", "cosine") - 2 / 3)).toBeLessThan(0.045);
    const decays = sets.map((set) => set["optimizer.weightDecay"] as number).filter((decay) => decay > 0);
    // Half of a log-uniform draw over three decades lies below their middle.
    expect(Math.abs(decays.filter((decay) => decay < 10 ** -1.5).length / decays.length - 0.5)).toBeLessThan(0.065);
  });

  test("refuse what is not of the space", () => {
    const one = (dimension: Space[string]): Space => ({ "data.x": dimension });
    expect(() => sampleCandidate(one({ kind: "linear", low: 2, high: 1 }), Rng.of(1))).toThrow(
      "space: data.x: expected low ≤ high, got 2 and 1",
    );
    expect(() => candidateFeatures(one({ kind: "choice", values: ["a", "b"] }), { "data.x": "c" })).toThrow(
      'data.x: expected one of "a", "b", got "c"',
    );
    expect(() => candidateFeatures(one({ kind: "linear", low: 0, high: 1 }), {})).toThrow("data.x: expected a value");
    expect(() => candidateFeatures(one({ kind: "log", low: 1, high: 2 }), { "data.x": -1 })).toThrow("a number ≥ 0");
  });
});
