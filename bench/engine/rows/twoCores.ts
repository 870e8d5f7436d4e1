/**
 * @file Row: throughput of many runs with two worker processes, next to one.
 */
import { fileURLToPath } from "node:url";
import { LocalExecutor } from "../../../src/fleet/index.ts";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../../harness.ts";
import { type Measuring, SUITE } from "../trainingRows.ts";

const RUNS = 32;
const STEPS_PER_RUN = 200;

/** 32 runs with one worker and with two, in turn; only training, workers warm. */
export async function twoCoreRows({ turns }: Measuring): Promise<BenchRow[]> {
  const entry = fileURLToPath(new URL("../throughputWorker.js", import.meta.url));
  const executors = [1, 2].map((workers) => LocalExecutor.open({ entry, workers }));
  const training: number[][] = [[], []];
  const batchOf = async (which: number, runs: number): Promise<number> => {
    const begun = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: runs }, (_, seed) =>
        executors[which].run({ name: `run ${seed}`, payload: { seed, steps: STEPS_PER_RUN } }),
      ),
    );
    for (const outcome of outcomes)
      if (outcome.status === "done") training[which].push((outcome.result as { trainingMs: number }).trainingMs);
    return performance.now() - begun;
  };
  try {
    for (const which of [0, 1]) await batchOf(which, 4); // compilation
    for (const list of training) list.splice(0);
    const rounds = Math.max(5, Math.round(turns / 2));
    const contestants = ["one", "two"].map((name, which) => ({ name, turn: () => batchOf(which, RUNS) }));
    const costs = await alternateCosts(contestants, rounds);
    const [one, two] = ["one", "two"].map((name) => costs.get(name)!);
    const slower = median(training[1]) / median(training[0]);
    const idle = 1 - (median(training[1]) * RUNS) / 2 / median(two);
    return [
      {
        suite: SUITE,
        case: `${RUNS} runs of the grokking MLP, ${STEPS_PER_RUN} steps each: throughput of 2 workers`,
        ours: median(two),
        peer: median(one),
        peerName: "1 worker",
        ratio: median(one) / median(two),
        ratioInterval: ratioInterval(one, two),
        goal: 1.85,
        held: { what: "ratio", side: "atLeast" },
        unit: "ms",
        runs: rounds,
        note: `a run trains ${slower.toFixed(2)} × as long beside another; ${(100 * idle).toFixed(0)}% of two workers' time is not training`,
      },
    ];
  } finally {
    await Promise.all(executors.map((executor) => executor[Symbol.asyncDispose]()));
  }
}
