/**
 * @file Suite `audit`: how often the audit is wrong about clean runs (simulated ones, and the lab's own), and how many
 * planted faults it finds. Rates come with their Wilson intervals; there is no peer.
 */
import { type Finding, type RecordedRun, Rng } from "../../src/core/index.ts";
import { audit } from "../../src/science/audit/audit.ts";
import { cleanRuns, drawShape } from "../../src/science/audit/cleanRuns.fixture.ts";
import { proportionEstimate } from "../../src/science/index.ts";
import type { BenchRow } from "../harness.ts";
import { labRun } from "./labRuns.ts";
import { FAULTS } from "./planted.ts";

const SIMULATED_SETS = 600;
const LAB_SEEDS = 20;
const PLANTED = 60;
/** Three kinds of statistical check, each held to 1%. */
const GOAL_FALSE_ALARMS = 0.03;

export async function auditSuite(root: string, onRows: (rows: readonly BenchRow[]) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const add = (row: BenchRow) => {
    rows.push(row);
    onRows([row]);
  };
  add(simulatedClean());
  for (const study of ["grokking", "shortcut-digits"]) add(await labClean(root, study));
  for (const [name, plant] of Object.entries(FAULTS)) add(plantedFaults(name, plant));
  return rows;
}

const isAlarm = ({ severity }: Finding) => severity !== "note";

function simulatedClean(): BenchRow {
  let runs = 0;
  let series = 0;
  let alarmed = 0;
  const codes = new Map<string, number>();
  for (let k = 0; k < SIMULATED_SETS; k++) {
    const rng = Rng.of("bench audit", k);
    const clean = cleanRuns(drawShape(rng), rng);
    const alarms = audit(clean).filter(isAlarm);
    runs += clean.length;
    series += clean.reduce((sum, run) => sum + run.series.size, 0);
    alarmed += new Set(alarms.flatMap(({ where }) => where.runs)).size;
    for (const { code } of alarms) codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  return rateRow("simulated clean runs with an alarm", alarmed, runs, {
    goal: GOAL_FALSE_ALARMS,
    note: `${series} series; ${told(codes)}`,
  });
}

async function labClean(root: string, study: string): Promise<BenchRow> {
  const runs: RecordedRun[] = [];
  for (let seed = 1; seed <= LAB_SEEDS; seed++) runs.push(await labRun(root, study, 5000 + seed));
  const alarms = audit(runs).filter(isAlarm);
  const codes = new Map<string, number>();
  for (const { code } of alarms) codes.set(code, (codes.get(code) ?? 0) + 1);
  const alarmed = new Set(alarms.flatMap(({ where }) => where.runs)).size;
  const series = runs.reduce((sum, run) => sum + run.series.size, 0);
  return rateRow(`clean ${study} runs with an alarm`, alarmed, runs.length, {
    goal: GOAL_FALSE_ALARMS,
    note: `${series} series; ${told(codes)}${alarms
      .slice(0, 3)
      .map(({ what }) => `; ${what}`)
      .join("")}`,
  });
}

function plantedFaults(name: string, plant: (typeof FAULTS)[string]): BenchRow {
  let found = 0;
  for (let k = 0; k < PLANTED; k++) {
    const rng = Rng.of("bench planted", k);
    const steps = [1, 4, 16, 64, 256, 1000, ...Array.from({ length: 18 }, (_, i) => 4000 * (i + 1))];
    const [run] = cleanRuns({ steps, tasks: 20, checkpointNoise: 0.5, rho: 0.4, seeds: 1, statesErrors: true }, rng);
    const { run: odd, codes, step } = plant(run, steps, rng);
    const isFound = ({ code, where }: Finding) =>
      codes.includes(code) && (where.steps ?? []).some(([low, high]) => step >= low && step <= high);
    if (audit([odd]).some(isFound)) found++;
  }
  return rateRow(`planted, found: ${name}`, found, PLANTED, {
    goal: null,
    note: "one fault a run, 20 tasks × 24 checkpoints",
  });
}

function rateRow(
  title: string,
  count: number,
  n: number,
  { goal, note }: { goal: number | null; note: string },
): BenchRow {
  const { value, low, high } = proportionEstimate({ successes: count, n });
  return {
    suite: "audit",
    case: title,
    ours: value,
    peer: null,
    peerName: null,
    ratio: null,
    goal,
    unit: "share of runs",
    runs: n,
    note: `${count} of ${n}, 95% interval ${low.toFixed(3)}–${high.toFixed(3)}; ${note}`,
  };
}

function told(codes: ReadonlyMap<string, number>): string {
  return codes.size === 0 ? "no alarm" : [...codes].map(([code, count]) => `${code} × ${count}`).join(", ");
}
