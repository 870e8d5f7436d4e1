/**
 * @file Suite `observe`: event detection on series whose truth is known, and on null runs, side by side with ruptures'
 * Pelt on the same series in the same run; then the speed of PELT, of the online detector and of a whole series'
 * events.
 */
import { fileURLToPath } from "node:url";
import { Rng } from "../../src/core/index.ts";
import { changePoints, courseChanges, OnlineChanges, seriesEvents } from "../../src/science/index.ts";
import { autoregressive } from "../../src/science/observe/synthetic.fixture.ts";
import type { BenchRow } from "../harness.ts";
import { PeerProcess, python } from "../peerProcess.ts";
import { CASES, type Case, NULLS } from "./cases.ts";
import { correlatedPelt, type Detector, online, ourPelt, ours, rupturesPelt, sums } from "./detectors.ts";
import { type Figure, type Score, score } from "./score.ts";

const SUITE = "observe";
const RUNS = 200;
/** False alarms per 1,000 evaluations: .02 a series of 100. */
const GOAL_FALSE_ALARMS = 0.2;

export async function observeSuite({ root, only }: { root: string; only: readonly string[] }): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const isWanted = (part: string) => only.length === 0 || only.includes(part);
  if (isWanted("detection")) rows.push(...(await scoreAll(root)).flatMap(rowsOf));
  if (isWanted("speed")) rows.push(...speedRows());
  return rows;
}

export const OBSERVE_CASES = ["detection", "speed"];

/** Every detector on every case; [case][detector]. */
export async function scoreAll(root: string, runs = RUNS): Promise<Score[][]> {
  const peer = await PeerProcess.start([
    python(),
    fileURLToPath(new URL("bench/peers/peltPeer.py", `file://${root}/`)),
  ]);
  const detectors: Detector[] = [ours, ourPelt, correlatedPelt, online, sums];
  if (peer instanceof PeerProcess) detectors.splice(1, 0, rupturesPelt(peer));
  try {
    const scores: Score[][] = [];
    for (const one of [...CASES, ...NULLS]) {
      scores.push(await scoreCase(one, detectors, runs));
      process.stderr.write(`${one.name}\n`);
    }
    return scores;
  } finally {
    if (peer instanceof PeerProcess) peer.stop();
  }
}

async function scoreCase(one: Case, detectors: readonly Detector[], runs: number): Promise<Score[]> {
  const series = Array.from({ length: runs }, (_, seed) => one.make(seed));
  const scores: Score[] = [];
  for (const { name, detect } of detectors) scores.push(score(one, name, series, await detect(series)));
  return scores;
}

/** Ours against ruptures' Pelt: recall, precision and false alarms; the others' figures are in the note. */
function rowsOf(scores: readonly Score[]): BenchRow[] {
  const [mine] = scores;
  const peer = scores.find(({ detector }) => detector.startsWith("ruptures"));
  const row = (what: "recall" | "precision" | "falseAlarms", unit: string, goal: number | null): BenchRow[] => {
    const value = mine[what];
    if (value === undefined) return [];
    const theirs = peer?.[what]?.value ?? null;
    const others = scores.filter((one) => one !== mine && one !== peer && one[what] !== undefined);
    return [
      {
        suite: SUITE,
        case: `${mine.case}: ${unit}`,
        ours: value.value,
        peer: theirs,
        peerName: theirs === null ? null : peer!.detector,
        ratio: null,
        goal,
        unit,
        runs: mine.runs,
        note: [
          `95% ${intervalText(value)}`,
          ...(what === "recall" && mine.delay !== undefined
            ? [`median delay ${mine.delay.toFixed(1)} evaluations`]
            : []),
          ...others.map((one) => `${one.detector} ${short(one[what]!.value)}`),
        ].join("; "),
      },
    ];
  };
  if (mine.recall === undefined) return row("falseAlarms", "false alarms per 1,000", GOAL_FALSE_ALARMS);
  return [
    ...row("recall", "recall", null),
    ...row("precision", "precision", null),
    ...row("falseAlarms", "false alarms per 1,000", null),
  ];
}

const short = (value: number): string => String(Number(value.toPrecision(2)));
const intervalText = ({ low, high }: Figure): string => `${short(low)}–${short(high)}`;

function speedRows(): BenchRow[] {
  const row = (title: string, run: () => void, goal: number | null, note = ""): BenchRow => {
    const begun = performance.now();
    run();
    const ours = (performance.now() - begun) / 1000;
    return { suite: SUITE, case: title, ours, peer: null, peerName: null, ratio: null, goal, unit: "s", runs: 1, note };
  };
  const rows: BenchRow[] = [];
  for (const n of [10_000, 100_000]) {
    const steps = Array.from({ length: n }, (_, i) => i);
    const quiet = autoregressive(Rng.of(1, "speed"), n, 0.5);
    const stepped = quiet.map((e, i) => e + 6 * (Math.floor(i / 200) % 2));
    const title = (what: string) => `${what}, ${n.toLocaleString("en")} points`;
    rows.push(row(title("PELT, a step every 200"), () => changePoints({ measure: "m", steps, values: stepped }), null));
    rows.push(row(title("courses"), () => courseChanges({ measure: "m", steps, values: quiet }), null));
    rows.push(row(title("all events"), () => seriesEvents({ measure: "m", steps, values: quiet }), null));
    rows.push(
      row(
        title("BOCPD, a step every 200"),
        () => {
          const detector = new OnlineChanges({ noiseSd: 1, level: 0, levelSd: 10, meanRun: 200 });
          for (const value of stepped) detector.push(value);
        },
        null,
        "run lengths below 1e-6 dropped",
      ),
    );
  }
  return rows;
}
