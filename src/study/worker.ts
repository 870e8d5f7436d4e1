/**
 * @file The worker's entry point: a child process that trains one run after another.
 */
import { serveJobs } from "../fleet/index.ts";
import { Workspace } from "../store/index.ts";
import type { TrainJob } from "./runSpec.ts";
import { trainRun } from "./trainRun.ts";

serveJobs(async (payload, context) => {
  const { home, spec } = payload as TrainJob;
  return trainRun({ workspace: await Workspace.open(home), spec, context, clock: Date.now });
});
