/**
 * @file MLflow's database (`mlflow.db`, or any SQLite file with its tables): the database is a unit, each run in it a run.
 *
 * Read in place and without a lock: what a write-ahead log has committed is included, what an unfinished transaction changed is
 * not (its rollback journal says what was there before). A commit in the middle of the reading is counted
 * (SQLITE_CHANGED_WHILE_READ); the next import then reads again. Always read whole, since rows may be updated, deleted and
 * restored in place. Deleted runs and runs of deleted experiments are counted. NaN is is_nan, ±∞ what MLflow stores for it
 * (±1.797e308). Source: mlflow/store/tracking/dbmodels/models.py, sqlalchemy_store.py.
 */
import { knownMeasure } from "../../core/index.ts";
import { isSqlite, SqliteDatabase, type SqliteValue } from "../../formats/index.ts";
import type { Bridge, ImportSink, ImportUnit, RunSink, SeriesSink, SourceFile, SourceTree } from "../bridge.ts";
import { RandomAccessFile } from "../randomAccess.ts";
import { SkipCounter } from "../skipCounter.ts";
import { factsOf, isDocument, parameterValue } from "./runFacts.ts";

const METRIC_COLUMNS = ["key", "value", "timestamp", "run_uuid", "step", "is_nan"];
const NEEDED_COLUMNS = METRIC_COLUMNS.slice(0, 4);
/** Each is held in memory while the database is read. */
const RUNS_AT_MOST = 200_000;
const SERIES_AT_MOST = 200_000;
/** MLflow's own limit is 250. */
const NAME_CHARACTERS_AT_MOST = 4096;
const ROWS_BETWEEN_DRAINS = 50_000;
/** What MLflow writes for ±∞: the largest double. */
const STANDS_FOR_INFINITY = Number.MAX_VALUE;

export const mlflowDatabaseBridge: Bridge = {
  format: "mlflow-db",
  title: "MLflow databases (SQLite)",
  segmentsAre: "repetitions",
  claim,
  async read(unit, { sink }) {
    const skips = new SkipCounter();
    await withDatabase(unit, skips, async (database, bytesRead) => {
      const runs = describeRuns(database, sink, skips);
      describeMore(database, runs);
      await readMetrics(database, runs, skips, async () => {
        skips.flush(sink);
        await sink.drain(bytesRead());
      });
      if (!database.pages.isUnchanged())
        skips.add("SQLITE_CHANGED_WHILE_READ", () => `${unit.key}: a commit in the meantime; import again`);
      skips.flush(sink);
      await sink.drain(bytesRead());
    });
    return undefined;
  },
};

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const byPath = new Map(tree.files.map((file) => [file.relative, file]));
  const units: ImportUnit[] = [];
  for (const file of tree.files) {
    if (!isSqlite(await tree.head(file))) continue;
    const companions = ["-wal", "-journal", "-shm"].flatMap((end) => byPath.get(file.relative + end) ?? []);
    const unit = { format: "mlflow-db", key: file.relative, files: [file], companions };
    try {
      const isOurs = await withDatabase(unit, new SkipCounter(), async ({ tables }) => {
        const columns = tables.get("metrics")?.columns?.map(({ name }) => name.toLowerCase()) ?? [];
        return tables.has("runs") && NEEDED_COLUMNS.every((name) => columns.includes(name));
      });
      if (isOurs) units.push(unit);
    } catch (error) {
      tree.skip(file, "SQLITE_INVALID", error instanceof Error ? error.message : String(error));
    }
  }
  return units;
}

async function withDatabase<T>(
  { key, files: [main], companions = [] }: ImportUnit,
  skips: SkipCounter,
  use: (database: SqliteDatabase, bytesRead: () => number) => Promise<T>,
): Promise<T> {
  const opened: RandomAccessFile[] = [];
  const open = (file: SourceFile) => {
    opened.push(new RandomAccessFile(file));
    return opened.at(-1)!;
  };
  const beside = (end: string) => {
    const file = companions.find(({ relative }) => relative === main.relative + end);
    return file && open(file);
  };
  try {
    const files = { main: open(main), wal: beside("-wal"), journal: beside("-journal") };
    const database = new SqliteDatabase(files, (what) => skips.add("SQLITE_DAMAGED", () => `${key}: ${what}`));
    return await use(database, () => opened.reduce((sum, { bytesRead }) => sum + bytesRead, 0));
  } finally {
    for (const file of opened) file.close();
  }
}

interface DatabaseRun {
  readonly sink: RunSink;
  readonly hasName: boolean;
  readonly prefix: string;
  readonly series: Map<string, { readonly sink: SeriesSink; lastStep: number; segment: number }>;
}
/** By MLflow's id; undefined: deleted. */
type Runs = ReadonlyMap<string, DatabaseRun | undefined>;

