/**
 * @file What a run would be trained with, inside a worker process: its numerics, and the memory that training takes.
 */
import type { EnsembleMembership, RunMeaning } from "../core/index.ts";
import { openTrainer } from "./openTrainer.ts";
import type { InspectResult } from "./runSpec.ts";

export async function inspectRun(meaning: RunMeaning, ensemble?: EnsembleMembership): Promise<InspectResult> {
  const trainer = await openTrainer(meaning, { ensemble });
  try {
    const { numerics, trainingBytes } = trainer;
    return { numerics, openBytes: process.memoryUsage.rss(), trainingBytes };
  } finally {
    await trainer.close();
  }
}
