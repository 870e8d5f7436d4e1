/**
 * @file The points of a scaling fit: size, amount of data and loss of models, from recorded runs or from a table of them.
 *
 * What cannot take part (no size, a loss that is not positive and finite) is named with its reason. Errors: MEASURE_UNKNOWN,
 * COLUMN_UNKNOWN, TABLE_INVALID, and DATA_UNKNOWN for an amount of data that runs do not state.
 */
import { readFile } from "node:fs/promises";
import { type MeasuredSeries, OntogenyError, type RecordedRun } from "../../core/index.ts";
import { guessDelimiter, splitCsvRecord } from "../../formats/index.ts";
import type { ScalingPoint } from "../../science/index.ts";
import { matchesPattern } from "../recorded/listRuns.ts";
import { type Exclusion, maybeSize } from "../recorded/trajectories.ts";

export interface ScalingPoints {
  readonly points: readonly ScalingPoint[];
  readonly measure: string;
  /** Where sizes and amounts of data come from, for people. */
  readonly sizesAre: string;
  readonly dataAre: string;
  readonly excluded: readonly Exclusion[];
}

export interface RunPointsOptions {
  readonly measure: string;
  /** "from-name" (default), or a key of the configuration. */
  readonly size?: string;
  /** "step" (default), another measure of the run, or a key of the configuration. */
  readonly data?: string;
  /** "final": each run's last value; "all": every value after step 0. */
  readonly which: "final" | "all";
}

export function scalingPointsOfRuns(runs: readonly RecordedRun[], options: RunPointsOptions): ScalingPoints {
  const { size: sizeFrom = "from-name", data: dataFrom = "step", which } = options;
  const excluded: Exclusion[] = [];
  const points: ScalingPoint[] = [];
  const origins = new Set<string>();
  const measure = theMeasure(runs, options.measure);
  for (const run of runs) {
    const series = run.series.get(measure);
    if (series === undefined) {
      excluded.push({ what: run.name, why: `has no ${measure}` });
      continue;
    }
    const size = sizeOf(run, sizeFrom);
    if (size === undefined) {
      excluded.push({
        what: run.name,
        why: sizeFrom === "from-name" ? "its name tells no size" : `states no ${sizeFrom}`,
      });
      continue;
    }
    origins.add(size.origin);
    const indices = series.steps.map((_, i) => i).filter((i) => series.steps[i] > 0 || which === "final");
    const kept = indices.filter((i) => series.values[i] > 0 && Number.isFinite(series.values[i]));
    if (kept.length < indices.length)
      excluded.push({ what: `${indices.length - kept.length} values of ${run.name}`, why: "not positive and finite" });
    for (const i of which === "final" ? kept.slice(-1) : kept) {
      const data = dataAt(run, series, i, dataFrom, which);
      if (data > 0) points.push({ run: run.name, size: size.value, data, loss: series.values[i] });
      else excluded.push({ what: `step ${series.steps[i]} of ${run.name}`, why: `${dataFrom} is ${data} there` });
    }
  }
  return { points, measure, sizesAre: [...origins].join("; ") || "unknown", dataAre: dataFrom, excluded };
}

export interface TablePointsOptions {
  readonly path: string;
  readonly measure: string;
  readonly size: string;
  /** A column of amounts of data, or of training compute: then data = compute / (6 · size). */
  readonly data: { readonly column: string } | { readonly compute: string };
  /** Column that tells which rows belong to one run; absent: each row is one. */
  readonly run?: string;
  /** Only rows with this text in this column. */
  readonly where?: readonly { readonly column: string; readonly text: string }[];
}

