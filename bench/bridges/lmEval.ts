/**
 * @file 1,800 result files of lm-evaluation-harness, about 22 kB each as those of Pythia are, from finding out what they are to
 * their points. The peer is Python's own JSON module with a loop over tasks and metrics, as scripts beside such files do it; it
 * mines no steps and keeps no contexts.
 */
import fs from "node:fs";
import path from "node:path";
import { Rng } from "../../src/core/index.ts";
import type { BenchRow } from "../harness.ts";
import { readingRows } from "./reading.ts";
import type { BridgesRequest } from "./suite.ts";

const MODELS = 9;
const CHECKPOINTS = 200;
const TASKS = 90;
const METRICS = ["acc", "acc_norm"];

export function lmEvalRows(request: BridgesRequest): Promise<BenchRow[]> {
  return readingRows(
    {
      format: "lm-eval",
      title: "1,800 lm-eval files",
      points: MODELS * CHECKPOINTS * TASKS * METRICS.length,
      goalMs: 4000,
      goalMiB: 300,
      peerName: "json of Python, one loop",
      peerTurns: 3,
      write: writeResults,
    },
    request,
  );
}

function writeResults(home: string): string {
  const folder = path.join(home, "lm-eval");
  fs.mkdirSync(folder);
  const rng = Rng.of(1, "lm-eval files");
  for (let model = 0; model < MODELS; model++)
    for (let at = 0; at < CHECKPOINTS; at++) {
      const step = at * 1000;
      const text = JSON.stringify(resultsOf(`model-${model}`, step, rng), null, 2);
      fs.writeFileSync(path.join(folder, `model-${model}_step${step}.json`), text);
    }
  return folder;
}

function resultsOf(model: string, step: number, rng: Rng): object {
  const tasks = Array.from({ length: TASKS }, (_, task) => `hendrycksTest-a_subject_of_number_${task}`);
  const measured = (): [string, number][] =>
    METRICS.flatMap((metric): [string, number][] => [
      [metric, rng.uniform()],
      [`${metric}_stderr`, rng.uniform() / 20],
    ]);
  return {
    results: Object.fromEntries(tasks.map((task) => [task, Object.fromEntries(measured())])),
    versions: Object.fromEntries(tasks.map((task) => [task, 0])),
    config: {
      model: "hf-causal",
      model_args: `pretrained=bench/${model},revision=step${step}`,
      num_fewshot: 0,
      batch_size: 16,
      device: "cuda:0",
      no_cache: true,
      limit: null,
      bootstrap_iters: 100_000,
      description_dict: {},
    },
  };
}
