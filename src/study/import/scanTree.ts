/**
 * @file Finds the files below a path, for the bridges to claim.
 *
 * Reads names, sizes and first bytes only. Links are not followed (a link may lead out of the tree, or round in it): they
 * are reported, as is what cannot be read, and everything beyond `limit` files.
 */
import fs from "node:fs";
import path from "node:path";
import type { ColumnMapping, SourceFile, SourceTree } from "../../bridges/index.ts";
import { OntogenyError } from "../../core/index.ts";

const HEAD_BYTES = 65_536;
/** Of first bytes kept in memory; with more files, the oldest are read again when asked for. */
const HEADS_KEPT_BYTES = 64 * 2 ** 20;
/** Folders that hold programs, not results. */
const NOT_ENTERED = new Set(["node_modules", ".git", ".ontogeny", "__pycache__", ".venv", "venv", "site-packages"]);

export interface TreeOptions {
  readonly mapping?: ColumnMapping;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface TreeSkip {
  readonly relative: string;
  readonly code: string;
  readonly why: string;
}

export class ScannedTree implements SourceTree {
  readonly root: string;
  readonly mapping: ColumnMapping | undefined;
  readonly skipped: TreeSkip[] = [];
  private present: readonly SourceFile[];
  private readonly heads = new Map<string, Uint8Array>();
  private headBytes = 0;
  private readonly reasons = new Set<string>();

  constructor(root: string, files: readonly SourceFile[], mapping?: ColumnMapping) {
    this.root = root;
    this.present = files;
    this.mapping = mapping;
  }

  get files(): readonly SourceFile[] {
    return this.present;
  }

  /** Takes claimed files out, so that later bridges do not see them. */
  take(files: Iterable<SourceFile>): void {
    const taken = new Set([...files].map((file) => file.path));
    this.present = this.present.filter((file) => !taken.has(file.path));
  }

  async head(file: SourceFile): Promise<Uint8Array> {
    const known = this.heads.get(file.path);
    if (known !== undefined) return known;
    const head = await readStart(file.path).catch((error) => {
      this.skip(file, "UNREADABLE", error instanceof Error ? error.message : String(error));
      return new Uint8Array();
    });
    this.heads.set(file.path, head);
    this.headBytes += head.length;
    for (const [path, oldest] of this.heads) {
      if (this.headBytes <= HEADS_KEPT_BYTES) break;
      this.heads.delete(path);
      this.headBytes -= oldest.length;
    }
    return head;
  }

  skip({ relative }: Pick<SourceFile, "relative">, code: string, why: string): void {
    // Several bridges may look at one file.
    const reason = `${code} ${relative}`;
    if (this.reasons.has(reason)) return;
    this.reasons.add(reason);
    this.skipped.push({ relative, code, why });
  }
}

/** Errors: SOURCE_NOT_FOUND. */
export async function scanTree(target: string, { mapping, limit = 1_000_000, signal }: TreeOptions = {}) {
  const stat = fs.statSync(target, { throwIfNoEntry: false });
  if (stat === undefined || !(stat.isFile() || stat.isDirectory()))
    throw new OntogenyError(
      "SOURCE_NOT_FOUND",
      `Import: expected a file or folder, got ${stat === undefined ? "nothing" : "neither"} at "${target}"; check the path`,
    );
  const real = fs.realpathSync(target);
  const files: SourceFile[] = [];
  const left: TreeSkip[] = [];
  const root = stat.isFile() ? path.dirname(real) : real;
  if (stat.isFile()) files.push(sourceFile(root, real));
  else walk(real);
  const tree = new ScannedTree(root, files, mapping);
  tree.skipped.push(...left);
  return tree;

  function walk(folder: string): void {
    signal?.throwIfAborted();
    const skip = (at: string, code: string, why: string) => left.push({ relative: relativeOf(root, at), code, why });
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      skip(folder, "UNREADABLE", error instanceof Error ? error.message : String(error));
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const at = path.join(folder, entry.name);
      if (entry.isSymbolicLink()) skip(at, "LINK_NOT_FOLLOWED", "a link; import what it points to by its own path");
      else if (entry.isDirectory()) {
        if (NOT_ENTERED.has(entry.name)) skip(at, "FOLDER_NOT_ENTERED", "holds programs, not results");
        else walk(at);
      } else if (!entry.isFile()) skip(at, "NOT_A_FILE", "neither file nor folder");
      else if (files.length >= limit) {
        skip(at, "TOO_MANY_FILES", `beyond the first ${limit} files; import a smaller folder`);
        return;
      } else {
        try {
          files.push(sourceFile(root, at));
        } catch (error) {
          skip(at, "UNREADABLE", error instanceof Error ? error.message : String(error));
        }
      }
    }
  }
}

function sourceFile(root: string, at: string): SourceFile {
  const { size, mtimeMs } = fs.statSync(at);
  return { path: at, relative: relativeOf(root, at), bytes: size, mtimeMs };
}

const relativeOf = (root: string, at: string): string => path.relative(root, at).split(path.sep).join("/");

async function readStart(file: string): Promise<Uint8Array> {
  const handle = await fs.promises.open(file, "r");
  try {
    const bytes = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await handle.read(bytes, 0, HEAD_BYTES, 0);
    return bytes.slice(0, bytesRead);
  } finally {
    await handle.close();
  }
}
