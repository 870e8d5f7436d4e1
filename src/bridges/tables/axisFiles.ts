/**
 * @file Finds the JSON document that names the axes of an array: in the array's folder or one above it, the nearest first.
 */

import type { SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";
import { isJsonObject, readJsonFile } from "../jsonFile.ts";
import { maybeArrayShape, maybeAxes } from "./arrayTable.ts";

/** A list of labels is short. */
const LABELS_BYTES_AT_MOST = 2 ** 20;

export class AxisFiles {
  private readonly tree: SourceTree;
  private readonly documents = new Map<string, Promise<unknown>>();

  constructor(tree: SourceTree) {
    this.tree = tree;
  }

  /** undefined: no array, or nothing says what its axes are. */
  async maybeFor(file: SourceFile): Promise<SourceFile | undefined> {
    const head = await this.tree.head(file);
    if (!/^\s*\[\s*\[/.test(Buffer.from(head.subarray(0, 200)).toString("latin1"))) return undefined;
    const json = await readJsonFile(file);
    const shape = "code" in json ? undefined : maybeArrayShape(json.value);
    if (shape === undefined) return undefined;
    for (const other of this.nearest(file)) {
      const document = await this.document(other);
      if (isJsonObject(document) && maybeAxes(shape, document) !== undefined) return other;
    }
    return undefined;
  }

  private nearest(file: SourceFile): SourceFile[] {
    const folder = folderOf(file.relative);
    return this.tree.files
      .filter((other) => other !== file && other.bytes <= LABELS_BYTES_AT_MOST && other.relative.endsWith(".json"))
      .filter(({ relative }) => `${folder}/`.startsWith(`${folderOf(relative)}/`) || folderOf(relative) === "")
      .sort((a, b) => folderOf(b.relative).length - folderOf(a.relative).length || (a.relative < b.relative ? -1 : 1));
  }

  private async document(file: SourceFile): Promise<unknown> {
    let document = this.documents.get(file.path);
    if (document === undefined) {
      document = readJsonFile(file).then((json) => ("code" in json ? undefined : json.value));
      this.documents.set(file.path, document);
    }
    return document;
  }
}
