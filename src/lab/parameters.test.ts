import fc from "fast-check";
import { expect, test } from "vitest";
import { type Parameters, parseFactorsWith, validateChangeWith } from "./parameters.ts";

const PARAMETERS: Parameters = {
  "data.share": { kind: "number", default: 0.5, low: 0, high: 1, description: "a share" },
  "data.size": { kind: "integer", default: 10, low: 1, high: 99, fixed: true, description: "a size" },
  "optimizer.kind": { kind: "choice", default: "adamw", values: ["adamw", "sgd"], fixed: true, description: "which" },
};
const parse = (partial: unknown) => parseFactorsWith(PARAMETERS, partial, "study.yaml: process.factors");
const DEFAULTS = { data: { share: 0.5, size: 10 }, objective: {}, architecture: {}, optimizer: { kind: "adamw" } };

test("fills in every default", () => {
  expect(parse({})).toEqual(DEFAULTS);
  expect(parse(undefined)).toEqual(DEFAULTS);
});

test("reads nested and dotted settings alike, and its own output unchanged", () =>
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 99 }), (share, size) => {
      const nested = parse({ data: { share, size } });
      expect(parse({ "data.share": share, data: { size } })).toEqual(nested);
      expect(parse(nested)).toEqual(nested);
    }),
    { seed: 5 },
  ));

test.each([
  [{ data: { shore: 1 } }, "process.factors.data.shore: expected one of data.share, data.size, got an unknown key"],
  [
    { date: {} },
    "process.factors.date: expected one of data, objective, architecture, optimizer, got an unknown factor",
  ],
  [{ data: { share: "1" } }, 'process.factors.data.share: expected a number from 0 to 1, got "1"'],
  [{ data: { share: 1.5 } }, "expected a number from 0 to 1, got 1.5"],
  [{ data: { share: Number.NaN } }, "expected a number from 0 to 1, got NaN"],
  [{ data: { size: 2.5 } }, "expected an integer from 1 to 99, got 2.5"],
  [{ "optimizer.kind": "lion" }, 'process.factors.optimizer.kind: expected one of "adamw", "sgd", got "lion"'],
  [{ data: 3 }, "process.factors.data: expected settings by name, got 3"],
  [[], "process.factors: expected factors by name, got []"],
  [{ data: { share: 0.5 }, "data.share": 0.4 }, "data.share: expected to be set once, got two values"],
])("refuses %j", (partial, message) => {
  expect(() => parse(partial)).toThrow(message);
});

test("a change may set a fixed parameter only to the value that it has", () => {
  const factors = parse({});
  const check = (set: Record<string, number | string>, until?: number) =>
    validateChangeWith(PARAMETERS, ["order"], { from: 3, until, set }, factors);
  expect(() => check({ "data.share": 0.9, "data.size": 10, "seeds.order": 4 })).not.toThrow();
  expect(() => check({ "data.size": 11 })).toThrow("Change of data.size: expected its value to stay 10");
  expect(() => check({ "data.share": 2 })).toThrow("Change of data.share: expected a number from 0 to 1, got 2");
  expect(() => check({ "data.nothing": 2 })).toThrow("an unknown key");
  expect(() => check({ "seeds.data": 2 })).toThrow("Change of seeds.data: expected one of seeds.order");
  expect(() => check({ "seeds.order": 1.5 })).toThrow("expected an integer ≥ 0, got 1.5");
  expect(() => check({ "data.share": 0.1 }, 3)).toThrow("Change of until: expected a step after 3, got 3");
});
