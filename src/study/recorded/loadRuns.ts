/**
 * @file Runs of a workspace as the analyses read them (core/recorded.ts), the lab's and imported ones alike.
 *
 * Errors: PARQUET_INVALID and IMPORT_INVALID for damaged files, MANIFEST_INVALID.
 */
import { BRIDGES } from "../../bridges/index.ts";
import {
  type Json,
  type MeasuredSeries,
  type MeasureSpec,
  type RawSeries,
  type RecordedRun,
  specFor,
} from "../../core/index.ts";
import type { ImportedSeries } from "../../formats/index.ts";
import type { ImportedRun, ImportStore, Workspace } from "../../store/index.ts";
import { pointsOf } from "../commands/trajectoryFromDisk.ts";
import { type ListedRun, matchesPattern } from "./listRuns.ts";
import { viewOf } from "./viewOf.ts";

export interface LoadOptions {
  /** Names or patterns; absent or empty: all. */
  readonly measures?: readonly string[];
}

export async function loadRuns(
  workspace: Workspace,
  runs: readonly ListedRun[],
  options: LoadOptions = {},
): Promise<RecordedRun[]> {
  const loaded: RecordedRun[] = [];
  const units = new Map<string, Promise<readonly ImportedSeries[]>>();
  for (const run of runs)
    loaded.push(
      run.imported.length === 0
        ? await nativeRun(workspace, run, options)
        : await importedRun(workspace.imports, run, options, units),
    );
  return loaded;
}

async function nativeRun(workspace: Workspace, { id, name }: ListedRun, options: LoadOptions): Promise<RecordedRun> {
  const { meaning } = workspace.run(id).manifest();
  const columns = new Map<string, Builder>();
  const unwanted = new Set<string>();
  for (const { measure, step, value, se, n, wallMs } of await pointsOf(workspace, id)) {
    if (unwanted.has(measure)) continue;
    let builder = columns.get(measure);
    if (builder === undefined) {
      // Patterns are matched once a measure, not once a point.
      if (!isWanted(measure, options)) {
        unwanted.add(measure);
        continue;
      }
      builder = newBuilder();
      columns.set(measure, builder);
    }
    push(builder, { step, value, wallMs, se, n });
  }
  const configuration: Record<string, Json> = { organism: meaning.process.organism };
  for (const [factor, values] of Object.entries(meaning.process.factors))
    for (const [key, value] of Object.entries(values)) configuration[`${factor}.${key}`] = value;
  for (const [seed, value] of Object.entries(meaning.seeds)) configuration[`seeds.${seed}`] = value;
  return recordedRun({ id, name, format: "native", configuration, contexts: [], files: [] }, columns, new Map());
}

type Facts = Pick<RecordedRun, "id" | "name" | "format" | "configuration" | "contexts" | "files">;

async function importedRun(
  store: ImportStore,
  { id, name, format, imported }: ListedRun,
  options: LoadOptions,
  units: Map<string, Promise<readonly ImportedSeries[]>>,
): Promise<RecordedRun> {
  const columns = new Map<string, Builder>();
  const contexts: RecordedRun["contexts"][number][] = [];
  const files: string[] = [];
  const configuration: Record<string, Json> = {};
  const specs = new Map<string, Partial<MeasureSpec>>();
  let segment = 0;
  for (const { record, run } of [...imported].sort(byStart)) {
    // A unit may hold thousands of runs: its files are read once.
    const read = units.get(record.id) ?? store.points(record, (_, measure) => isWanted(measure, options));
    if (record.runs.length > 1) units.set(record.id, read);
    let lastSegment = 0;
    for (const one of await read) {
      if (one.run !== id) continue;
      const builder = columns.get(one.measure) ?? newBuilder();
      columns.set(one.measure, builder);
      const { step, value, wallMs, se, n, segment: segments, context, file } = one.columns;
      for (let i = 0; i < step.length; i++) {
        const own = segments?.[i] ?? 0;
        lastSegment = Math.max(lastSegment, own);
        push(builder, {
          step: step[i],
          value: value[i],
          wallMs: wallMs[i],
          se: se?.[i],
          n: n?.[i],
          segment: segment + own,
          context: shifted(context?.[i], contexts.length),
          file: shifted(file?.[i], files.length),
        });
      }
    }
    segment += lastSegment + 1;
    contexts.push(...run.contexts);
    files.push(...run.files);
    Object.assign(configuration, run.configuration);
    for (const { name: measure, spec } of run.measures) if (spec !== undefined) specs.set(measure, spec);
  }
  return recordedRun({ id, name, format, configuration, contexts, files }, columns, specs);
}

