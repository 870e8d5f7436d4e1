/**
 * @file What in a tree is an MLflow run of the file store, and what of the same store is not: by meta.yaml's own keys, wherever
 * the import's root lies (the store, an experiment, a run, or a folder above).
 *
 * Runs in `.trash` or with lifecycle stage "deleted" (their own or their experiment's), logged models, traces and data sets
 * are not runs: they are taken, counted and named. A run's artifacts are left to the other bridges. Names are data: nothing
 * here opens a path that the scan did not find.
 */

import type { SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";

export interface StoredRun {
  /** Relative; "" where the import's root is the run. */
  readonly folder: string;
  readonly meta: SourceFile;
  readonly experimentMeta?: SourceFile;
  readonly metrics: readonly SourceFile[];
  readonly parameters: readonly SourceFile[];
  readonly tags: readonly SourceFile[];
  readonly others: readonly SourceFile[];
}

export interface LeftOut {
  readonly code: string;
  readonly files: readonly SourceFile[];
  /** How many of what the code says, and where the first is. */
  readonly count: number;
  readonly example: string;
}

export interface StoreTree {
  readonly runs: readonly StoredRun[];
  readonly leftOut: readonly LeftOut[];
}

type Kind = "run" | "experiment" | "model" | "trace";
interface Meta {
  readonly file: SourceFile;
  readonly kind: Kind;
  readonly isDeleted: boolean;
}

export async function findRuns(tree: SourceTree): Promise<StoreTree> {
  const metas = new Map<string, Meta>();
  for (const file of tree.files) {
    if (!/(?:^|\/)meta\.yaml$/.test(file.relative)) continue;
    const meta = metaOf(file, new TextDecoder().decode((await tree.head(file)).subarray(0, 8192)));
    if (meta !== undefined) metas.set(folderOf(file.relative), meta);
  }
  if (metas.size === 0) return { runs: [], leftOut: [] };
  const owned = new Map<string, SourceFile[]>();
  for (const file of tree.files) {
    const owner = ownerOf(folderOf(file.relative), metas);
    if (owner === undefined) continue;
    const files = owned.get(owner);
    if (files === undefined) owned.set(owner, [file]);
    else files.push(file);
  }
  const runs: StoredRun[] = [];
  const leftOut = new Map<string, { files: SourceFile[]; count: number; example: string }>();
  const leave = (code: string, folder: string, files: readonly SourceFile[], count = 1) => {
    const known = leftOut.get(code);
    if (known === undefined) leftOut.set(code, { files: [...files], count, example: folder });
    else {
      known.files.push(...files);
      known.count += count;
    }
  };
  for (const [folder, meta] of metas) {
    const files = owned.get(folder) ?? [];
    const parent = metas.get(folderOf(folder));
    if (meta.kind === "model") leave("MLFLOW_LOGGED_MODEL", folder, files);
    else if (meta.kind === "trace") leave("MLFLOW_TRACE", folder, files);
    else if (meta.kind === "experiment") leaveExperiment(folder, meta, files, metas, leave);
    else if (meta.isDeleted || isInTrash(folder) || (parent?.kind === "experiment" && parent.isDeleted))
      leave("MLFLOW_RUN_DELETED", folder, files);
    else {
      const experiment = parent?.kind === "experiment" ? parent.file : undefined;
      const experimentTags = (owned.get(folderOf(folder)) ?? []).filter(({ relative }) =>
        relative.startsWith(join(folderOf(folder), "tags/")),
      );
      runs.push(storedRun(folder, meta.file, experiment, files, experimentTags));
    }
  }
  return { runs, leftOut: [...leftOut].map(([code, rest]) => ({ code, ...rest })) };
}

function metaOf(file: SourceFile, text: string): Meta | undefined {
  const has = (key: string) => new RegExp(`^${key}:`, "m").test(text);
  const isDeleted = /^lifecycle_stage:\s*['"]?deleted/m.test(text);
  if (has("model_id") && has("source_run_id")) return { file, kind: "model", isDeleted };
  if ((has("run_id") || has("run_uuid")) && has("experiment_id") && has("artifact_uri"))
    return { file, kind: "run", isDeleted };
  if (has("experiment_id") && has("artifact_location")) return { file, kind: "experiment", isDeleted };
  return undefined;
}

/** The nearest folder above that is something; traces have no meta.yaml and lie in their experiment's `traces`. */
function ownerOf(folder: string, metas: ReadonlyMap<string, Meta>): string | undefined {
  for (let at = folder; ; at = folderOf(at)) {
    if (metas.has(at)) return at;
    if (at === "") return undefined;
  }
}

/** What is left of an experiment once its runs and models have their files: its own facts, traces, data sets. */
function leaveExperiment(
  folder: string,
  meta: Meta,
  files: readonly SourceFile[],
  metas: ReadonlyMap<string, Meta>,
  leave: (code: string, folder: string, files: readonly SourceFile[], count?: number) => void,
): void {
  const prefix = join(folder, "");
  const sections = new Map<string, SourceFile[]>();
  for (const file of files) {
    const section = file.relative.slice(prefix.length).split("/")[0];
    if (!/^(?:meta\.yaml|tags|traces|datasets|models)$/.test(section)) continue;
    sections.set(section, [...(sections.get(section) ?? []), file]);
  }
  const traces = sections.get("traces") ?? [];
  const traceFolders = new Set(traces.map(({ relative }) => relative.slice(prefix.length).split("/")[1]));
  if (traces.length > 0) leave("MLFLOW_TRACE", `${prefix}traces`, traces, traceFolders.size);
  const datasets = sections.get("datasets") ?? [];
  if (datasets.length > 0)
    leave(
      "MLFLOW_DATASET",
      `${prefix}datasets`,
      datasets,
      datasets.filter((file) => /\/meta\.yaml$/.test(file.relative)).length,
    );
  const own = [meta.file, ...(sections.get("tags") ?? []), ...(sections.get("models") ?? [])];
  const hasRuns = [...metas].some(([at, { kind }]) => kind === "run" && folderOf(at) === folder);
  if (meta.isDeleted || isInTrash(folder)) leave("MLFLOW_EXPERIMENT_DELETED", folder === "" ? "." : folder, own);
  else if (!hasRuns) leave("MLFLOW_EXPERIMENT_WITHOUT_RUNS", folder === "" ? "." : folder, own);
}

function storedRun(
  folder: string,
  meta: SourceFile,
  experimentMeta: SourceFile | undefined,
  files: readonly SourceFile[],
  experimentTags: readonly SourceFile[],
): StoredRun {
  const prefix = join(folder, "");
  const inSection = (section: string) => files.filter(({ relative }) => relative.startsWith(`${prefix}${section}/`));
  return {
    folder,
    meta,
    ...(experimentMeta === undefined ? {} : { experimentMeta }),
    metrics: inSection("metrics"),
    parameters: inSection("params"),
    tags: inSection("tags"),
    others: [...inSection("inputs"), ...inSection("outputs"), ...(experimentMeta === undefined ? [] : experimentTags)],
  };
}

function isInTrash(folder: string): boolean {
  return folder.split("/").includes(".trash");
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
