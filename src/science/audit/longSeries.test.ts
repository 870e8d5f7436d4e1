import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { audit } from "./audit.ts";
import { evaluationsOf, isKept, sampledLogs } from "./longSeries.ts";
import { runOf } from "./run.fixture.ts";

const steps = Array.from({ length: 30_000 }, (_, i) => i);
const log = (seed: number) => {
  const rng = Rng.of("log", seed);
  return { steps, values: steps.map((step) => 3 + rng.normal() + (step % 5000 === 77 ? 40 : 0)) };
};
const evaluation = { steps: [0, 10_000, 20_000], values: [3, 2, 1] };

test("a log is left out of the evaluations, and sampled at the same steps in every run", () => {
  const run = runOf({ "train/loss": log(1), "eval/loss": evaluation });
  expect([...evaluationsOf(run).series.keys()]).toEqual(["eval/loss"]);
  const [a, b] = [run, runOf({ "train/loss": log(2) })].map((one) => sampledLogs(one).series.get("train/loss")!);
  expect(a.steps).toEqual(b.steps);
  expect(a.steps.length).toBeGreaterThan(500);
  expect(a.steps.length).toBeLessThan(2000);
  expect(a.values[3]).toBe(log(1).values[a.steps[3]]);
  expect(sampledLogs(run).series.get("eval/loss")).toBe(run.series.get("eval/loss"));
});

test("what is kept of a coarser sample is kept of a finer one", () => {
  for (const step of steps) if (isKept(step, 64)) expect(isKept(step, 8)).toBe(true);
});

test("spikes in a log are no outlier checkpoints, but its copy is found", () => {
  const run = runOf({ "train/loss": log(1) }, { name: "one" });
  expect(audit([run, runOf({ "train/loss": log(2) }, { name: "two" })])).toEqual([]);
  expect(audit([run, { ...run, id: "copy", name: "copy" }])).toMatchObject([{ code: "runs-duplicated" }]);
});
