/**
 * @file Jobs in child processes on this machine, one job at a time each.
 *
 * A child is kept for many jobs, since starting one costs far more than a short run. A child that dies (SIGKILL, out of
 * memory) is replaced and its job submitted again, up to `maxDeaths` times. Worker threads are not used: ending one in
 * the middle of a native call aborts the whole process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { OntogenyError } from "../core/index.ts";
import type { Executor, Job, JobOptions, JobOutcome } from "./executor.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export interface LocalExecutorOptions {
  /** The worker module (a JavaScript file) that calls `serveJobs`. */
  readonly entry: string | URL;
  readonly workers: number;
  /** Times that one job may lose its worker before it is given up. */
  readonly maxDeaths?: number;
}

interface Task {
  readonly id: number;
  readonly job: Job;
  readonly options: JobOptions;
  deaths: number;
  readonly resolve: (outcome: JobOutcome) => void;
  readonly reject: (error: unknown) => void;
  abortListener?: () => void;
}

interface Slot {
  child?: ChildProcess;
  task?: Task;
}

export class LocalExecutor implements Executor {
  readonly slots: number;
  peakWorkerMemoryBytes = 0;
  private readonly entry: string | URL;
  private readonly maxDeaths: number;
  private readonly pool: Slot[];
  private readonly queue: Task[] = [];
  private nextId = 1;
  private closed = false;

  private constructor({ entry, workers, maxDeaths = 3 }: LocalExecutorOptions) {
    if (!Number.isInteger(workers) || workers < 1)
      throw new OntogenyError("WORKERS_INVALID", `Workers: expected a whole number of at least 1, got ${workers}`);
    this.entry = entry;
    this.slots = workers;
    this.maxDeaths = maxDeaths;
    this.pool = Array.from({ length: workers }, () => ({}));
  }

  static open(options: LocalExecutorOptions): LocalExecutor {
    return new LocalExecutor(options);
  }

  run(job: Job, options: JobOptions = {}): Promise<JobOutcome> {
    if (this.closed)
      return Promise.reject(new OntogenyError("EXECUTOR_CLOSED", `Job "${job.name}": the executor is closed`));
    if (options.signal?.aborted) return Promise.resolve({ status: "stopped" });
    return new Promise((resolve, reject) => {
      const task: Task = { id: this.nextId++, job, options, deaths: 0, resolve, reject };
      task.abortListener = () => this.stop(task);
      options.signal?.addEventListener("abort", task.abortListener, { once: true });
      this.queue.push(task);
      this.dispatch();
    });
  }

  private dispatch(): void {
    for (const slot of this.pool) {
      if (slot.task !== undefined) continue;
      const task = this.queue.shift();
      if (task === undefined) return;
      slot.task = task;
      slot.child ??= this.spawn(slot);
      this.post(slot, { type: "job", id: task.id, payload: task.job.payload });
    }
  }

  private spawn(slot: Slot): ChildProcess {
    const child = fork(this.entry, [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
    });
    child.on("message", (message: FromWorker) => this.receive(slot, child, message));
    child.on("error", () => {});
    child.on("exit", (code, signal) => {
      if (slot.child === child) slot.child = undefined;
      this.onExit(slot, signal ?? `exit code ${code}`, lastWords);
    });
    return child;
  }

  private post(slot: Slot, message: ToWorker): void {
    slot.child?.send(message, () => {}); // a failed send means that the child is gone; its exit is handled there
  }

  private receive(slot: Slot, child: ChildProcess, message: FromWorker): void {
    if (slot.child !== child || message.type === "ready" || slot.task?.id !== message.id) return;
    const task = slot.task;
    if ("rssBytes" in message) this.peakWorkerMemoryBytes = Math.max(this.peakWorkerMemoryBytes, message.rssBytes);
    if (message.type === "progress") {
      task.options.onProgress?.(message.value);
      return;
    }
    slot.task = undefined;
    this.settle(task);
    if (message.type === "done") task.resolve({ status: "done", result: message.result, workerDeaths: task.deaths });
    else if (message.type === "stopped") task.resolve({ status: "stopped" });
    else task.reject(new OntogenyError(message.code, message.message, { cause: message.stack }));
    this.dispatch();
  }

  private onExit(slot: Slot, how: string, lastWords: string): void {
    const task = slot.task;
    slot.task = undefined;
    if (task === undefined || this.closed) return;
    task.deaths++;
    if (task.options.signal?.aborted) {
      this.settle(task);
      task.resolve({ status: "stopped" });
    } else if (task.deaths > this.maxDeaths) {
      this.settle(task);
      task.reject(
        new OntogenyError(
          "WORKER_DIED",
          `Job "${task.job.name}": its worker died ${task.deaths} times (last: ${how}); look at the message below, free memory or lower --workers, and run again${lastWords === "" ? "" : `\n${lastWords.trim()}`}`,
        ),
      );
    } else this.queue.unshift(task);
    this.dispatch();
  }

  private stop(task: Task): void {
    const queued = this.queue.indexOf(task);
    if (queued >= 0) {
      this.queue.splice(queued, 1);
      this.settle(task);
      task.resolve({ status: "stopped" });
      return;
    }
    const slot = this.pool.find((candidate) => candidate.task === task);
    if (slot !== undefined) this.post(slot, { type: "stop", id: task.id });
  }

  private settle(task: Task): void {
    if (task.abortListener !== undefined) task.options.signal?.removeEventListener("abort", task.abortListener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await Promise.all(
      this.pool.map(async ({ child }) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
        if (child.connected) child.disconnect();
        const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
        await ended;
        clearTimeout(timer);
      }),
    );
  }
}
