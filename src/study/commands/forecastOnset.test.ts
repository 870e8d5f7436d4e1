import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { distributionQuantile } from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { importTree } from "../import/importTree.ts";
import { forecastOnset } from "./forecastOnset.ts";

const STEPS = Array.from({ length: 20 }, (_, i) => 100 * (i + 1));
const ONSETS = [500, 600, 600, 700, 800, 900, 1000, 1100, 1300, 1500];
let folder: string;
let home: string;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-onset-"));
  home = path.join(folder, "home");
  fs.mkdirSync(path.join(folder, "runs"));
  ONSETS.forEach((onset, i) => {
    write(`seed-${i}`, onset);
  });
  write("early", 200);
  write("stopped", 5000, 400);
  write("never", 5000);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The weight norm begins where the onset will come. */
function write(name: string, onset: number, until = 2000): void {
  const rows = STEPS.filter((step) => step <= until).map(
    (step, i) =>
      `${step},${step >= onset ? 0.97 + 0.001 * (i % 3) : 0.1 + 0.002 * (i % 5)},${Math.log(onset) + 0.01 * Math.sin(onset + step)}`,
  );
  fs.writeFileSync(path.join(folder, "runs", `${name}.csv`), `step,test_acc,weight_norm\n${rows.join("\n")}\n`);
}

const importing = () => importTree({ paths: [path.join(folder, "runs")], home, signal: new AbortController().signal });
const ask = { run: "young", onset: "test_acc>=0.95", target: 1200 };

test("a run that goes on is forecast from the runs at risk, and registered once", async () => {
  write("young", 900, 300);
  await importing();
  const answer = await forecastOnset({ ...ask, home });
  expect(answer).toMatchObject({ cutoff: 300, registered: true, seq: 0, events: 10, horizon: 2000 });
  expect(answer.outcome).toBeUndefined();
  expect(answer.cohort).toHaveLength(12);
  expect(answer.cohort).not.toContain("early");
  const early = answer.forecasts.find(({ method }) => method === "early measures")!;
  const base = answer.forecasts.find(({ method }) => method === "cohort")!;
  const widthOf = ({ distribution: d }: typeof base) => distributionQuantile(d, 0.95) - distributionQuantile(d, 0.05);
  expect(widthOf(early)).toBeLessThan(widthOf(base));
  expect(early.lead.value).toBeCloseTo(distributionQuantile(early.distribution, 0.5) - 300, 9);
  expect(early.probabilityByTarget).toBeGreaterThan(base.probabilityByTarget);
  expect(answer.record.map(({ method }) => method)).toContain("early measures");
  expect((await forecastOnset({ ...ask, home })).seq).toBe(0);
});

test("a finished run is retrospective, shows when it came, and what came later changes no forecast", async () => {
  write("young", 900, 300);
  await importing();
  const before = await forecastOnset({ ...ask, home });
  write("young", 900);
  await importing();
  const after = await forecastOnset({ ...ask, home, cutoff: 300 });
  expect(after).toMatchObject({ registered: false, outcome: { step: 900 } });
  expect(after.forecasts.map(({ distribution }) => distribution)).toEqual(
    before.forecasts.map(({ distribution }) => distribution),
  );
  expect((await Workspace.open(home)).ledger("other").find()).toHaveLength(1);
});

test("a run that has had it is not at risk; one with too few at risk beside it is refused", async () => {
  write("young", 900);
  await importing();
  await expect(forecastOnset({ ...ask, home })).rejects.toMatchObject({ code: "CUTOFF_INVALID" });
  await expect(forecastOnset({ ...ask, home, cutoff: 1100 })).rejects.toMatchObject({ code: "ALREADY_HAPPENED" });
  const few = { ...ask, home, cutoff: 300, cohort: ["seed-1", "seed-2", "early", "seed-3"] };
  const { excluded, cohort } = await forecastOnset(few);
  expect(cohort).toEqual(["seed-1", "seed-2", "seed-3"]);
  expect(excluded).toEqual([{ what: "early", why: "had reached it by step 300" }]);
  await expect(forecastOnset({ ...few, cohort: ["seed-1", "early"] })).rejects.toMatchObject({ code: "TOO_FEW_UNITS" });
  await expect(forecastOnset({ ...ask, home, onset: "acc>=0.9" })).rejects.toThrow("it has");
});