function recordedRun(
  facts: Facts,
  columns: ReadonlyMap<string, Builder>,
  stated: ReadonlyMap<string, Partial<MeasureSpec>>,
): RecordedRun {
  const series = new Map<string, MeasuredSeries>();
  const raw = new Map<string, RawSeries>();
  const specs = new Map<string, Partial<MeasureSpec>>();
  const segmentsAre = BRIDGES.find((bridge) => bridge.format === facts.format)?.segmentsAre;
  for (const measure of [...columns.keys()].sort()) {
    const whole = finished(measure, columns.get(measure)!);
    const view = viewOf(whole, segmentsAre);
    series.set(measure, view.series);
    if (view.leftOut > 0 || whole.segments.some((segment) => segment > 0)) raw.set(measure, whole);
    const spec = { ...specFor(measure, view.series.values), ...stated.get(measure) };
    if (Object.keys(spec).length > 0) specs.set(measure, spec);
  }
  return { ...facts, specs, series, raw };
}

interface Row {
  readonly step: number;
  readonly value: number;
  readonly wallMs: number;
  readonly se?: number;
  readonly n?: number;
  readonly segment?: number;
  readonly context?: number;
  readonly file?: number;
}

interface Builder {
  readonly steps: number[];
  readonly values: number[];
  readonly wallMs: number[];
  readonly ses: number[];
  readonly ns: number[];
  readonly segments: number[];
  readonly contexts: number[];
  readonly files: number[];
}

function newBuilder(): Builder {
  return { steps: [], values: [], wallMs: [], ses: [], ns: [], segments: [], contexts: [], files: [] };
}

function push(builder: Builder, row: Row): void {
  builder.steps.push(row.step);
  builder.values.push(row.value);
  builder.wallMs.push(row.wallMs);
  builder.ses.push(row.se ?? Number.NaN);
  builder.ns.push(row.n ?? Number.NaN);
  builder.segments.push(row.segment ?? 0);
  builder.contexts.push(row.context ?? -1);
  builder.files.push(row.file ?? -1);
}

/** Columns in which nothing is stated are left out. */
function finished(measure: string, { steps, values, segments, ...rest }: Builder): RawSeries {
  const { ses, ns, wallMs, contexts, files } = rest;
  const states = (column: readonly number[]) => column.some((value) => !Number.isNaN(value));
  const names = (column: readonly number[]) => column.some((index) => index >= 0);
  return {
    measure,
    steps,
    values,
    segments,
    ...(states(ses) ? { ses } : {}),
    ...(states(ns) ? { ns } : {}),
    ...(states(wallMs) ? { wallMs } : {}),
    ...(names(contexts) ? { contexts } : {}),
    ...(names(files) ? { files } : {}),
  };
}

const shifted = (index: number | undefined, by: number): number => (index === undefined || index < 0 ? -1 : index + by);

const byStart = (a: ImportedRun, b: ImportedRun): number =>
  (a.run.startedAtMs ?? a.record.firstAtMs) - (b.run.startedAtMs ?? b.record.firstAtMs);

function isWanted(measure: string, { measures = [] }: LoadOptions): boolean {
  return measures.length === 0 || measures.some((pattern) => matchesPattern(measure, pattern));
}
