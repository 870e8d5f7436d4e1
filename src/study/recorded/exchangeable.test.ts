import { expect, test } from "vitest";
import { isExchangeable, isOutcomeKey } from "./exchangeable.ts";

const run = (configuration: Record<string, string | number | boolean>) => ({ configuration });

test("runs are exchangeable when they differ in seeds and in what they came to only", () => {
  expect(
    isExchangeable([run({ lr: 1, data_seed: 1, "summary.step": 9 }), run({ lr: 1, data_seed: 2, "summary.step": 4 })]),
  ).toBe(true);
  expect(isExchangeable([run({ lr: 1, seed: 1 }), run({ lr: 2, seed: 2 })])).toBe(false);
});

test("runs without a stated configuration are not taken for alike", () => {
  expect(isExchangeable([run({}), run({})])).toBe(false);
  expect(isExchangeable([run({ lr: 1 }), run({})])).toBe(false);
});

test("an outcome is told from a setting", () => {
  expect(["summary.grok_step", "summary_length", "summarise", "lr"].map(isOutcomeKey)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
