/**
 * @file `ontogeny show`: one run or one study, from its files.
 */
import type { Command } from "commander";
import { OntogenyError } from "../../core/index.ts";
import type { Workspace } from "../../store/index.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { print, printJson } from "../output.ts";
import { resolveId } from "../resolve.ts";
import { runSummary, runText } from "../runSummary.ts";
import { findStudy, type StudyEntry } from "../studies.ts";
import { studySummary, studyText } from "../studySummary.ts";

export function showCommand(): Command {
  return makeCommand("show", "Show one run or one study", ["ontogeny show r1a2b3", "ontogeny show shortcut-digits"])
    .argument("<id>", "id of a run or study, its beginning, or the name of a study")
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
  const summary = await runSummary(workspace, resolveId(text, workspace.runIds(), "run"));
  if (options.json) printJson(summary);
  else print(runText(summary));
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
