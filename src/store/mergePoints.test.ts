/**
 * @file One trajectory from several attempts: compared with a model that replays the attempts step by step.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "../core/index.ts";
import { type Layer, mergeLayers } from "./mergePoints.ts";

const at = (step: number, value: number, measure = "m"): Point => ({ step, wallMs: 0, measure, value });

test("a later attempt replaces what lies beyond its start, and adds to what lies before", () => {
  const layers = [
    { resumedFrom: null, points: [at(0, 1), at(10, 1), at(20, 1)] },
    { resumedFrom: 10, points: [at(0, 2, "new"), at(30, 2)] },
  ];
  expect(mergeLayers(layers, { committedStep: 30 })).toEqual({
    points: [at(0, 1), at(0, 2, "new"), at(10, 1), at(30, 2)],
    superseded: 1,
    uncommitted: 0,
  });
});

test("an attempt that began anew leaves nothing of the earlier ones", () => {
  const layers = [
    { resumedFrom: null, points: [at(0, 1), at(10, 1)] },
    { resumedFrom: null, points: [at(10, 2)] },
  ];
  expect(mergeLayers(layers, { committedStep: 10 })).toEqual({ points: [at(10, 2)], superseded: 2, uncommitted: 0 });
});

test("nothing is lost and nothing is made up: kept + superseded + uncommitted = written", () => {
  const layer: fc.Arbitrary<Layer> = fc.record({
    resumedFrom: fc.option(fc.nat(6), { nil: null }),
    points: fc.array(
      fc
        .record({ step: fc.nat(8), value: fc.nat(99), measure: fc.constantFrom("a", "b") })
        .map(({ step, value, measure }) => at(step, value, measure)),
    ),
  });
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 4 }), fc.nat(8), (layers, committedStep) => {
      const { points, superseded, uncommitted } = mergeLayers(layers, { committedStep });
      const written = layers.reduce((sum, { points }) => sum + points.length, 0);
      expect(points.length + superseded + uncommitted).toBe(written);
      for (const step of [0, 1, 2, 3, 4, 5, 6, 7, 8])
        for (const measure of ["a", "b"]) {
          // Read from the last attempt backwards: the first that has it counts, unless one after it replaced that stretch.
          let wanted: Point | undefined;
          for (const { points, resumedFrom } of [...layers].reverse()) {
            wanted = points.findLast((point) => point.step === step && point.measure === measure);
            if (wanted !== undefined || resumedFrom === null || step > resumedFrom) break;
          }
          const found = points.find((point) => point.step === step && point.measure === measure);
          expect(found).toEqual(step <= committedStep ? wanted : undefined);
        }
    }),
    { seed: 41, numRuns: 200 },
  );
});
