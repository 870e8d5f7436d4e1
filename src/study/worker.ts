/**
 * @file The worker's entry point: a child process that does one job after another. The only place from which trainers are
 * opened.
 */
import { serveJobs } from "../fleet/index.ts";
import { Workspace } from "../store/index.ts";
import { trainGroup } from "./ensemble/trainGroup.ts";
import { inspectRun } from "./inspectRun.ts";
import { chooseEnsemble } from "./openTrainer.ts";
import { replayRun } from "./replay/replayRun.ts";
import type { WorkerJob } from "./runSpec.ts";
import { trainRun } from "./trainRun.ts";

serveJobs(async (payload, context) => {
  const job = payload as WorkerJob;
  switch (job.kind) {
    case "train":
      return trainRun({ workspace: await Workspace.open(job.home), spec: job.spec, context, clock: Date.now });
    case "trainGroup":
      return trainGroup({ workspace: await Workspace.open(job.home), job, context, clock: Date.now });
    case "choose":
      return { result: await chooseEnsemble(job.meanings, job) };
    case "inspect":
      return { result: await inspectRun(job.meaning, job.ensemble) };
    case "replay":
      return replayRun({ workspace: await Workspace.open(job.home), job, context });
  }
});
