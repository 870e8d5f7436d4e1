/**
 * @file Suite `forecast`: the back-test over 8 Pythia models × 20 tasks × 4 cutoffs, one size left out at a time: how long it
 * takes, what the chosen combination is worth beside the best single baseline, and how often its 90% intervals hold.
 *
 * Reads ../shared/data/pythia through the importer; without it there are no rows, and it says so. The tasks are the eight that
 * are no part of MMLU, by accuracy, and the first twelve of CrowS-Pairs by name, by share of stereotypes; chosen before
 * scoring. The best single baseline is picked with hindsight at each cutoff, to the combination's disadvantage.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Estimate } from "../../src/core/index.ts";
import { Workspace } from "../../src/store/index.ts";
import { scoreSet } from "../../src/study/commands/backtestRuns.ts";
import { importTree } from "../../src/study/import/importTree.ts";
import { listRuns, selectRuns } from "../../src/study/recorded/listRuns.ts";
import { loadRuns } from "../../src/study/recorded/loadRuns.ts";
import { type TrajectorySet, trajectorySet } from "../../src/study/recorded/trajectories.ts";
import type { BenchRow } from "../harness.ts";

const CUTOFFS = [3000, 13_000, 33_000, 63_000];
const GOAL_SECS = 60;
const GOAL_SKILL = 0.15;
/** Cutoffs up to here are held to the goal. */
const EARLY = 33_000;
const GOAL_COVERAGE = [0.85, 0.95] as const;
const CROWS_TASKS = 12;

export async function forecastSuite(root: string, say: (line: string) => void): Promise<BenchRow[]> {
  const data = path.join(root, "..", "shared", "data", "pythia", "evals", "pythia-v1");
  if (!existsSync(data)) {
    say(`skipped: ${data} is absent`);
    return [];
  }
  const set = await pythia(data);
  const begun = performance.now();
  const { tables } = scoreSet(set, CUTOFFS, { progress: say });
  const secs = (performance.now() - begun) / 1000;
  const size = `${set.trajectories.length} runs × ${set.measures.length} tasks × ${CUTOFFS.length} cutoffs`;
  const rows: BenchRow[] = [row({ case: `back-test, ${size}`, ours: secs, goal: GOAL_SECS, unit: "s" })];
  for (const { cutoff, rows: methods, bestBaseline, units } of tables) {
    const combination = methods.find(({ method }) => method === "combination");
    if (combination?.skillOverBest === undefined) continue;
    const { skillOverBest, coverage } = combination;
    rows.push(
      row({
        case: `skill over ${bestBaseline} from step ${cutoff}`,
        ours: skillOverBest.value,
        goal: cutoff <= EARLY ? GOAL_SKILL : null,
        held: { what: "ours", side: "atLeast" },
        unit: "1 − CRPS ratio",
        note: intervalText(skillOverBest, units),
      }),
      row({
        case: `coverage of 90% from step ${cutoff}`,
        ours: coverage[2].value,
        goal: GOAL_COVERAGE[0],
        held: { what: "ours", side: "atLeast" },
        unit: "share",
        note: `${intervalText(coverage[2], units)}; goal ${GOAL_COVERAGE.join("–")}`,
      }),
    );
  }
  return rows;
}

async function pythia(data: string): Promise<TrajectorySet> {
  const home = mkdtempSync(path.join(tmpdir(), "ontogeny-bench-"));
  try {
    await importTree({ paths: [data], home, signal: new AbortController().signal });
    const workspace = await Workspace.open(home);
    const chosen = selectRuns(listRuns(workspace), ["zero-shot"]);
    const [first] = await loadRuns(workspace, chosen.slice(0, 1));
    const names = [...first.series.keys()].sort();
    const measures = [
      ...names.filter((name) => name.endsWith("/acc") && !name.startsWith("hendrycks")),
      ...names.filter((name) => name.endsWith("/pct_stereotype")).slice(0, CROWS_TASKS),
    ];
    const runs = await loadRuns(workspace, chosen, { measures });
    return trajectorySet(runs, { target: "final", leaveOut: "size", isInShares: false });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function row(stated: Pick<BenchRow, "case" | "ours" | "goal" | "unit"> & Partial<BenchRow>): BenchRow {
  return { suite: "forecast", peer: null, peerName: null, ratio: null, runs: 1, ...stated };
}

function intervalText({ low, high }: Estimate, units: number): string {
  return `95% ${low.toFixed(3)} to ${high.toFixed(3)}, bootstrap over ${units} sizes`;
}
