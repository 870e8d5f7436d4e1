/** @file Scaling from recorded runs and from tables: which points take part, from where sizes and data come, what is refused. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecordedRun } from "../../core/index.ts";
import { scalingOf } from "./scalingOf.ts";
import { scalingPointsOfRuns, scalingPointsOfTable } from "./scalingPoints.ts";

function runOf(
  name: string,
  series: Record<string, [steps: number[], values: number[]]>,
  configuration = {},
): RecordedRun {
  const all = Object.entries(series).map(
    ([measure, [steps, values]]) => [measure, { measure, steps, values }] as const,
  );
  return {
    id: name,
    name,
    format: "table",
    configuration,
    contexts: [],
    files: [],
    specs: new Map(),
    series: new Map(all),
    raw: new Map(),
  };
}

const runs = [
  runOf(
    "sweep/70m",
    {
      "val/loss": [
        [100, 200],
        [4, 3.5],
      ],
      tokens: [
        [90, 200],
        [9e6, 2e7],
      ],
    },
    { tokensSeen: 2e7 },
  ),
  runOf("sweep/160m", {
    "val/loss": [
      [100, 200],
      [3.8, Number.NaN],
    ],
    tokens: [[100], [1e7]],
  }),
  runOf("sweep/unnamed", { "val/loss": [[100], [3]] }),
  runOf("sweep/1b", { "train/loss": [[100], [3]] }),
];

function tableFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "ontogeny-table-")), "points.csv");
  writeFileSync(path, text);
  return path;
}

test("final points are last finite values, with sizes from names and steps as data; what cannot take part is named", () => {
  const { points, measure, excluded } = scalingPointsOfRuns(runs, { measure: "val/*", which: "final" });
  expect(measure).toBe("val/loss");
  expect(points).toEqual([
    { run: "sweep/70m", size: 70e6, data: 200, loss: 3.5 },
    { run: "sweep/160m", size: 160e6, data: 100, loss: 3.8 },
  ]);
  expect(excluded).toEqual([
    { what: "1 values of sweep/160m", why: "not positive and finite" },
    { what: "sweep/unnamed", why: "its name tells no size" },
    { what: "sweep/1b", why: "has no val/loss" },
  ]);
});

test("data may be another measure, at its last value up to the step", () => {
  const { points } = scalingPointsOfRuns(runs, { measure: "val/loss", data: "tokens", which: "all" });
  expect(points.map(({ run, data }) => [run, data])).toEqual([
    ["sweep/70m", 9e6],
    ["sweep/70m", 2e7],
    ["sweep/160m", 1e7],
  ]);
});

test("a measure that means several, and data that a run does not state, are errors that list what there is", () => {
  expect(() => scalingPointsOfRuns(runs, { measure: "loss", which: "final" })).toThrow(
    'expected one measure of these runs, got "loss", which means 2; there are val/loss, train/loss',
  );
  expect(() =>
    scalingPointsOfRuns(runs.slice(0, 1), { measure: "val/loss", data: "tokensSeen", which: "all" }),
  ).toThrow("one number for all its steps");
});

test("a table's rows: compute is turned into data, rows are filtered, bad numbers are named by their line", async () => {
  const path = tableFile(
    '"Model Size",Training FLOP,loss,set\n1e8,6e18,3,a\n2e8,6e18,2.9,b\n1e8,,2.8,a\n"1e9",6e19,2.5,a\n',
  );
  const found = await scalingPointsOfTable({
    path,
    measure: "loss",
    size: "Model Size",
    data: { compute: "Training FLOP" },
    where: [{ column: "set", text: "a" }],
  });
  expect(found.points).toEqual([
    { run: "row 2", size: 1e8, data: 1e10, loss: 3 },
    { run: "row 5", size: 1e9, data: 1e10, loss: 2.5 },
  ]);
  expect(found.excluded).toEqual([{ what: "row 4", why: "data is not positive and finite" }]);
  await expect(
    scalingPointsOfTable({ path, measure: "los", size: "Model Size", data: { column: "loss" } }),
  ).rejects.toThrow('expected one of the columns Model Size, Training FLOP, loss, set, got "los"');
});

test("the whole answer from a table: parameters of the law that made it, a forecast, scale transfer, the highest losses dropped", async () => {
  const rows = [1e7, 2e7, 5e7, 1e8, 3e8, 8e8].flatMap((size, s) =>
    [5, 20, 60].map((perParameter, d) => {
      const data = size * perParameter;
      const loss = 1.8 + 400 / size ** 0.34 + 2000 / data ** 0.37;
      return `${size},${data},${loss * (1 + 0.002 * Math.sin(7 * s + 3 * d))}`;
    }),
  );
  const path = tableFile(`n,d,l\n${rows.join("\n")}\n1e7,1e9,90\n`);
  const answer = await scalingOf({
    table: { path, measure: "l", size: "n", data: { column: "d" } },
    dropHighest: 1,
    draws: 100,
    predict: [{ size: 7e9, data: 1.4e11 }],
  });
  expect(answer.points).toBe(18);
  expect(answer.fit!.terms).toEqual(["size", "data"]);
  const { low, high } = answer.fit!.estimates[0].estimate;
  expect(low).toBeLessThan(1.8);
  expect(high).toBeGreaterThan(1.8);
  const truth = 1.8 + 400 / 7e9 ** 0.34 + 2000 / 1.4e11 ** 0.37;
  const { quantiles } = answer.forecasts[0].distribution;
  expect(quantiles[13] / truth).toBeGreaterThan(0.97);
  expect(quantiles[13] / truth).toBeLessThan(1.03);
  expect(answer.transfer!.targetSizes).toEqual([8e8]);
  expect(answer.refusals).toEqual([]);
});

test("two sizes at one amount of data: neither a law nor a transfer, each with its reason", async () => {
  const path = tableFile("n,d,l\n1e7,1e9,4\n1e8,1e9,3\n");
  const answer = await scalingOf({ table: { path, measure: "l", size: "n", data: { column: "d" } } });
  expect(answer.fit).toBeUndefined();
  expect(answer.transfer).toBeUndefined();
  expect(answer.refusals.map(({ what }) => what)).toEqual(["term of data", "fit", "scale transfer"]);
});
