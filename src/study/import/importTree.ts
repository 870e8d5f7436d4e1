/**
 * @file Imports everything below a path: asks each bridge what is its own, then reads unit by unit.
 *
 * Importing again adds nothing twice; a stop loses at most the unit in hand, which the next import reads again. Files that
 * no bridge knows are counted by the end of their name, those that look damaged are named.
 */
import { BRIDGES, type Bridge, type ColumnMapping, type ImportUnit } from "../../bridges/index.ts";
import { OntogenyError } from "../../core/index.ts";
import { ImportStore, Workspace } from "../../store/index.ts";
import { importUnit, type UnitReport } from "./importUnit.ts";
import { type ScannedTree, scanTree, type TreeSkip } from "./scanTree.ts";

export interface ImportProgress {
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly points: number;
}

export interface ImportOptions {
  /** Files or folders. */
  readonly paths: readonly string[];
  readonly home: string;
  readonly mapping?: ColumnMapping;
  /** Only these bridges, by format; for a file that several could read. */
  readonly formats?: readonly string[];
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
  readonly progress?: (progress: ImportProgress) => void;
}

export interface ImportReport {
  readonly units: readonly UnitReport[];
  /** Files that nobody claimed, by ending: counts and an example each. */
  readonly unknown: readonly { readonly ending: string; readonly count: number; readonly example: string }[];
  /** Files and folders that were left out while looking. */
  readonly leftOut: readonly TreeSkip[];
  readonly files: number;
  readonly bytes: number;
  readonly dryRun: boolean;
}

/** Errors: SOURCE_NOT_FOUND, FORMAT_UNKNOWN, DISK_FULL, WRITE_FAILED, STOPPED. */
export async function importTree(options: ImportOptions): Promise<ImportReport> {
  const { paths, home, mapping, dryRun = false, signal } = options;
  const bridges = bridgesOf(options.formats);
  const store = dryRun
    ? new ImportStore({ folder: `${home}/imported`, clock: Date.now })
    : (await Workspace.open(home)).imports;
  const units: UnitReport[] = [];
  const unknown = new Map<string, { count: number; example: string }>();
  const leftOut: TreeSkip[] = [];
  let files = 0;
  let bytes = 0;
  try {
    for (const target of paths) {
      const tree = await scanTree(target, { mapping, signal });
      files += tree.files.length;
      const found = await claimAll(bridges, tree, signal);
      const sizes = found.map(({ unit }) => unit.files.reduce((sum, file) => sum + file.bytes, 0));
      const bytesTotal = sizes.reduce((a, b) => a + b, 0);
      let before = 0;
      for (const [done, { bridge, unit }] of found.entries()) {
        signal.throwIfAborted();
        const onProgress = (bytesRead: number, points: number) =>
          options.progress?.({
            unit: unit.key,
            done,
            total: found.length,
            bytesRead: before + Math.min(bytesRead, sizes[done]),
            bytesTotal,
            points,
          });
        onProgress(0, 0);
        const owner = "ontogeny import";
        units.push(
          await importUnit({ bridge, unit, root: tree.root, store, mapping, dryRun, owner, signal, onProgress }),
        );
        before += sizes[done];
      }
      bytes += bytesTotal;
      countUnknown(tree, unknown);
      leftOut.push(...tree.skipped);
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new OntogenyError(
      "STOPPED",
      `Import: stopped after ${units.length} units; the same command goes on, and adds nothing twice`,
      { cause },
    );
  }
  return {
    units,
    unknown: [...unknown].map(([ending, seen]) => ({ ending, ...seen })).sort((a, b) => b.count - a.count),
    leftOut,
    files,
    bytes,
    dryRun,
  };
}

/** A large tree takes long to look through: looking takes at most a fifth of the time. */
const PAUSE_TIMES_LOOKING = 4;

/** Imports, then again whenever a file changed, until stopped. Each report holds only what changed. */
export async function followTree(
  options: ImportOptions & { readonly everyMs: number; readonly onReport: (report: ImportReport) => void },
): Promise<void> {
  const { everyMs, onReport, signal } = options;
  let first = true;
  while (!signal.aborted) {
    const begunMs = Date.now();
    const report = await importTree(options);
    const lookingMs = Date.now() - begunMs;
    const units = report.units.filter(({ action }) => action !== "unchanged");
    if (first || units.length > 0) onReport(first ? report : { ...report, units });
    first = false;
    await pause(Math.max(everyMs, PAUSE_TIMES_LOOKING * lookingMs), signal);
  }
}

interface Found {
  readonly bridge: Bridge;
  readonly unit: ImportUnit;
}

async function claimAll(bridges: readonly Bridge[], tree: ScannedTree, signal: AbortSignal): Promise<Found[]> {
  const found: Found[] = [];
  for (const bridge of bridges) {
    signal.throwIfAborted();
    const units = await bridge.claim(tree);
    for (const unit of units) found.push({ bridge, unit });
    tree.take(units.flatMap(({ files, companions = [] }) => [...files, ...companions]));
  }
  return found;
}

function bridgesOf(formats: readonly string[] | undefined): readonly Bridge[] {
  if (formats === undefined) return BRIDGES;
  const unknown = formats.find((format) => BRIDGES.every((bridge) => bridge.format !== format));
  if (unknown !== undefined)
    throw new OntogenyError(
      "FORMAT_UNKNOWN",
      `Import: expected --format to be one of ${BRIDGES.map(({ format }) => format).join(", ")}, got "${unknown}"`,
    );
  return BRIDGES.filter(({ format }) => formats.includes(format));
}

function countUnknown(tree: ScannedTree, into: Map<string, { count: number; example: string }>): void {
  const named = new Set(tree.skipped.map(({ relative }) => relative));
  for (const { relative } of tree.files) {
    if (named.has(relative)) continue;
    const name = relative.slice(relative.lastIndexOf("/") + 1);
    const dot = name.lastIndexOf(".");
    const ending = dot <= 0 ? name : name.slice(dot);
    const seen = into.get(ending);
    if (seen === undefined) into.set(ending, { count: 1, example: relative });
    else seen.count += 1;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
