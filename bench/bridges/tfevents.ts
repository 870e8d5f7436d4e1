/**
 * @file One event file of 1,000,000 scalars, both checksums of every record checked. The peer is tensorboard's
 * EventAccumulator, which checks them too, keeping every point.
 */
import type { BenchRow } from "../harness.ts";
import { readingRows } from "./reading.ts";
import { SCALARS, writeEventFile } from "./sourceFiles.ts";
import type { BridgesRequest } from "./suite.ts";

export function tfeventsRows(request: BridgesRequest): Promise<BenchRow[]> {
  return readingRows(
    {
      format: "tfevents",
      title: "event file of 10⁶ scalars",
      points: SCALARS,
      goalMs: 500,
      goalMiB: 300,
      peerName: "tensorboard's EventAccumulator (Python)",
      peerTurns: 1,
      write: writeEventFile,
    },
    request,
  );
}
