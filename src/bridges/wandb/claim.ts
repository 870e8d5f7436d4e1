/**
 * @file Finds `.wandb` files: by name and by their first bytes, whatever their name, in run folders (`offline-run-…`,
 * `run-…`) and anywhere else.
 *
 * The files of one run id beside each other (a run that was resumed) are one run, read in the order of their folders' names,
 * which begin with the time. A file that is named so and is empty or does not begin as such is reported and left to others.
 */
import { WANDB_HEADER } from "../../formats/index.ts";
import type { ImportUnit, SourceFile, SourceTree } from "../bridge.ts";

const RUN_FOLDER = /^(.*)\/(?:offline-)?run-\d{8}_\d{6}-([^/]+)\/[^/]+$/;
/** In the run's folder; only the first is read, the others are W&B's own and nobody else's. */
const COMPANION_NAMES = ["files/config.yaml", "files/wandb-summary.json", "files/wandb-metadata.json"];

export async function claimWandbFiles(format: string, tree: SourceTree): Promise<ImportUnit[]> {
  const byKey = new Map<string, SourceFile[]>();
  for (const file of tree.files) {
    if (!(await isWandbFile(tree, file))) continue;
    const key = keyOf(file);
    const files = byKey.get(key);
    if (files === undefined) byKey.set(key, [file]);
    else files.push(file);
  }
  const byName = new Map(tree.files.map((file) => [file.relative, file]));
  return [...byKey].map(([key, files]) => {
    files.sort((a, b) => (startOf(a.relative) < startOf(b.relative) ? -1 : 1));
    const companions = files.filter(isInRunFolder).flatMap(({ relative }) => {
      const folder = relative.slice(0, relative.lastIndexOf("/") + 1);
      return COMPANION_NAMES.flatMap((name) => byName.get(folder + name) ?? []);
    });
    return { format, key, files, ...(companions.length > 0 && { companions }) };
  });
}

const isInRunFolder = ({ path }: SourceFile): boolean => RUN_FOLDER.test(slashed(path));
const slashed = (path: string): string => path.replaceAll("\\", "/");

/**
 * Of a run folder: where it lies and the run's id, the same whether the folder itself or one above it is imported; otherwise
 * the file itself.
 */
function keyOf({ path, relative }: SourceFile): string {
  const folder = RUN_FOLDER.exec(slashed(path));
  if (folder === null) return relative;
  const [, parent, id] = folder;
  const root = slashed(path).slice(0, -relative.length - 1);
  if (parent === root) return id;
  return parent.startsWith(`${root}/`) ? `${parent.slice(root.length + 1)}/${id}` : `../${id}`;
}

/** Folders `offline-run-…` and `run-…` in the order of their time. */
function startOf(relative: string): string {
  return relative.replace(/(^|\/)offline-run-(?=\d{8}_\d{6}-)/, "$1run-");
}

async function isWandbFile(tree: SourceTree, file: SourceFile): Promise<boolean> {
  const head = await tree.head(file);
  const isNamed = file.relative.endsWith(".wandb");
  const fits = WANDB_HEADER.every((byte, at) => at >= head.length || head[at] === byte);
  if (fits && head.length >= WANDB_HEADER.length) return true;
  if (!isNamed) return false;
  if (head.length === 0) tree.skip(file, "WANDB_EMPTY", "named like a W&B log, and empty");
  else if (fits) return true;
  else tree.skip(file, "WANDB_DAMAGED", "named like a W&B log, and does not begin with its header (:W&B, version 0)");
  return false;
}
