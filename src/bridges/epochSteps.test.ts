import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EpochSteps } from "./epochSteps.ts";

const whole = (rows: readonly (readonly [step: number, epoch: number | undefined, length?: number])[]) => {
  const steps = new EpochSteps();
  return rows.map(([step, epoch, length]) => steps.wholeStep(step, epoch, length));
};

describe("steps within epochs", () => {
  test("follow on the epoch before, or on its stated length", () => {
    expect(
      whole([
        [50, 1],
        [100, 1],
        [50, 2],
        [100, 2],
        [50, 3],
      ]),
    ).toEqual([50, 100, 150, 200, 250]);
    expect(
      whole([
        [50, 1, 120],
        [100, 1, 120],
        [50, 2, 120],
        [50, 3, 120],
      ]),
    ).toEqual([50, 100, 170, 290]);
    expect(
      whole([
        [100, 1],
        [100, 2],
        [100, 3],
      ]),
    ).toEqual([100, 200, 300]);
  });

  test("steps that go on through epochs stay, with whole and with broken epochs", () => {
    expect(
      whole([
        [50, 0],
        [100, 1],
        [150, 1],
        [200, 2],
      ]),
    ).toEqual([50, 100, 150, 200]);
    expect(
      whole([
        [500, 0.99],
        [500, 1],
        [510, 1.01],
      ]),
    ).toEqual([500, 500, 510]);
  });

  test("an epoch that comes again keeps its place; rows without an epoch are in the last one", () => {
    expect(
      whole([
        [9, 1],
        [1, 2],
        [9, 2],
        [1, 2],
        [5, undefined],
      ]),
    ).toEqual([9, 10, 18, 10, 14]);
  });

  test("goes on from its memory wherever it was cut", () => {
    const row = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.nat(30), (rows, cut) => {
        const first = new EpochSteps();
        const before = rows.slice(0, cut).map(([step, epoch]) => first.wholeStep(step, epoch));
        const second = new EpochSteps(JSON.parse(JSON.stringify(first.memory())));
        expect([...before, ...rows.slice(cut).map(([step, epoch]) => second.wholeStep(step, epoch))]).toEqual(
          whole(rows),
        );
      }),
      { seed: 15, numRuns: 300 },
    );
  });
});
