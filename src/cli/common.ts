/**
 * @file What every command shares: the options --home, --json and --debug, its example, and the workspace they name.
 */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { OntogenyError } from "../core/index.ts";
import type { Workspace } from "../store/index.ts";

export interface CommonOptions {
  readonly home: string;
  readonly json?: boolean;
  readonly debug?: boolean;
}

export const DEFAULT_HOME = ".ontogeny";

/** A command with the shared options; `examples` close its help. */
export function makeCommand(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .option("--home <dir>", "workspace folder", DEFAULT_HOME)
    .option("--json", "machine-readable answer on stdout")
    .option("--debug", "show where an error came from")
    .addHelpText(
      "after",
      `\nExample${examples.length === 1 ? "" : "s"}:\n${examples.map((line) => `  ${line}`).join("\n")}`,
    );
}

/** For commands that only look: a folder that is not there is an error, not a new workspace. */
export async function openWorkspace({ home }: CommonOptions): Promise<Workspace> {
  if (!existsSync(home))
    throw new OntogenyError(
      "WORKSPACE_NOT_FOUND",
      `Workspace: expected a folder at "${home}", got nothing; run a study first (ontogeny run), or name the folder with --home`,
    );
  const { Workspace } = await import("../store/index.ts");
  return Workspace.open(home);
}
