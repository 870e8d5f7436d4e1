import { expect, test } from "vitest";
import { type Numerics, numericsKeyOf } from "../core/index.ts";
import { isOfOtherNumerics, numericsDiffer, numericsDifferences } from "./numerics.ts";

const HERE: Numerics = {
  engine: "ontogeny-engine/2",
  graph: "0123456789abcdef",
  runtime: "onnxruntime-node@1.30.0 cpu all",
  threads: 1,
  cpu: "x64 Here 7000 avx2 fma",
};
const runOf = (id: string, changed: Partial<Numerics>) => {
  const numerics = { ...HERE, ...changed };
  return { id, numerics, numericsKey: numericsKeyOf(numerics) };
};
const TELL = { what: "Run r1", wayOut: "use another workspace" };

test("names each component that differs, with both values, and no other", () => {
  const there = { ...HERE, engine: "ontogeny-engine/1", cpu: "x64 There 100" };
  expect(numericsDifferences(there, HERE)).toEqual([
    { component: "engine", there: "ontogeny-engine/1", here: "ontogeny-engine/2" },
    { component: "cpu", there: "x64 There 100", here: "x64 Here 7000 avx2 fma" },
  ]);
  expect(numericsDifferences({ ...HERE, threads: 4 }, HERE)).toEqual([{ component: "threads", there: "4", here: "1" }]);
  expect(numericsDifferences(HERE, HERE)).toEqual([]);
});

test("a run that was never begun has no numerics to differ", () => {
  expect(isOfOtherNumerics({ id: "r1" }, HERE)).toBe(false);
  expect(isOfOtherNumerics(runOf("r1", {}), HERE)).toBe(false);
  expect(isOfOtherNumerics(runOf("r1", { cpu: "x64 There 100" }), HERE)).toBe(true);
});

test("the message has both keys, the components and the way out", () => {
  const run = runOf("r1", { cpu: "x64 There 100", graph: "fedcba9876543210" });
  const { code, message } = numericsDiffer([run], HERE, TELL);
  expect(code).toBe("NUMERICS_DIFFER");
  expect(message).toBe(
    `Run r1: expected the numerics key ${numericsKeyOf(HERE)} of this machine and build, got ${run.numericsKey} in 1 run (r1). graph: fedcba987654 there, 0123456789ab here (the program is lowered otherwise); cpu: x64 There 100 there, x64 Here 7000 avx2 fma here. Bits of two keys are not mixed: use another workspace`,
  );
});

test("over many runs it counts them, names three, and says when they have several keys", () => {
  const runs = ["r1", "r2", "r3", "r4"].map((id) => runOf(id, { engine: "ontogeny-engine/1" }));
  expect(numericsDiffer(runs, HERE, TELL).message).toContain("in 4 runs (r1, r2, r3, …). engine:");
  const mixed = [...runs, runOf("r5", { cpu: "x64 There 100" })];
  expect(numericsDiffer(mixed, HERE, TELL).message).toContain("in 5 runs (r1, r2, r3, …) (of 2 other keys");
});

test("a run whose description does not bear its key out is said to be altered", () => {
  const altered = { ...runOf("r1", {}), numericsKey: "n000" };
  expect(numericsDiffer([altered], HERE, TELL).message).toContain("No component differs, so the run's description was");
  expect(numericsDiffer([{ id: "r1", numericsKey: "n000" }], HERE, TELL).message).toContain("does not say what");
});
