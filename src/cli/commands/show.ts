/**
 * @file `ontogeny show`: one run or one study, from its files.
 */
import type { Command } from "commander";
import { OntogenyError } from "../../core/index.ts";
import type { Workspace } from "../../store/index.ts";
import { type ListedRun, listRuns, selectRun } from "../../study/recorded/listRuns.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { print, printJson } from "../output.ts";
import { resolveId } from "../resolve.ts";
import { runSummary, runText } from "../runSummary.ts";
import { findStudy, type StudyEntry } from "../studies.ts";
import { studySummary, studyText } from "../studySummary.ts";

export function showCommand(): Command {
  return makeCommand("show", "Show one run or one study", [
    "ontogeny show r1a2b3",
    "ontogeny show shortcut-digits",
    "ontogeny show pythia-70m/zero-shot   (an imported run, by whole parts of its name)",
  ])
    .argument("<id>", "id of a run or study, its beginning, or the name of a study or imported run")
    .action(show);
}

async function show(text: string, options: CommonOptions): Promise<void> {
  const workspace = await openWorkspace(options);
  const study = maybeStudy(workspace, text);
  if (study !== undefined) {
    const summary = studySummary(study);
    if (options.json) printJson(summary);
    else print(studyText(summary));
    return;
  }
  const imported = maybeImported(workspace, text);
  if (imported !== undefined) {
    const { importedSummary, importedText } = await import("../importedSummary.ts");
    const summary = await importedSummary(workspace, imported);
    if (options.json) printJson(summary);
    else print(importedText(summary));
    return;
  }
  const summary = await runSummary(workspace, resolveId(text, workspace.runIds(), "run"));
  if (options.json) printJson(summary);
  else print(runText(summary));
}

/** Undefined when no imported run is meant; an ambiguous name is an error. */
function maybeImported(workspace: Workspace, text: string): ListedRun | undefined {
  const runs = listRuns(workspace).filter(({ imported }) => imported.length > 0);
  try {
    return selectRun(runs, text);
  } catch (error) {
    if (error instanceof OntogenyError && error.code === "RUN_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Undefined when no study is meant; an ambiguous study is an error. */
function maybeStudy(workspace: Workspace, text: string): StudyEntry | undefined {
  try {
    return findStudy(workspace, text);
  } catch (error) {
    if (error instanceof OntogenyError && error.code === "STUDY_NOT_FOUND") return undefined;
    throw error;
  }
}
