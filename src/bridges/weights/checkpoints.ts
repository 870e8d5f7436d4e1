/**
 * @file Which safetensors files are checkpoints of one trajectory, and at which step each is.
 *
 * By names alone: the step stands in the file's name or in a folder's (`checkpoint-500/model.safetensors`,
 * `step-000000500.safetensors`), what is left of the path is the trajectory. Shards (`model-00001-of-00004.safetensors`) are
 * one checkpoint, and none where one of them is missing. Files without a step are left out and named, never guessed.
 */

import type { SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";
import { maybeBareNumber, maybeStepInFolders, maybeStepInName, trajectoryOf } from "../stepNames.ts";

export interface CheckpointFiles {
  readonly step: number;
  /** One, or all shards, by name. */
  readonly files: readonly SourceFile[];
}

export interface CheckpointSeries {
  readonly key: string;
  readonly files: readonly SourceFile[];
  /** `*.safetensors.index.json` of sharded checkpoints. */
  readonly indices: readonly SourceFile[];
}

const SHARD = /-(\d{3,6})-of-(\d{3,6})(?=\.safetensors$)/;
const INDEX = /\.safetensors\.index\.json$/;

export function checkpointSeries(tree: SourceTree): CheckpointSeries[] {
  const byKey = new Map<string, { files: SourceFile[]; indices: SourceFile[] }>();
  const indices = new Map<string, SourceFile[]>();
  for (const file of tree.files) if (INDEX.test(file.relative)) pushTo(indices, folderOf(file.relative), file);
  const seenFolders = new Set<string>();
  for (const file of tree.files) {
    if (!/\.safetensors$/.test(file.relative)) continue;
    if (maybeStepOf(file) === undefined) {
      tree.skip(file, "WEIGHTS_WITHOUT_STEP", "neither its name nor its folders' state a step");
      continue;
    }
    const key = keyOf(file);
    const series = byKey.get(key) ?? { files: [], indices: [] };
    byKey.set(key, series);
    series.files.push(file);
    const folder = folderOf(file.relative);
    if (seenFolders.has(folder)) continue;
    seenFolders.add(folder);
    series.indices.push(...(indices.get(folder) ?? []));
  }
  return [...byKey].map(([key, series]) => ({ key, ...series }));
}

export interface FoundCheckpoints {
  /** Ascending. */
  readonly checkpoints: readonly CheckpointFiles[];
  readonly incomplete: readonly { readonly code: string; readonly why: string }[];
}

export function checkpointsOf(files: readonly SourceFile[]): FoundCheckpoints {
  const incomplete: { code: string; why: string }[] = [];
  const byStep = new Map<number, Map<string, SourceFile[]>>();
  for (const file of files) {
    const step = maybeStepOf(file);
    if (step === undefined) continue;
    const copies = byStep.get(step) ?? new Map<string, SourceFile[]>();
    byStep.set(step, copies);
    pushTo(copies, file.relative.replace(SHARD, ""), file);
  }
  const checkpoints: CheckpointFiles[] = [];
  for (const [step, copies] of byStep) {
    const [[name, first], ...others] = [...copies].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [other] of others)
      incomplete.push({ code: "WEIGHTS_STEP_REPEATED", why: `${other}: step ${step} is ${name}` });
    const shards = Number(SHARD.exec(first[0].relative)?.[2] ?? 1);
    if (first.length === shards) checkpoints.push({ step, files: first });
    else incomplete.push({ code: "WEIGHTS_SHARD_MISSING", why: `${name}: ${first.length} of ${shards} files` });
  }
  return { checkpoints: checkpoints.sort((a, b) => a.step - b.step), incomplete };
}

function maybeStepOf({ relative }: SourceFile): number | undefined {
  const whole = relative.replace(SHARD, "");
  const name = whole.slice(whole.lastIndexOf("/") + 1);
  return maybeStepInName(name) ?? maybeStepInFolders(whole) ?? maybeBareNumber(name);
}

function keyOf({ relative }: SourceFile): string {
  const { folder, stem } = trajectoryOf(relative.replace(SHARD, ""));
  return [folder, stem].filter((part) => part !== "").join("/") || "weights";
}

function pushTo(map: Map<string, SourceFile[]>, key: string, file: SourceFile): void {
  const files = map.get(key);
  if (files === undefined) map.set(key, [file]);
  else files.push(file);
}
