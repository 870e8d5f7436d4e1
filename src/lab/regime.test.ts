import { expect, test } from "vitest";
import { RegimeHistory } from "./regime.ts";

const factors = { data: {}, objective: {}, architecture: {}, optimizer: { batchSize: 10 } };
const history = () =>
  new RegimeHistory({ factors, seeds: { order: 1 } }, [
    { from: 5, until: 8, set: { "optimizer.batchSize": 100 } },
    { from: 7, set: { "seeds.order": 2 } },
  ]);
const batchSizeAt = (step: number) => history().at(step).factors.optimizer.batchSize;

test("a change holds from its first step up to but not including its last", () => {
  expect([4, 5, 7, 8].map(batchSizeAt)).toEqual([10, 100, 100, 10]);
  expect([6, 7, 8].map((step) => history().at(step).seeds.order)).toEqual([1, 2, 2]);
});

test("boundaries are where the regime may change", () => {
  expect([0, 5, 7, 8].map((step) => history().nextBoundary(step))).toEqual([5, 7, 8, Number.POSITIVE_INFINITY]);
});

test("a change that is added later is in force like the others", () => {
  const own = history();
  expect(own.at(20).factors.optimizer.batchSize).toBe(10);
  own.add({ from: 15, set: { "optimizer.batchSize": 3 } });
  expect(own.at(20).factors.optimizer.batchSize).toBe(3);
  expect(own.nextBoundary(8)).toBe(15);
});
