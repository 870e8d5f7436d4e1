/**
 * @file For tests: real recorded runs of ../shared/data, through the importer. Where the data are absent such tests are
 * skipped with the reason in their names.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ColumnMapping } from "../../bridges/index.ts";
import type { RecordedRun } from "../../core/index.ts";
import { Workspace } from "../../store/index.ts";
import { importTree } from "../import/importTree.ts";
import { listRuns } from "./listRuns.ts";
import { loadRuns } from "./loadRuns.ts";

const DATA = fileURLToPath(new URL("../../../../shared/data", import.meta.url));

export const hasRealData = existsSync(DATA);
/** Ends the name of a test that needs them. */
export const UNLESS_ABSENT = hasRealData ? "" : " (skipped: ../shared/data is absent)";

/** All runs below a path of ../shared/data, by name. */
export async function realRuns(path: string, mapping?: ColumnMapping): Promise<Map<string, RecordedRun>> {
  const home = mkdtempSync(join(tmpdir(), "ontogeny-real-"));
  try {
    await importTree({ paths: [join(DATA, path)], home, mapping, signal: new AbortController().signal });
    const workspace = await Workspace.open(home);
    const runs = await loadRuns(workspace, listRuns(workspace));
    return new Map(runs.map((run) => [run.name, run]));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The one run whose name ends so. */
export function endingWith(runs: ReadonlyMap<string, RecordedRun>, end: string): RecordedRun {
  const found = [...runs.values()].filter(({ name }) => name.endsWith(end));
  if (found.length !== 1) throw new Error(`expected one run that ends with "${end}", got ${found.length}`);
  return found[0];
}
