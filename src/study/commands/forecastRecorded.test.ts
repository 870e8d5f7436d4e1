import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { distributionQuantile } from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { importTree } from "../import/importTree.ts";
import { forecastRecorded } from "./forecastRecorded.ts";
import { scoreForecasts } from "./scoreForecasts.ts";

const STEPS = [100, 200, 400, 600, 800, 1000];
let folder: string;
let home: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-forecast-"));
  home = path.join(folder, "home");
  fs.mkdirSync(path.join(folder, "runs"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A power law with the run's own floor, and noise. */
function write(name: string, steps: readonly number[], floor: number): void {
  const rng = Rng.of(1, `forecast test ${name}`);
  const rows = steps.map((step) => `${step},${floor + 30 / step + 0.01 * rng.normal()}`);
  fs.writeFileSync(path.join(folder, "runs", `${name}.csv`), `step,val_loss\n${rows.join("\n")}\n`);
}

const importing = () => importTree({ paths: [path.join(folder, "runs")], home, signal: new AbortController().signal });

const floors = Array.from({ length: 10 }, (_, i) => 2 + i / 10);

test("a run that goes on is forecast from the others, registered once, and scored when its end is imported", async () => {
  floors.forEach((floor, i) => {
    write(`seed-${i}`, STEPS, floor);
  });
  write("young", STEPS.slice(0, 3), 2.55);
  await importing();
  const ask = { home, run: "young", measures: ["val_loss"], target: "final" as const };
  const answer = await forecastRecorded(ask);
  expect(answer).toMatchObject({ cutoff: 400, targetStep: 1000, registered: true, units: 10 });
  expect(answer.cohort).toHaveLength(10);
  const [{ forecasts, seq, outcome }] = answer.measures;
  expect([seq, outcome]).toEqual([0, undefined]);
  expect(forecasts.map(({ method }) => method)).toEqual(
    expect.arrayContaining(["last value", "cohort", "combination"]),
  );
  const { distribution } = forecasts.find(({ method }) => method === "combination")!;
  // The truth is 2.58; the cohort alone spreads over 2.03 to 2.93.
  expect(distributionQuantile(distribution, 0.05)).toBeGreaterThan(2.4);
  expect(distributionQuantile(distribution, 0.95)).toBeLessThan(2.75);
  expect(answer.record?.map(({ method }) => method)).toContain("combination");
  const again = await forecastRecorded(ask);
  expect(again.measures[0].seq).toBe(0);

  expect(await scoreForecasts({ home })).toEqual({ scored: [], waiting: 1, scoredBefore: 0 });
  write("young", STEPS, 2.55);
  await importing();
  const { scored } = await scoreForecasts({ home });
  expect(scored).toHaveLength(1);
  expect(scored[0].outcome).toBeCloseTo(2.58, 1);
  const crpsOf = (method: string) => scored[0].scores.find((score) => score.method === method)!.crps;
  expect(crpsOf("combination")).toBeLessThan(crpsOf("cohort"));
  expect(await scoreForecasts({ home })).toEqual({ scored: [], waiting: 0, scoredBefore: 1 });
  expect((await Workspace.open(home)).ledger("other").verify().ok).toBe(true);
});

test("a finished run is retrospective: its outcome is shown and nothing is registered", async () => {
  floors.forEach((floor, i) => {
    write(`seed-${i}`, STEPS, floor);
  });
  await importing();
  const answer = await forecastRecorded({ home, run: "seed-3", measures: ["val_*"], cutoff: 400, target: "final" });
  expect(answer).toMatchObject({ registered: false, why: "the workspace has the run up to step 1000" });
  expect(answer.cohort).not.toContain("seed-3");
  expect(answer.measures[0].outcome).toBeCloseTo(2.33, 1);
  expect((await Workspace.open(home)).ledger("other").find()).toEqual([]);
});

test("what lies after the cutoff changes no forecast", async () => {
  floors.forEach((floor, i) => {
    write(`seed-${i}`, STEPS, floor);
  });
  write("young", STEPS, 2.55);
  await importing();
  const ask = { home, run: "young", measures: ["val_loss"], cutoff: 400, target: "final" as const };
  const before = await forecastRecorded(ask);
  const file = path.join(folder, "runs", "young.csv");
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(/1000,.*/, "1000,77"));
  await importing();
  const after = await forecastRecorded({ ...ask, despite: true });
  expect(after.measures[0].outcome).toBe(77);
  expect(after.measures[0].forecasts).toEqual(before.measures[0].forecasts);
  expect(after.dataHash).toBe(before.dataHash);
});

test("a run without others is continued from its own curve, and says so", async () => {
  write("alone", [10, 20, 40, 80, 160, 320, 640], 2.5);
  await importing();
  const answer = await forecastRecorded({ home, run: "alone", measures: ["val_loss"], target: 1280 });
  expect(answer.cohort).toEqual([]);
  expect(answer.measures[0].forecasts.map(({ method }) => method)).toEqual(["own curve, no other run"]);
  const { distribution } = answer.measures[0].forecasts[0];
  expect(distributionQuantile(distribution, 0.05)).toBeLessThan(2.52);
  expect(distributionQuantile(distribution, 0.95)).toBeGreaterThan(2.52);
});

test("an unknown measure, a cutoff beyond the target, and no way to know the end are refused with the way out", async () => {
  write("alone", STEPS, 2.5);
  await importing();
  const ask = { home, run: "alone", target: "final" as const };
  await expect(forecastRecorded({ ...ask, measures: ["acc"] })).rejects.toThrow("it has val_loss");
  await expect(forecastRecorded({ ...ask, measures: ["val_loss"], cutoff: 2000 })).rejects.toThrow(
    "choose another --at",
  );
});
