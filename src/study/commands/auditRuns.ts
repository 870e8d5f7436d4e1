/**
 * @file Audits runs of a workspace, the lab's and imported ones alike. Reads only.
 *
 * Errors: those of choosing and loading runs (RUN_NOT_FOUND, ID_AMBIGUOUS, PARQUET_INVALID, …); RUNS_NONE for an empty workspace.
 */
import { type Finding, OntogenyError } from "../../core/index.ts";
import { audit } from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";

export interface AuditRunsOptions {
  readonly home: string;
  /** Ids, names or patterns; none: all runs. Runs are compared with those chosen beside them only. */
  readonly selectors: readonly string[];
  /** Names or patterns; absent: all. */
  readonly measures?: readonly string[];
  /** False alarms per clean run that each statistical check may raise, at most; default 0.01. */
  readonly level?: number;
}

export interface AuditReport {
  readonly runs: readonly {
    readonly id: string;
    readonly name: string;
    readonly series: number;
    readonly points: number;
  }[];
  readonly level: number;
  readonly findings: readonly Finding[];
}

export async function auditRuns({ home, selectors, measures, level = 0.01 }: AuditRunsOptions): Promise<AuditReport> {
  const workspace = await Workspace.open(home);
  const chosen = selectRuns(listRuns(workspace), selectors);
  if (chosen.length === 0)
    throw new OntogenyError(
      "RUNS_NONE",
      "Audit: expected runs in the workspace, got none; import some with `ontogeny import`",
    );
  const runs = await loadRuns(workspace, chosen, { measures });
  return {
    runs: runs.map(({ id, name, series }) => ({
      id,
      name,
      series: series.size,
      points: [...series.values()].reduce((sum, { steps }) => sum + steps.length, 0),
    })),
    level,
    findings: audit(runs, { level }),
  };
}
