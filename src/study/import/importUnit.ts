/**
 * @file Imports one unit: nothing when nothing changed, the rest when its files only grew, all of it anew otherwise.
 *
 * A failure of one unit is its own: it is reported, and what was imported of it before stays. Only a stop, and a disk that
 * cannot be written, end the whole import.
 */
import path from "node:path";
import type { Bridge, ColumnMapping, ImportUnit } from "../../bridges/index.ts";
import { canonicalJson, contentId, type Json, OntogenyError } from "../../core/index.ts";
import type { ImportedSource, ImportRecord, ImportStore, Skip, UnitWriter } from "../../store/index.ts";
import { importedSource, sourceChange } from "./sources.ts";
import { UnitSink } from "./unitSink.ts";

export interface UnitReport {
  readonly format: string;
  /** Absolute path, or one with a name inside. */
  readonly where: string;
  /** Went on: only what was new was read. Read again: the files had changed, and what they gave before was replaced. */
  readonly action: "read" | "went on" | "read again" | "unchanged" | "failed";
  readonly runs: readonly RunReport[];
  readonly skipped: readonly Skip[];
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RunReport {
  readonly id: string;
  readonly name: string;
  readonly measures: number;
  /** Points added now. */
  readonly added: number;
  /** Points there are. */
  readonly points: number;
  /** Steps of what was added; null when nothing was. */
  readonly steps: readonly [first: number, last: number] | null;
}

export interface ImportUnitOptions {
  readonly bridge: Bridge;
  readonly unit: ImportUnit;
  readonly root: string;
  readonly store: ImportStore;
  readonly mapping?: ColumnMapping;
  /** Reads and counts; nothing is written. */
  readonly dryRun: boolean;
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly onProgress: (bytesRead: number, points: number) => void;
}

export async function importUnit(options: ImportUnitOptions): Promise<UnitReport> {
  const { unit, root, store, dryRun, owner } = options;
  const where = path.resolve(root, unit.key);
  const id = `u${contentId([unit.format, where])}`;
  let writer: UnitWriter | undefined;
  try {
    const seen = store.maybeRecord(id);
    const planned = await plan(seen, options);
    if (planned === "unchanged") return reportOf(options, where, "unchanged", seen!);
    writer = dryRun ? undefined : store.write(id, owner);
    const before = writer?.record ?? seen;
    // Another process may have imported it before we had the lease.
    const action = before?.lastAtMs === seen?.lastAtMs ? planned : await plan(before, options);
    if (action === "unchanged") return reportOf(options, where, "unchanged", before!);
    return await read(options, { where, id, writer, before, action });
  } catch (error) {
    if (options.signal.aborted || !(error instanceof OntogenyError) || endsTheImport(error)) throw error;
    const { code, message } = error;
    return { format: unit.format, where, action: "failed", runs: [], skipped: [], error: { code, message } };
  } finally {
    writer?.release();
  }
}

type Plan = "read" | "went on" | "read again" | "unchanged";

async function plan(before: ImportRecord | undefined, { unit, mapping }: ImportUnitOptions): Promise<Plan> {
  if (before === undefined) return "read";
  if (canonicalJson(before.mapping ?? {}) !== canonicalJson(mapping ?? {})) return "read again";
  const known = new Map([...before.sources, ...before.companions].map((source) => [source.path, source]));
  let plan: Plan = before.complete ? "unchanged" : "went on";
  for (const file of [...unit.files, ...(unit.companions ?? [])]) {
    const source = known.get(file.path);
    const change = source === undefined ? "grown" : await sourceChange(source, file);
    if (change === "unchanged") continue;
    const isCompanion = !unit.files.includes(file);
    if (change === "changed" && !isCompanion) return "read again";
    plan = "went on";
  }
  return plan === "went on" && before.state === null ? "read again" : plan;
}

interface Reading {
  readonly where: string;
  readonly id: string;
  readonly writer: UnitWriter | undefined;
  readonly before: ImportRecord | undefined;
  readonly action: Plan;
}

async function read(options: ImportUnitOptions, { where, id, writer, before, action }: Reading): Promise<UnitReport> {
  const { bridge, unit, mapping, signal, onProgress } = options;
  const goesOn = action === "went on";
  const sources = await fingerprints(unit.files);
  const companions = await fingerprints(unit.companions ?? []);
  const gone = goesOn ? (before?.sources.filter(({ path: at }) => sources.every((one) => one.path !== at)) ?? []) : [];
  let isFirstCommit = true;
  const sink = new UnitSink({
    unit,
    where,
    before: goesOn ? before : undefined,
    write: async (series) => writer?.addPart(series),
    commit: async (state) => void (await commit(state, false)),
    onProgress,
    signal,
  });
  const from = goesOn ? (before?.state ?? undefined) : undefined;
  const state = await bridge.read(unit, { sink, from, mapping });
  signal.throwIfAborted();
  await sink.writeOut();
  return reportOf(options, where, action, await commit(state ?? null, true), sink);

  async function commit(state: Json, complete: boolean) {
    const record = {
      id,
      bridge: unit.format,
      where,
      sources: [...gone, ...sources],
      companions,
      state,
      complete,
      ...(mapping === undefined ? {} : { mapping: mappingRecord(mapping) }),
      runs: sink.runRecords(),
      skipped: sink.skipped(),
    };
    await writer?.commit(record, { replacing: !goesOn && isFirstCommit });
    isFirstCommit = false;
    return record;
  }
}

async function fingerprints(files: ImportUnit["files"]): Promise<ImportedSource[]> {
  const made: ImportedSource[] = [];
  for (let i = 0; i < files.length; i += 32)
    made.push(...(await Promise.all(files.slice(i, i + 32).map(importedSource))));
  return made;
}

function mappingRecord(mapping: ColumnMapping): Record<string, string[]> {
  return Object.fromEntries(Object.entries(mapping).map(([meaning, columns]) => [meaning, [...columns]]));
}

function reportOf(
  { unit }: ImportUnitOptions,
  where: string,
  action: UnitReport["action"],
  { runs, skipped }: Pick<ImportRecord, "runs" | "skipped">,
  sink?: UnitSink,
): UnitReport {
  const added = new Map([...(sink?.newPoints() ?? [])].map((run) => [run.id, run]));
  return {
    format: unit.format,
    where,
    action,
    runs: runs.map(({ id, name, measures }) => {
      const run = added.get(id);
      return {
        id,
        name,
        measures: measures.length,
        added: run?.points ?? 0,
        points: measures.reduce((sum, { points }) => sum + points, 0),
        steps: run === undefined || run.points === 0 ? null : [run.firstStep, run.lastStep],
      };
    }),
    skipped,
  };
}

/** These would meet every other unit too. */
function endsTheImport({ code }: OntogenyError): boolean {
  return code === "DISK_FULL" || code === "WRITE_FAILED";
}
