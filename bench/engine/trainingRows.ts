/**
 * @file One training case against both peers: the same problem from one folder, losses compared first, then turns in
 * rotation on one core. A contestant whose losses differ makes its row fail with a note.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../harness.ts";
import { type Clock, canPin, PeerProcess, python } from "../peerProcess.ts";
import type { TrainingCase } from "./cases.ts";
import { MODELS } from "./models/index.ts";
import { type Problem, writeProblem } from "./problem.ts";

export const SUITE = "engine";
export const CORE = 0;
const WARM_UP_TURNS = 2;
/** Of a loss after a few steps in float32, where sums are taken in different orders. */
const RELATIVE_TOLERANCE = 2e-4;
const PEERS = ["torch", "jax"] as const;

export interface Measuring {
  readonly root: string;
  readonly turns: number;
  readonly clock: Clock;
}

export function trainingRows(here: TrainingCase, measuring: Measuring): Promise<BenchRow[]> {
  return withProblem(MODELS[here.name].problem(), (folder) => measure(here, folder, measuring));
}

async function measure(here: TrainingCase, folder: string, { root, turns, clock }: Measuring): Promise<BenchRow[]> {
  const started: PeerProcess[] = [];
  try {
    const ours = await PeerProcess.start(contestant("contestant.js", folder), CORE);
    if (!(ours instanceof PeerProcess)) return [refused(here, ours.missing)];
    started.push(ours);
    const script = join(root, "bench", "peers", "enginePeer.py");
    const peers = await Promise.all(PEERS.map((kind) => PeerProcess.start([python(), script, kind, folder], CORE)));
    started.push(...peers.filter((peer) => peer instanceof PeerProcess));
    const losses = new Map<PeerProcess, readonly number[]>();
    for (const one of started)
      losses.set(one, (await one.ask<{ losses: number[] }>({ check: here.checkSteps })).losses);
    const contestants = started.map((one) => ({ name: one.name, turn: () => one.time(here.stepsPerTurn, clock) }));
    await alternateCosts(contestants, WARM_UP_TURNS); // compilation and warm caches
    const costs = await alternateCosts(contestants, turns);
    const own = costs.get(ours.name)!;
    return peers.map((peer, i): BenchRow => {
      const goal = here.goals[PEERS[i]];
      const base = {
        suite: SUITE,
        case: here.title,
        profile: here.name,
        ours: median(own),
        unit: clock === "cpu" ? "ms CPU/step" : "ms/step",
        runs: turns,
      };
      const held = { what: "ratio", side: "atMost" } as const;
      if (!(peer instanceof PeerProcess))
        return { ...base, peer: null, peerName: null, ratio: null, goal, held, note: `skipped: ${peer.missing}` };
      const theirs = costs.get(peer.name)!;
      const ratio = median(own) / median(theirs);
      const agreement = compareLosses(losses.get(ours)!, losses.get(peer)!);
      const notes = [agreement.text, canPin() ? undefined : "not pinned: no taskset here"];
      return {
        ...base,
        peer: median(theirs),
        peerName: peer.name,
        ratio: agreement.agree ? ratio : Number.NaN,
        ratioInterval: ratioInterval(own, theirs),
        goal,
        held,
        note: notes.filter((note) => note !== undefined).join("; "),
      };
    });
  } finally {
    for (const one of started) one.stop();
  }
}

/** The problem in a folder of its own, for as long as the work lasts. */
export async function withProblem<T>(problem: Problem, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-bench-"));
  try {
    writeProblem(folder, problem);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The engine does not take the model: no figure, and the goal is not met. */
const refused = ({ title, goals }: TrainingCase, why: string): BenchRow => ({
  suite: SUITE,
  case: title,
  ours: Number.NaN,
  peer: null,
  peerName: null,
  ratio: null,
  goal: goals.torch,
  unit: "ms/step",
  runs: 0,
  note: `refused: ${why}`,
});

/** The command of a module beside this one, as compiled. */
export function contestant(module: string, ...args: readonly string[]): string[] {
  return [process.execPath, join(import.meta.dirname, module), ...args];
}

function compareLosses(ours: readonly number[], theirs: readonly number[]): { agree: boolean; text: string } {
  const gaps = ours.map((loss, i) => Math.abs(loss - theirs[i]) / Math.abs(theirs[i]));
  const worst = Math.max(...gaps.map((gap) => (Number.isFinite(gap) ? gap : Infinity)));
  const agree = ours.length === theirs.length && worst <= RELATIVE_TOLERANCE;
  const last = ours.length - 1;
  return agree
    ? { agree, text: `losses of ${ours.length} steps agree to ${worst.toExponential(0)}` }
    : {
        agree,
        text: `FAILED: losses differ by ${worst.toExponential(1)}; step ${last}: ${ours[last]}, ${theirs[last]}`,
      };
}
