/**
 * @file Studies as they stand in the workspace: their folders, and what results.json says when there is one. A
 * damaged results file counts as absent: `ontogeny run` writes it anew.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OntogenyError } from "../core/index.ts";
import type { Workspace } from "../store/index.ts";
import type { StudyResults } from "../study/results.ts";
import { maybeReadResults } from "../study/resultsFile.ts";
import { resolveId } from "./resolve.ts";

export interface StudyEntry {
  readonly id: string;
  readonly folder: string;
  readonly results?: StudyResults;
}

export function listStudies(workspace: Workspace): StudyEntry[] {
  return readdirSync(workspace.studiesDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => studyEntry(workspace, name))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** By id, a beginning of one, or the study's name when only one study has it. Errors: STUDY_NOT_FOUND, ID_AMBIGUOUS. */
export function findStudy(workspace: Workspace, text: string): StudyEntry {
  const studies = listStudies(workspace);
  const named = studies.filter(({ results }) => results?.study.name === text);
  if (named.length === 1) return named[0];
  const id = resolveId(
    text,
    studies.map((study) => study.id),
    "study",
  );
  return studies.find((study) => study.id === id)!;
}

export function requireResults({ id, results }: StudyEntry): StudyResults {
  if (results !== undefined) return results;
  throw new OntogenyError(
    "STUDY_UNFINISHED",
    `Study ${id}: expected results.json, got none: it has not been run to its end; go on with \`ontogeny run\` and its file`,
  );
}

function studyEntry(workspace: Workspace, id: string): StudyEntry {
  const folder = join(workspace.studiesDir, id);
  return { id, folder, results: maybeReadResults(join(folder, "results.json"))?.results };
}