function describeRuns(database: SqliteDatabase, sink: ImportSink, skips: SkipCounter): Runs {
  const experiments = new Map<string, { name: string | undefined; isDeleted: boolean }>();
  for (const [id, name, stage] of database.rows("experiments", ["experiment_id", "name", "lifecycle_stage"]))
    experiments.set(String(id), { name: textOf(name), isDeleted: stage === "deleted" });
  const runs = new Map<string, DatabaseRun | undefined>();
  const columns = ["run_uuid", "name", "experiment_id", "user_id", "status", "start_time", "lifecycle_stage"];
  for (const [id, name, experimentId, user, status, startTimeMs, stage] of database.rows("runs", columns)) {
    if (typeof id !== "string") continue;
    const experiment = experiments.get(String(experimentId));
    if (stage === "deleted" || experiment?.isDeleted === true) {
      skips.add("MLFLOW_RUN_DELETED", () => id);
      runs.set(id, undefined);
      continue;
    }
    if (runs.size >= RUNS_AT_MOST) {
      skips.add("MLFLOW_TOO_MANY_RUNS", () => `${id}, beyond the first ${RUNS_AT_MOST}`);
      continue;
    }
    const run = sink.run(id);
    run.describe(
      factsOf({
        id,
        name: textOf(name),
        experiment: experiment?.name,
        experimentId: experimentId === null ? undefined : String(experimentId),
        user: textOf(user),
        status,
        startTimeMs,
        parameters: [],
        tags: [],
      }),
    );
    const prefix = experiment?.name === undefined ? "" : `${experiment.name}/`;
    runs.set(id, { sink: run, hasName: textOf(name) !== undefined, prefix, series: new Map() });
  }
  return runs;
}

function describeMore(database: SqliteDatabase, runs: Runs): void {
  for (const [id, key, value] of database.rows("params", ["run_uuid", "key", "value"]))
    if (typeof key === "string" && typeof value === "string")
      runs.get(String(id))?.sink.describe({ configuration: Object.fromEntries([[key, parameterValue(value)]]) });
  for (const [id, key, value] of database.rows("tags", ["run_uuid", "key", "value"])) {
    const run = runs.get(String(id));
    if (run === undefined || typeof key !== "string" || typeof value !== "string" || isDocument(key)) continue;
    run.sink.describe({ tags: Object.fromEntries([[key, value]]) });
    if (key === "mlflow.runName" && !run.hasName && value !== "") run.sink.describe({ name: `${run.prefix}${value}` });
  }
}

async function readMetrics(database: SqliteDatabase, runs: Runs, skips: SkipCounter, drain: () => Promise<void>) {
  let [rows, seriesCount] = [0, 0];
  for (const row of database.rows("metrics", METRIC_COLUMNS)) {
    if (++rows % ROWS_BETWEEN_DRAINS === 0) await drain();
    const [key, stored, timestamp, id, stepOrNull, isNan] = row;
    const run = runs.get(String(id));
    if (run === undefined) {
      if (!runs.has(String(id))) skips.add("MLFLOW_RUN_UNKNOWN", () => `a value of "${key}" in run ${id}`);
      continue;
    }
    const step = integerOf(stepOrNull ?? 0);
    const value = valueOfMetric(stored, isNan);
    const isNamed = typeof key === "string" && key.length <= NAME_CHARACTERS_AT_MOST;
    if (!isNamed || step === undefined || value === undefined) {
      skips.add("MLFLOW_ROW_INVALID", () => row.map((cell) => String(cell).slice(0, 80)).join(" | "));
      continue;
    }
    let series = run.series.get(key);
    if (series === undefined && ++seriesCount > SERIES_AT_MOST) {
      skips.add("MLFLOW_TOO_MANY_MEASURES", () => `"${key}" in run ${id}, beyond the first ${SERIES_AT_MOST} series`);
      continue;
    }
    if (series === undefined) {
      series = { sink: run.sink.series(key, knownMeasure(key)), lastStep: step, segment: 0 };
      run.series.set(key, series);
    }
    if (step < series.lastStep) series.segment += 1;
    series.lastStep = step;
    series.sink.push(step, value, integerOf(timestamp) ?? Number.NaN, series.segment);
  }
}

function valueOfMetric(stored: SqliteValue, isNan: SqliteValue): number | undefined {
  if (isNan === 1 || isNan === 1n) return Number.NaN;
  const value = typeof stored === "bigint" ? Number(stored) : stored;
  if (typeof value !== "number") return undefined;
  return Math.abs(value) >= STANDS_FOR_INFINITY ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
}

/** A column that was added later has its default as text: '0'. */
function integerOf(value: SqliteValue): number | undefined {
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

function textOf(value: SqliteValue): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
