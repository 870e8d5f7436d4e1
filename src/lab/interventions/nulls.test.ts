import { expect, test } from "vitest";
import { factorsAt } from "../../core/index.ts";
import { exactPlacebo, perturbedNull } from "./nulls.ts";

const factors = { data: { share: 0.3 }, objective: {}, architecture: {}, optimizer: {} };
const seeds = { data: 4, order: 4 };

test("an exact placebo leaves the factors as they are", () => {
  const change = exactPlacebo({ factors, path: "data.share", from: 3 });
  expect(change).toEqual({ from: 3, set: { "data.share": 0.3 } });
  expect(factorsAt({ factors, seeds }, [change], 5)).toEqual({ factors, seeds });
});

test("a perturbed null re-keys one seed component from its step on, always to the same value", () => {
  const change = perturbedNull({ seeds, component: "order", from: 3 });
  expect(factorsAt({ factors, seeds }, [change], 2).seeds).toEqual(seeds);
  const after = factorsAt({ factors, seeds }, [change], 3).seeds;
  expect(after.data).toBe(4);
  expect(after.order).not.toBe(4);
  expect(perturbedNull({ seeds, component: "order", from: 3 })).toEqual(change);
});

test("refuse what does not exist", () => {
  expect(() => exactPlacebo({ factors, path: "data.nothing", from: 0 })).toThrow('got "data.nothing"');
  expect(() => exactPlacebo({ factors, path: "seeds.order", from: 0 })).toThrow('got "seeds.order"');
  expect(() => perturbedNull({ seeds, component: "init", from: 0 })).toThrow('expected one of data, order, got "init"');
});
