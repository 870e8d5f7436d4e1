/**
 * @file What a sitting cost, as measured, over all jobs that trained anything.
 *
 * When everything was already on disk there is nothing to measure: the values are NaN with n = 0, and are shown so.
 */
import { type Estimate, Rng } from "../core/index.ts";
import { bootstrap } from "../science/index.ts";
import type { CostResults } from "./results.ts";
import type { TrainResult } from "./runSpec.ts";
import type { Session } from "./session.ts";
import { maybeRun } from "./startState.ts";
import { versions } from "./versions.ts";

export async function costOf(session: Session, wallSecs: number): Promise<CostResults> {
  const jobs = session.results.filter(({ steps }) => steps > 0);
  const numerics = new Set<string>();
  const recovered = { attempts: session.deaths, tornLines: 0, supersededLines: 0 };
  for (const run of session.lineage.keys()) {
    const reader = maybeRun(session.workspace, run);
    if (reader === undefined) continue;
    const { numericsKey } = reader.manifest();
    if (numericsKey !== undefined) numerics.add(numericsKey);
    const { report } = await reader.points();
    recovered.tornLines += report.torn.length;
    recovered.supersededLines += report.superseded;
  }
  const sum = (pick: (job: TrainResult) => number) => jobs.reduce((total, job) => total + pick(job), 0);
  return {
    wallSecs,
    runs: session.lineage.size,
    stepsTrained: sum(({ steps }) => steps),
    stepsShared: sum(({ stepsShared }) => stepsShared),
    msPerStep: ratioEstimate(
      jobs,
      ({ trainMs }) => trainMs,
      ({ steps }) => steps,
    ),
    measuringShare: ratioEstimate(
      jobs,
      ({ measureMs }) => measureMs,
      ({ trainMs }) => trainMs,
    ),
    workers: session.workers,
    peakMemoryBytes: session.peakMemoryBytes,
    numerics: [...numerics].sort(),
    versions: versions(),
    recovered,
  };
}

/** Ratio of sums over jobs, with a bootstrap over jobs. */
function ratioEstimate(
  jobs: readonly TrainResult[],
  top: (job: TrainResult) => number,
  bottom: (job: TrainResult) => number,
): Estimate {
  const ratio = (units: readonly TrainResult[]) =>
    units.reduce((total, job) => total + top(job), 0) / units.reduce((total, job) => total + bottom(job), 0);
  if (jobs.length < 2) {
    const value = jobs.length === 0 ? Number.NaN : ratio(jobs);
    return {
      value,
      low: Number.NaN,
      high: Number.NaN,
      level: 0.95,
      method: "ratio of sums, too few jobs for an interval",
      n: jobs.length,
    };
  }
  return bootstrap({ units: jobs, statistic: ratio, rng: Rng.of("cost"), draws: 400, unit: "jobs" });
}
