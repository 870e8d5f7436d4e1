import { expect, test } from "vitest";
import { isExchangeable, isOutcomeKey } from "./exchangeable.ts";

const run = (configuration: Record<string, string | number | boolean>, name = "run") => ({ configuration, name });

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

test("a setting that only the name states sets runs apart; a seed, an id or a running number does not", () => {
  const alike = (...names: string[]) => isExchangeable(names.map((name) => run({ lr: 1 }, name)));
  expect(alike("sweep/k3_s0", "sweep/k3_s12")).toBe(true);
  expect(alike("logs/version_0", "logs/version_11")).toBe(true);
  expect(alike("a/8bfe4e35-c3fc-4b70-a984-3be937b71ff3", "a/95a9fd44-7c13-49c7-b324-3e7d9e23a499")).toBe(true);
  expect(alike("sweep/k3_s0", "sweep/kinf_s0")).toBe(false);
  expect(alike("adamw_s1", "muon_s1")).toBe(false);
});

test("an outcome is told from a setting", () => {
  expect(["summary.grok_step", "summary_length", "summarise", "lr"].map(isOutcomeKey)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
