/**
 * @file What the study asks of one run, and the jobs that are sent to a worker for it.
 */
import type { EnsembleMembership, Numerics, RunMeaning } from "../core/index.ts";
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
  readonly kind: "train";
  readonly home: string;
  readonly spec: Omit<RunSpec, "role" | "label">;
}

/** Runs of one organism and shape, trained in lock-step as one program. */
export interface TrainGroupJob {
  readonly kind: "trainGroup";
  readonly home: string;
  readonly specs: readonly TrainJob["spec"][];
  readonly ensemble: EnsembleMembership;
}

/** How many of these runs are best trained at once; trains nothing, writes nothing. */
export interface ChooseJob {
  readonly kind: "choose";
  readonly meanings: readonly RunMeaning[];
  readonly candidates: readonly number[];
  readonly isExactOnly: boolean;
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
  /** Training broke, and how; what was measured up to there is on disk. */
  readonly failure?: string;
}

export interface TrainProgress {
  readonly step: number;
  readonly stepsAdded: number;
}

/** Opens a run's trainer and says what it would be trained with; trains nothing, writes nothing. */
export interface InspectJob {
  readonly kind: "inspect";
  readonly meaning: RunMeaning;
  readonly ensemble?: EnsembleMembership;
}

export interface InspectResult {
  readonly numerics: Numerics;
  /** Resident memory of the worker with the trainer open, bytes. */
  readonly openBytes: number;
  /** What training is expected to take besides, bytes; absent where the device cannot say. */
  readonly trainingBytes?: number;
}

/** Trains a stored run again and compares it with itself; writes nothing. */
export interface ReplayJob {
  readonly kind: "replay";
  readonly home: string;
  readonly run: string;
  /** 0, or the step of a checkpoint of the run or its ancestors; absent: 0. */
  readonly from?: number;
  /** Absent: the run's last step. */
  readonly until?: number;
  /** Compare within this, as a share of a tensor's largest value, instead of bit for bit, whatever the numerics. */
  readonly tolerance?: number;
}

export type WorkerJob = TrainJob | TrainGroupJob | ChooseJob | InspectJob | ReplayJob;
