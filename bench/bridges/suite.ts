/**
 * @file Suite `bridges`: other tools' files read with everything checked, each time in a process of its own, and stored series
 * shown; next to the producers' own readers in Python.
 */
import type { BenchRow } from "../harness.ts";
import { lmEvalRows } from "./lmEval.ts";
import { storedSeriesRows } from "./storedSeries.ts";
import { tfeventsRows } from "./tfevents.ts";
import { wandbRows } from "./wandb.ts";

export interface BridgesRequest {
  readonly root: string;
  readonly turns: number;
  /** Empty: all. */
  readonly only: readonly string[];
}

const CASES: Readonly<Record<string, (request: BridgesRequest) => Promise<BenchRow[]>>> = {
  tfevents: tfeventsRows,
  wandb: wandbRows,
  lmEval: lmEvalRows,
  stored: ({ turns }) => storedSeriesRows(turns),
};
export const BRIDGE_CASES = Object.keys(CASES);

export async function bridgesSuite(request: BridgesRequest): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, run] of Object.entries(CASES))
    if (request.only.length === 0 || request.only.includes(name)) rows.push(...(await run(request)));
  return rows;
}
