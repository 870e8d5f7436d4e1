/**
 * @file 10⁷ imported points in a workspace, and one series of 10⁶ of them reduced to 1,200 pixels: from the files each time,
 * nothing kept. The peer is DuckDB with the same reduction in SQL over the same files, in the same turn.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Rng } from "../../src/core/index.ts";
import type { PointColumns } from "../../src/formats/index.ts";
import { Workspace } from "../../src/store/index.ts";
import { listRuns } from "../../src/study/recorded/listRuns.ts";
import { reduceSeries } from "../../src/study/recorded/reduceSeries.ts";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../harness.ts";

const SERIES = 10;
const POINTS = 1_000_000;
/** Points of each series that are written out together, as an import does. */
const STRETCH = 100_000;
const PIXELS = 1200;
const MEASURE = "train/loss 5";

export async function storedSeriesRows(turns: number): Promise<BenchRow[]> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-bench-"));
  try {
    const workspace = await Workspace.open(home);
    const storingMs = await store(workspace);
    const [run] = listRuns(workspace);
    const { record } = run.imported[0];
    const files = record.parts.map(({ file }) => `'${workspace.imports.partFile(record.id, file)}'`).join(",");
    const duckdb = await DuckDBInstance.create(":memory:", { threads: "2" });
    const connection = await duckdb.connect();
    const width = POINTS / PIXELS;
    const sql = `
      SELECT floor(step / ${width}) AS pixel, min(value), max(value), arg_min(step, value), arg_max(step, value),
        arg_min(value, step), arg_max(value, step)
      FROM read_parquet([${files}]) WHERE measure = '${MEASURE}' GROUP BY pixel`;
    const costs = await alternateCosts(
      [
        { name: "ours", turn: () => timed(() => reduceSeries(workspace, run, MEASURE, { pixels: PIXELS })) },
        { name: "DuckDB", turn: () => timed(() => connection.runAndReadAll(sql)) },
      ],
      turns,
    );
    connection.closeSync();
    const [ours, peer] = [costs.get("ours")!, costs.get("DuckDB")!];
    return [
      {
        suite: "bridges",
        case: "10⁶ of 10⁷ points to 1,200 pixels",
        ours: median(ours),
        peer: median(peer),
        peerName: "DuckDB, two threads",
        ratio: median(ours) / median(peer),
        ratioInterval: ratioInterval(ours, peer),
        goal: 100,
        unit: "ms",
        runs: turns,
        note: `storing the 10⁷ points took ${(storingMs / 1000).toFixed(1)} s`,
      },
    ];
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function store({ imports }: Workspace): Promise<number> {
  const rng = Rng.of(1, "stored series");
  const begun = performance.now();
  const writer = imports.write("ubench", "bench");
  const measures = Array.from({ length: SERIES }, (_, i) => `train/loss ${i}`);
  for (let start = 0; start < POINTS; start += STRETCH) {
    const columns = (): PointColumns => ({
      step: Float64Array.from({ length: STRETCH }, (_, i) => start + i),
      value: Float64Array.from({ length: STRETCH }, () => rng.uniform()),
      wallMs: Float64Array.from({ length: STRETCH }, (_, i) => 1.7e12 + 10 * (start + i)),
    });
    await writer.addPart(measures.map((measure) => ({ run: "ibench", measure, columns: columns() })));
  }
  const run = {
    id: "ibench",
    key: "",
    name: "bench",
    configuration: {},
    tags: {},
    status: "complete" as const,
    contexts: [],
    files: [],
    measures: measures.map((name) => ({ name, points: POINTS })),
  };
  await writer.commit({
    id: "ubench",
    bridge: "bench",
    where: "/bench",
    sources: [],
    companions: [],
    state: null,
    complete: true,
    runs: [run],
    skipped: [],
  });
  writer.release();
  return performance.now() - begun;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
