/**
 * @file Where everything of a run stands (DESIGN §4). Names only: nothing is read or written here.
 */
import path from "node:path";

export class RunPaths {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get manifest(): string {
    return path.join(this.folder, "run.json");
  }
  get points(): string {
    return path.join(this.folder, "metrics.parquet");
  }
  get events(): string {
    return path.join(this.folder, "events.jsonl");
  }
  get attempts(): string {
    return path.join(this.folder, "attempts");
  }
  get checkpoints(): string {
    return path.join(this.folder, "checkpoints");
  }
  get probes(): string {
    return path.join(this.folder, "probes");
  }
  attemptMetrics(attempt: number): string {
    return path.join(this.attempts, String(attempt), "metrics.jsonl");
  }
  attemptStart(attempt: number): string {
    return path.join(this.attempts, String(attempt), "attempt.json");
  }
  checkpointState(step: number): string {
    return path.join(this.checkpoints, `${checkpointName(step)}.safetensors`);
  }
  checkpointMeta(step: number): string {
    return path.join(this.checkpoints, `${checkpointName(step)}.json`);
  }
  probe(step: number, probe: string, version: string): string {
    return path.join(this.probes, `${checkpointName(step)}-${probe}@${version}.json`);
  }
}

/** "step-000000500": nine digits, more when needed. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

/** The step in "step-000000500.json"; undefined for other names. */
export function maybeCheckpointStep(metaName: string): number | undefined {
  const match = /^step-(\d{9,})\.json$/.exec(metaName);
  return match === null ? undefined : Number(match[1]);
}
