import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ImportedSeries } from "../../formats/index.ts";
import { openLens, Workspace } from "../../store/index.ts";
import { listRuns, matchesPattern, selectRun, selectRuns } from "./listRuns.ts";
import { loadRuns } from "./loadRuns.ts";
import { reduceSeries } from "./reduceSeries.ts";

let home: string;
let workspace: Workspace;

beforeEach(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-recorded-"));
  workspace = await Workspace.open(home);
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

interface Unit {
  readonly unit: string;
  readonly runs: readonly { readonly id: string; readonly name: string; readonly startedAtMs?: number }[];
  readonly parts: readonly (readonly ImportedSeries[])[];
}

async function importUnit({ unit, runs, parts }: Unit): Promise<void> {
  const writer = workspace.imports.write(unit, "test");
  for (const part of parts) await writer.addPart(part);
  await writer.commit({
    id: unit,
    bridge: "tfevents",
    where: `/from/${unit}`,
    sources: [],
    companions: [],
    state: null,
    complete: true,
    skipped: [],
    runs: runs.map((run) => ({
      key: run.id,
      configuration: { lr: 0.1 },
      tags: {},
      status: "unknown" as const,
      contexts: [{ evaluator: unit }],
      files: [`${unit}.log`],
      measures: parts
        .flat()
        .flatMap(({ run: id, measure, columns }) =>
          id === run.id ? [{ name: measure, points: columns.step.length }] : [],
        ),
      ...run,
    })),
  });
  writer.release();
}

function series(run: string, measure: string, rows: readonly (readonly [step: number, value: number])[], more = {}) {
  return {
    run,
    measure,
    columns: {
      step: Float64Array.from(rows, ([step]) => step),
      value: Float64Array.from(rows, ([, value]) => value),
      wallMs: new Float64Array(rows.length).fill(Number.NaN),
      ...more,
    },
  };
}

test("two logs of one run are one run: the later start withdraws what it repeats, and nothing is lost", async () => {
  const context = { context: Int32Array.of(0, 0), file: Int32Array.of(0, 0) };
  // Imported in the wrong order: the starts decide.
  const second = series(
    "i1",
    "loss",
    [
      [20, 2.5],
      [30, 2],
    ],
    context,
  );
  await importUnit({ unit: "b", runs: [{ id: "i1", name: "r", startedAtMs: 2000 }], parts: [[second]] });
  const first = series(
    "i1",
    "loss",
    [
      [10, 4],
      [20, 3],
    ],
    context,
  );
  await importUnit({ unit: "a", runs: [{ id: "i1", name: "r", startedAtMs: 1000 }], parts: [[first]] });
  const [listed, ...rest] = listRuns(workspace);
  expect(rest).toEqual([]);
  const [run] = await loadRuns(workspace, [listed]);
  const loss = run.series.get("loss")!;
  expect([loss.steps, loss.values]).toEqual([
    [10, 20, 30],
    [4, 2.5, 2],
  ]);
  expect(loss.contexts!.map((index) => run.contexts[index].evaluator)).toEqual(["a", "b", "b"]);
  expect(loss.files!.map((index) => run.files[index])).toEqual(["a.log", "b.log", "b.log"]);
  expect(run.raw.get("loss")).toMatchObject({ steps: [10, 20, 20, 30], segments: [0, 0, 1, 1] });
  expect(run.specs.get("loss")).toMatchObject({ direction: "lower", family: "loss" });
});

test("several parts of one unit are one series; only the measures asked for are read", async () => {
  const parts = [
    [series("i1", "loss", [[1, 3]]), series("i1", "acc", [[1, 0.1]])],
    [series("i1", "loss", [[2, 2]]), series("i1", "acc", [[2, 0.2]], { se: Float64Array.of(0.01) })],
  ];
  await importUnit({ unit: "a", runs: [{ id: "i1", name: "r" }], parts });
  const [run] = await loadRuns(workspace, listRuns(workspace), { measures: ["a*"] });
  expect([...run.series.keys()]).toEqual(["acc"]);
  expect(run.series.get("acc")).toMatchObject({ values: [0.1, 0.2], ses: [Number.NaN, 0.01] });
});

test("a chart of a series sees every part of it, and what is not finite", async () => {
  const rows = (from: number) =>
    Array.from({ length: 500 }, (_, i): [number, number] => [from + i, i === 250 ? Number.NaN : i]);
  await importUnit({
    unit: "a",
    runs: [{ id: "i1", name: "r" }],
    parts: [[series("i1", "loss", rows(0))], [series("i1", "loss", rows(500))]],
  });
  const [listed] = listRuns(workspace);
  const reduced = await reduceSeries(workspace, listed, "loss", { pixels: 10 });
  expect(reduced.total).toBe(1000);
  expect(reduced.nonFinite.map(({ nan }) => nan)).toEqual([1, 1]);
  expect([reduced.steps[0], reduced.steps.at(-1)]).toEqual([0, 999]);
  await expect(reduceSeries(workspace, listed, "lass", { pixels: 10 })).rejects.toThrow("ontogeny show");
});

test("SQL sees imported runs beside the lab's, what is not stated as NULL, NaN as NaN", async () => {
  const one = series(
    "i1",
    "loss",
    [
      [1, 3],
      [2, Number.NaN],
    ],
    { se: Float64Array.of(0.5, Number.NaN) },
  );
  await importUnit({ unit: "a", runs: [{ id: "i1", name: "my run" }], parts: [[one]] });
  const lens = await openLens(workspace);
  try {
    expect(lens.problems).toEqual([]);
    expect((await lens.query("SELECT * EXCLUDE (run) FROM points ORDER BY step")).rows).toEqual([
      [1, null, "loss", 3, 0.5, null, 0],
      [2, null, "loss", Number.NaN, null, null, 0],
    ]);
    expect((await lens.query("SELECT run, name, format, step, configuration->>'lr' FROM runs")).rows).toEqual([
      ["i1", "my run", "tfevents", 2, "0.1"],
    ]);
  } finally {
    lens.close();
  }
});

test("runs are chosen by id, name, whole parts of the name, or a pattern; what means nothing is refused", async () => {
  const names = ["v1/pythia-70m/zero-shot", "v1/pythia-70m-deduped/zero-shot", "v0/pythia-70m/five-shot"];
  await importUnit({ unit: "a", runs: names.map((name, i) => ({ id: `i${i}abcdef`, name })), parts: [] });
  const runs = listRuns(workspace);
  const chosen = (...selectors: string[]) => selectRuns(runs, selectors).map(({ name }) => name);
  expect(chosen()).toHaveLength(3);
  expect(chosen("pythia-70m")).toEqual([names[2], names[0]]);
  expect(chosen("v1/pythia-70m", "five-shot")).toEqual([names[2], names[0]]);
  expect(chosen("*deduped*")).toEqual([names[1]]);
  expect(chosen("i1ab")).toEqual([names[1]]);
  expect(() => chosen("pythia-7")).toThrow("near: v0/pythia-70m/five-shot");
  expect(() => selectRun(runs, "pythia-70m")).toThrow("expected one run, got 2");
  expect(matchesPattern("a.b", "a.b") && !matchesPattern("axb", "a.b")).toBe(true);
});
