import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRun } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { followTree, type ImportOptions, type ImportReport, importTree } from "./importTree.ts";

let folder: string;
let home: string;
let results: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-import-"));
  home = path.join(folder, "home");
  results = path.join(folder, "results");
  fs.mkdirSync(results);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A file as lm-evaluation-harness 0.3 writes it. */
function evaluation(step: number, acc: number, { model = "70m", into = results } = {}): string {
  const file = path.join(into, `${model}_step${step}.json`);
  const body = {
    results: { lambada_openai: { acc, acc_stderr: 0.01, ppl: 30 } },
    versions: { lambada_openai: 0 },
    config: { model: "hf-causal", model_args: `pretrained=EleutherAI/${model},revision=step${step}`, num_fewshot: 0 },
  };
  fs.writeFileSync(file, JSON.stringify(body));
  return file;
}

const never = () => new AbortController().signal;
const importing = (more: Partial<ImportOptions> = {}): Promise<ImportReport> =>
  importTree({ paths: [results], home, signal: never(), ...more });

async function accuracies(): Promise<[number, number][]> {
  const workspace = await Workspace.open(home);
  const [run] = await loadRuns(workspace, [selectRun(listRuns(workspace), "*70m*")]);
  const { steps, values } = run.series.get("lambada_openai/acc")!;
  return steps.map((step, i) => [step, values[i]]);
}

