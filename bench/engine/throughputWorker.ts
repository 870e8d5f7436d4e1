/**
 * @file The worker of the two-core row: trains one run of the organism `grokking` a job, and nothing else. Its programs
 * stay compiled from job to job. Answers with the milliseconds that training took.
 */
import { nativeDevice } from "../../src/engine/native.ts";
import { serveJobs } from "../../src/fleet/index.ts";
import { organism } from "../../src/lab/index.ts";

serveJobs(async (payload) => {
  const { seed, steps } = payload as { seed: number; steps: number };
  const kind = organism("grokking");
  const trainer = await kind.open({
    process: { organism: kind.name, factors: kind.parseFactors({}, "bench"), changes: [] },
    seeds: Object.fromEntries(kind.seedNames.map((name) => [name, seed])),
    changes: [],
    device: nativeDevice,
  });
  const begun = performance.now();
  await trainer.advance({ steps });
  const trainingMs = performance.now() - begun;
  await trainer.close();
  return { result: { trainingMs } };
});
