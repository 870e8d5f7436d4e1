/**
 * @file The worker's entry point: a child process that trains one run after another.
 */
import { serveJobs } from "../fleet/index.ts";
import { Workspace } from "../store/index.ts";
import type { TrainJob } from "./runSpec.ts";
import { trainRun } from "./trainRun.ts";

const workspaces = new Map<string, Promise<Workspace>>();

serveJobs(async (payload, context) => {
  const { home, spec } = payload as TrainJob;
  let workspace = workspaces.get(home);
  if (workspace === undefined) {
    workspace = Workspace.open(home);
    workspaces.set(home, workspace);
  }
  return trainRun({ workspace: await workspace, spec, context, clock: Date.now });
});