function everyFile(below: string): string[] {
  return fs
    .readdirSync(below, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test("importing again adds nothing, and rewrites nothing", async () => {
  evaluation(1000, 0.2);
  evaluation(2000, 0.3);
  const first = await importing();
  expect(first.units.map(({ action, runs }) => [action, runs[0].added])).toEqual([["read", 4]]);
  const before = everyFile(home).map((file) => [file, fs.statSync(file).mtimeMs]);
  const second = await importing();
  expect(second.units.map(({ action, runs }) => [action, runs[0].added, runs[0].points])).toEqual([
    ["unchanged", 0, 4],
  ]);
  expect(everyFile(home).map((file) => [file, fs.statSync(file).mtimeMs])).toEqual(before);
  expect(await accuracies()).toEqual([
    [1000, 0.2],
    [2000, 0.3],
  ]);
});

test("a folder that grew is read where it grew", async () => {
  evaluation(1000, 0.2);
  await importing();
  evaluation(500, 0.1);
  const report = await importing();
  expect(report.units.map(({ action, runs }) => [action, runs[0].added, runs[0].points])).toEqual([["went on", 2, 4]]);
  expect(await accuracies()).toEqual([
    [500, 0.1],
    [1000, 0.2],
  ]);
});

test("a file that changed replaces what it gave before", async () => {
  evaluation(1000, 0.2);
  const file = evaluation(2000, 0.3);
  await importing();
  evaluation(2000, 0.35);
  fs.utimesSync(file, 1, 2);
  const report = await importing();
  expect(report.units.map(({ action, runs }) => [action, runs[0].points])).toEqual([["read again", 4]]);
  expect(await accuracies()).toEqual([
    [1000, 0.2],
    [2000, 0.35],
  ]);
  const points = everyFile(home).filter((name) => name.endsWith(".parquet"));
  expect(points).toHaveLength(1);
});

test("a file that was only touched is not read again", async () => {
  const file = evaluation(1000, 0.2);
  await importing();
  fs.utimesSync(file, 1, 2);
  expect((await importing()).units.map(({ action }) => action)).toEqual(["unchanged"]);
});

test("a dry run says the same and writes nothing at all", async () => {
  evaluation(1000, 0.2);
  const dry = await importing({ dryRun: true });
  expect(fs.existsSync(home)).toBe(false);
  const real = await importing();
  expect(dry.units).toEqual(real.units);
});

test("a stopped import says so, leaves nothing half, and the next one does the rest", async () => {
  evaluation(1000, 0.2);
  evaluation(1000, 0.5, { model: "160m" });
  const controller = new AbortController();
  const stopping = importing({ signal: controller.signal, progress: ({ done }) => done === 1 && controller.abort() });
  await expect(stopping).rejects.toMatchObject({ code: "STOPPED" });
  const report = await importing();
  expect(report.units.map(({ action }) => action).sort()).toEqual(["unchanged", "went on"]);
  expect(report.units.flatMap(({ runs }) => runs.map(({ points }) => points))).toEqual([2, 2]);
});

test("a stop in the middle of a large log keeps what was read, and the rest is read next time", async () => {
  const rows = Array.from({ length: 300_000 }, (_, step) =>
    JSON.stringify({ step, loss: step / 8, rate: 1 / (step + 1) }),
  );
  fs.writeFileSync(path.join(results, "train.jsonl"), `${rows.join("\n")}\n`);
  const controller = new AbortController();
  const stopping = importing({
    signal: controller.signal,
    progress: ({ points }) => points > 200_000 && controller.abort(),
  });
  await expect(stopping).rejects.toMatchObject({ code: "STOPPED" });
  const [record] = (await Workspace.open(home)).imports.records().records;
  const read = record.parts.reduce((sum, { points }) => sum + points, 0);
  expect(read).toBeGreaterThan(200_000);
  expect([record.complete, read < 2 * rows.length]).toEqual([false, true]);
  const { units } = await importing();
  expect(units).toMatchObject([
    { action: "went on", runs: [{ added: 2 * rows.length - read, points: 2 * rows.length }] },
  ]);
  const workspace = await Workspace.open(home);
  const [run] = await loadRuns(workspace, listRuns(workspace), { measures: ["loss"] });
  const { steps, values } = run.series.get("loss")!;
  expect(steps.every((step, i) => step === i && values[i] === i / 8)).toBe(true);
  expect((await importing()).units.map(({ action }) => action)).toEqual(["unchanged"]);
});

test("a part that was never committed does not count, and is cleared away", async () => {
  evaluation(1000, 0.2);
  const [unit] = (await importing()).units;
  const { imports } = await Workspace.open(home);
  const [id] = imports.unitIds();
  const writer = imports.write(id, "test");
  const columns = { step: Float64Array.of(9), value: Float64Array.of(9), wallMs: Float64Array.of(9) };
  await writer.addPart([{ run: unit.runs[0].id, measure: "lambada_openai/acc", columns }]);
  // As after a crash: the lease is gone, the part is there.
  fs.rmSync(path.join(imports.folder, id, "writers"), { recursive: true });
  expect(await accuracies()).toEqual([[1000, 0.2]]);
  evaluation(2000, 0.3);
  await importing();
  expect(await accuracies()).toEqual([
    [1000, 0.2],
    [2000, 0.3],
  ]);
  expect(everyFile(home).filter((name) => name.endsWith(".parquet"))).toHaveLength(2);
});

test("many small additions become one part, in the order of reading", async () => {
  for (let step = 1; step <= 30; step++) {
    evaluation(step, step / 100);
    await importing();
  }
  expect(await accuracies()).toEqual(Array.from({ length: 30 }, (_, i) => [i + 1, (i + 1) / 100]));
  expect(everyFile(home).filter((name) => name.endsWith(".parquet")).length).toBeLessThanOrEqual(13);
});

test("a source that another import holds is reported, and the others are imported", async () => {
  evaluation(1000, 0.2);
  await importing();
  evaluation(2000, 0.3);
  evaluation(1000, 0.2, { model: "160m" });
  const { imports } = await Workspace.open(home);
  const held = imports.write(imports.unitIds()[0], "somebody else");
  const { units } = await importing();
  expect(units.map(({ action, error }) => [action, error?.code]).sort()).toEqual([
    ["failed", "LEASE_HELD"],
    ["read", undefined],
  ]);
  held.release();
  expect((await importing()).units.map(({ action }) => action).sort()).toEqual(["unchanged", "went on"]);
});

test("names from files lead nowhere: nothing is written outside the workspace", async () => {
  const body = {
    results: { "../../../evil": { acc: 0.5 }, __proto__: { acc: 1 }, constructor: { acc: 0.25 } },
    versions: {},
    config: { model: "hf", model_args: "pretrained=../../../../evil,revision=step5" },
  };
  fs.writeFileSync(path.join(results, "..evil_step5.json"), JSON.stringify(body));
  await importing();
  expect(everyFile(folder).every((file) => file.startsWith(home) || file.startsWith(results))).toBe(true);
  expect(({} as { acc?: unknown }).acc).toBeUndefined();
});

test("links are not followed, and what is not there is an error with the way out", async () => {
  evaluation(1000, 0.2);
  fs.symlinkSync(results, path.join(results, "round"));
  const { leftOut, units } = await importing();
  expect(leftOut.map(({ relative, code }) => [relative, code])).toEqual([["round", "LINK_NOT_FOLLOWED"]]);
  expect(units).toHaveLength(1);
  await expect(importTree({ paths: [path.join(folder, "nowhere")], home, signal: never() })).rejects.toThrow(
    "check the path",
  );
});

test("following brings in what is added, until it is stopped", async () => {
  evaluation(1000, 0.2);
  const controller = new AbortController();
  const seen: string[] = [];
  await followTree({
    paths: [results],
    home,
    signal: controller.signal,
    everyMs: 5,
    onReport: ({ units }) => {
      seen.push(units.map(({ action, runs }) => `${action} ${runs[0].added}`).join());
      if (seen.length === 1) evaluation(2000, 0.3);
      else controller.abort();
    },
  });
  expect(seen).toEqual(["read 2", "went on 2"]);
});
