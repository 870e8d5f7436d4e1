/**
 * @file Suite `study`: one optimizer step of the flagship as the study makes it (MLP 784–128–10, batch 128, AdamW), next
 * to the same step in PyTorch and JAX, one thread each; and what measuring costs at the study's cadence.
 */
import { fileURLToPath } from "node:url";
import { gridSteps } from "../src/core/index.ts";
import { nativeDevice } from "../src/engine/native.ts";
import { organism } from "../src/lab/index.ts";
import { loadStudyFile } from "../src/study/studyFile.ts";
import { alternate, type BenchRow, median } from "./harness.ts";
import { PeerProcess, python } from "./peerProcess.ts";

const SUITE = "study";
const TURNS = 9;
const STEPS_A_TURN = 250;
const GOAL_MS_PER_STEP = 0.6;
const GOAL_MEASURING_SHARE = 0.4;

export async function studySuite(root: string): Promise<BenchRow[]> {
  const { study } = loadStudyFile(`${root}/studies/shortcut-digits.yaml`);
  const kind = organism(study.process.organism);
  const factors = kind.parseFactors(study.process.factors, "process.factors");
  const seeds = Object.fromEntries(kind.seedNames.map((name) => [name, 1]));
  const trainer = await kind.open({
    process: { organism: kind.name, factors, changes: [] },
    seeds,
    changes: [],
    device: nativeDevice,
  });
  const beginning = trainer.snapshot();
  const script = fileURLToPath(new URL("bench/peers/mlpStep.py", `file://${root}/`));
  const peers = await Promise.all(["torch", "jax"].map((name) => PeerProcess.start([python(), script, name])));
  const present = peers.filter((peer) => peer instanceof PeerProcess);

  async function ourTurn(): Promise<number> {
    if (trainer.step + STEPS_A_TURN > study.process.steps) trainer.restore(beginning);
    const begun = performance.now();
    await trainer.advance({ steps: STEPS_A_TURN });
    return (performance.now() - begun) / STEPS_A_TURN;
  }

  try {
    const contestants = [
      { name: "ours", turn: ourTurn },
      ...present.map((peer) => ({ name: peer.name, turn: () => peer.time(STEPS_A_TURN) })),
    ];
    await alternate(contestants, 2); // compilation and warm caches
    const costs = await alternate(contestants, TURNS);
    const ours = costs.get("ours")!;
    const base = { suite: SUITE, ours, goal: GOAL_MS_PER_STEP, unit: "ms/step", runs: TURNS };
    const rows: BenchRow[] = peers.map((peer) => {
      if (!(peer instanceof PeerProcess))
        return {
          ...base,
          case: "flagship step",
          peer: null,
          peerName: null,
          ratio: null,
          note: `skipped: ${peer.missing}`,
        };
      const theirs = costs.get(peer.name)!;
      return { ...base, case: "flagship step", peer: theirs, peerName: peer.name, ratio: ours / theirs };
    });
    rows.push({
      suite: SUITE,
      case: "measuring, share of training time",
      ours: (await measuringMs()) / (ours * study.process.steps),
      peer: null,
      peerName: null,
      ratio: null,
      goal: GOAL_MEASURING_SHARE,
      unit: "share",
      runs: 5,
      note: `${gridSteps(study.observe.grid, study.process.steps).length} measurements in ${study.process.steps} steps, the last on every held-out item`,
    });
    return rows;
  } finally {
    for (const peer of present) peer.stop();
    await trainer.close();
  }

  /** All measurements of one run. */
  async function measuringMs(): Promise<number> {
    const quick = await timeMeasure("quick");
    const full = await timeMeasure("full");
    return quick * (gridSteps(study.observe.grid, study.process.steps).length - 1) + full;
  }

  async function timeMeasure(detail: "quick" | "full"): Promise<number> {
    await trainer.measure({ detail });
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const begun = performance.now();
      await trainer.measure({ detail });
      times.push(performance.now() - begun);
    }
    return median(times);
  }
}