/** Rows of a CSV file with a header, one model a row. */
export async function scalingPointsOfTable(options: TablePointsOptions): Promise<ScalingPoints> {
  const { path, measure, size, data, run, where = [] } = options;
  const rows = await readTable(path);
  const [header] = rows;
  const place = (column: string): number => {
    const at = header.indexOf(column);
    if (at >= 0) return at;
    throw new OntogenyError(
      "COLUMN_UNKNOWN",
      `Table: expected one of the columns ${header.slice(0, 30).join(", ")}, got "${column}"`,
      { path },
    );
  };
  const [lossAt, sizeAt] = [place(measure), place(size)];
  const dataAtColumn = place("column" in data ? data.column : data.compute);
  const runAt = run === undefined ? undefined : place(run);
  const filters = where.map(({ column, text }) => ({ at: place(column), text }));
  const excluded: Exclusion[] = [];
  const points: ScalingPoint[] = [];
  for (const [index, row] of rows.slice(1).entries()) {
    if (!filters.every(({ at, text }) => row[at] === text)) continue;
    const amount = numberOf(row[dataAtColumn]);
    const point = {
      run: runAt === undefined ? `row ${index + 2}` : (row[runAt] ?? ""),
      size: numberOf(row[sizeAt]),
      data: "column" in data ? amount : amount / (6 * numberOf(row[sizeAt])),
      loss: numberOf(row[lossAt]),
    };
    const wrong = (["size", "data", "loss"] as const).find(
      (key) => !(point[key] > 0 && point[key] < Number.POSITIVE_INFINITY),
    );
    if (wrong === undefined) points.push(point);
    else excluded.push({ what: `row ${index + 2}`, why: `${wrong} is not positive and finite` });
  }
  const dataAre = "column" in data ? data.column : `${data.compute} / (6 · ${size})`;
  return { points, measure, sizesAre: size, dataAre, excluded };
}

async function readTable(path: string): Promise<string[][]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new OntogenyError("TABLE_INVALID", "Table: expected a CSV file that can be read, got none", { path, cause });
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const delimiter = guessDelimiter(lines[0] ?? "");
  const rows: string[][] = [];
  let open = "";
  for (const line of lines) {
    const record = open === "" ? line : `${open}\n${line}`;
    const fields = splitCsvRecord(record, delimiter);
    open = fields === undefined ? record : "";
    if (fields !== undefined && record !== "") rows.push(fields);
  }
  if (open !== "" || rows.length < 2)
    throw new OntogenyError(
      "TABLE_INVALID",
      `Table: expected a header and rows of values, got ${open === "" ? `${rows.length} lines` : "a quote that does not close"}`,
      { path },
    );
  return rows;
}

/** NaN for what is no number; an empty field is none. */
function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === "" ? Number.NaN : Number(text);
}

function sizeOf(run: RecordedRun, from: string): { value: number; origin: string } | undefined {
  if (from !== "from-name") {
    const value = run.configuration[from];
    return typeof value === "number" && value > 0 ? { value, origin: from } : undefined;
  }
  const value = maybeSize(run);
  return value === undefined ? undefined : { value, origin: "the configuration or the name" };
}

function dataAt(run: RecordedRun, series: MeasuredSeries, i: number, from: string, which: "final" | "all"): number {
  const step = series.steps[i];
  if (from === "step") return step;
  const other = run.series.get(from);
  if (other !== undefined) {
    const at = other.steps.findLastIndex((one) => one <= step);
    return at < 0 ? Number.NaN : other.values[at];
  }
  const value = run.configuration[from];
  if (typeof value === "number" && which === "final") return value;
  throw new OntogenyError(
    "DATA_UNKNOWN",
    `Amount of data "${from}" of run ${run.name}: expected step, a measure, or (for final values) a number of its configuration, got ${value === undefined ? "nothing of that name" : which === "all" ? "one number for all its steps" : "text"}; see \`ontogeny show\``,
  );
}

/** The measure of this name, or the only one that the pattern, or a part of its name, means. */
function theMeasure(runs: readonly RecordedRun[], text: string): string {
  const known = [...new Set(runs.flatMap(({ series }) => [...series.keys()]))];
  if (known.includes(text)) return text;
  const near = known.filter((name) => matchesPattern(name, text.includes("*") ? text : `*${text}*`));
  if (near.length === 1) return near[0];
  const shown = (near.length > 0 ? near : known).slice(0, 8);
  throw new OntogenyError(
    "MEASURE_UNKNOWN",
    `Scaling: expected one measure of these runs, got "${text}", which means ${near.length === 0 ? "none" : near.length}; ${shown.length === 0 ? "they have none" : `there are ${shown.join(", ")}${(near.length > 0 ? near : known).length > shown.length ? ", …" : ""}`}`,
  );
}
