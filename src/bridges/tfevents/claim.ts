/**
 * @file Finds TensorBoard event files: by name (`…tfevents…`), and by their first record whatever their name.
 *
 * A directory is a run; its event files in the order of their names are read as one. A file that is named so and is empty
 * or does not begin with a record is reported and left to others.
 */

import { EVENT, EventReader, TfRecordReader, textOf } from "../../formats/index.ts";
import type { ImportUnit, SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";

const HEAD_RECORD_BYTES = 65_536;
/** Lightning writes the run's settings beside its event file; with a CSV log beside them, they are that log's. */
const SETTINGS_NAME = "hparams.yaml";
const CSV_LOG_NAME = "metrics.csv";

export async function claimEventFiles(format: string, tree: SourceTree): Promise<ImportUnit[]> {
  const byFolder = new Map<string, SourceFile[]>();
  for (const file of tree.files) {
    if (!(await isEventFile(tree, file))) continue;
    const folder = folderOf(file.relative) || ".";
    const files = byFolder.get(folder);
    if (files === undefined) byFolder.set(folder, [file]);
    else files.push(file);
  }
  const byName = new Map(tree.files.map((file) => [file.relative, file]));
  return [...byFolder].map(([key, files]) => {
    const [settings, csvLog] = [SETTINGS_NAME, CSV_LOG_NAME].map((name) =>
      byName.get(key === "." ? name : `${key}/${name}`),
    );
    const companions = settings !== undefined && csvLog === undefined ? [settings] : [];
    files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
    return { format, key, files, ...(companions.length > 0 && { companions }) };
  });
}

async function isEventFile(tree: SourceTree, file: SourceFile): Promise<boolean> {
  const head = await tree.head(file);
  const begins = beginsWithVersion(head);
  if (!/tfevents/i.test(file.relative.slice(file.relative.lastIndexOf("/") + 1))) return begins === "event";
  if (head.length === 0) {
    tree.skip(file, "TFEVENTS_EMPTY", "named like a TensorBoard event file, and empty");
    return false;
  }
  if (begins === "other") {
    tree.skip(
      file,
      "TFEVENTS_DAMAGED",
      "named like a TensorBoard event file, and does not begin with a record whose length's checksum fits",
    );
    return false;
  }
  return true;
}

/** `record`: a record, or the beginning of one, that is not known to be an event. */
function beginsWithVersion(head: Uint8Array): "event" | "record" | "other" {
  const records = new TfRecordReader(HEAD_RECORD_BYTES);
  const outcome = records.read(head, 0, head.length);
  if (outcome === "badLength") return "other";
  if (outcome !== "record") return "record";
  const event = new EventReader();
  const isVersion = event.read(head, records.begin, records.end) && event.what === EVENT.version;
  return isVersion && textOf(head, event.begin, event.end).startsWith("brain.Event:") ? "event" : "record";
}
