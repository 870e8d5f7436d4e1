/**
 * @file One `.wandb` log of 1.1 million values in 110,000 rows, every checksum checked. The peer walks the same framing in
 * Python and decodes with wandb's own protobuf classes, as wandb's reader did while it was written in Python.
 */
import type { BenchRow } from "../harness.ts";
import { readingRows } from "./reading.ts";
import { WANDB_VALUES, writeWandbFile } from "./sourceFiles.ts";
import type { BridgesRequest } from "./suite.ts";

export function wandbRows(request: BridgesRequest): Promise<BenchRow[]> {
  return readingRows(
    {
      format: "wandb",
      title: ".wandb log of 1.1 · 10⁶ values",
      points: WANDB_VALUES,
      goalMs: 500,
      goalMiB: 300,
      peerName: "wandb's protobuf classes (Python)",
      peerTurns: 3,
      write: writeWandbFile,
    },
    request,
  );
}
