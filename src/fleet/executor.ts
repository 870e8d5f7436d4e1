/**
 * @file The one interface behind which jobs run: local child processes now, batch systems later.
 *
 * A job is a payload that a worker understands and that can be run again from the start without harm: the worker looks
 * at the files, does what is missing, and answers. So a job whose worker died is simply submitted again.
 */

export interface Job {
  /** Shown in messages, e.g. "run r3f… to step 2000". */
  readonly name: string;
  /** Plain data: it crosses a process boundary as JSON. */
  readonly payload: unknown;
}

export type JobOutcome =
  | { readonly status: "done"; readonly result: unknown; readonly workerDeaths: number }
  /** The signal was raised: the worker committed what it had and stopped. */
  | { readonly status: "stopped" };

export interface JobOptions {
  readonly signal?: AbortSignal;
  /** Progress messages of the worker, as it sends them. */
  readonly onProgress?: (progress: unknown) => void;
}

export interface Executor extends AsyncDisposable {
  /** Jobs that run at the same time. */
  readonly slots: number;
  /** Runs one job when a slot is free. Rejects with JOB_FAILED (the worker's own error) or WORKER_DIED (too many deaths). */
  run(job: Job, options?: JobOptions): Promise<JobOutcome>;
  /** Largest resident memory of one worker seen so far, bytes. */
  readonly peakWorkerMemoryBytes: number;
}

/** What a worker module receives for each job. */
export interface WorkerContext {
  readonly signal: AbortSignal;
  progress(value: unknown): void;
}

/** A worker's job function. Returns "stopped" when the signal made it stop early. */
export type WorkerFunction = (payload: unknown, context: WorkerContext) => Promise<{ result: unknown } | "stopped">;
