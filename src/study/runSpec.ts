/**
 * @file What the study asks of one run, and the job that is sent to a worker for it.
 */
import type { RunMeaning } from "../core/index.ts";
import type { LineageRow } from "./results.ts";

export interface RunSpec {
  readonly role: LineageRow["role"];
  readonly label: string;
  readonly meaning: RunMeaning;
  /** Trained up to this step. */
  readonly until: number;
  /** Steps at which measures are taken, ascending; steps at or before a branch's fork belong to its parent. */
  readonly measureAt: readonly number[];
  /** Of these, the steps at which every held-out item is used. */
  readonly fullAt: readonly number[];
  /** Steps whose whole state is kept. */
  readonly checkpointAt: readonly number[];
  /** False: the run is paused at `until` and will go on later. */
  readonly complete: boolean;
}

/** Plain data, since it crosses to a child process. */
export interface TrainJob {
  readonly home: string;
  readonly spec: Omit<RunSpec, "role" | "label">;
}

export interface TrainResult {
  readonly run: string;
  /** Steps computed by this job, including those computed again after a crash. */
  readonly steps: number;
  readonly trainMs: number;
  readonly measureMs: number;
  /** A branch's steps that were taken from its parent. */
  readonly stepsShared: number;
  /** Checkpoints that were found damaged or missing and were computed again. */
  readonly damaged: readonly string[];
  readonly numericsKey: string;
}

export interface TrainProgress {
  readonly step: number;
  readonly stepsAdded: number;
}
