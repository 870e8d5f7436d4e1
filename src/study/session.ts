/**
 * @file One sitting of a study: the workspace, the workers, the ledger, and the tally of what was done.
 *
 * `train` is the only way in which the rungs get runs: it looks at the files, sends what is missing to the workers, and
 * hands back the trajectories as they stand on disk.
 */
import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { OntogenyError, type Point, type RunMeaning, runIdOf } from "../core/index.ts";
import { type Executor, LocalExecutor } from "../fleet/index.ts";
import { type Ledger, Workspace } from "../store/index.ts";
import { RunTrajectory } from "./outcomes.ts";
import type { LineageRow } from "./results.ts";
import type { RunSpec, TrainProgress, TrainResult } from "./runSpec.ts";
import { firstMissing, maybeRun } from "./startState.ts";

export interface StudyProgress {
  readonly phase: string;
  /** Runs of this phase. */
  readonly done: number;
  readonly total: number;
  /** Steps of the whole study; the total is an upper bound until hopeless candidates have been stopped. */
  readonly stepsDone: number;
  readonly stepsTotal: number;
  readonly message?: string;
}

export interface SessionOptions {
  readonly home: string;
  readonly workers?: number;
  readonly signal: AbortSignal;
  readonly progress: (event: StudyProgress) => void;
  readonly clock?: () => number;
}

/** Thrown when the signal was raised: everything that was finished is on disk. */
export class StoppedError extends OntogenyError {
  constructor() {
    super("STOPPED", "Stopped: everything that was computed is on disk; run the same command again to go on");
  }
}

export class Session implements AsyncDisposable {
  readonly workspace: Workspace;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  readonly home: string;
  readonly results: TrainResult[] = [];
  readonly lineage = new Map<string, LineageRow>();
  readonly messages: string[] = [];
  stepsTotal = 0;
  private readonly executor: Executor;
  private readonly report: (event: StudyProgress) => void;
  private stepsDone = 0;
  private workerDeaths = 0;

  private constructor(workspace: Workspace, executor: Executor, options: SessionOptions) {
    this.workspace = workspace;
    this.executor = executor;
    this.ledger = workspace.ledger("study");
    this.signal = options.signal;
    setMaxListeners(0, options.signal); // every waiting job listens
    this.clock = options.clock ?? Date.now;
    this.home = options.home;
    this.report = options.progress;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const executor = LocalExecutor.open({
      entry: new URL("./worker.js", import.meta.url),
      workers: options.workers ?? Math.max(1, availableParallelism()),
    });
    return new Session(await Workspace.open(options.home), executor, options);
  }

  get workers(): number {
    return this.executor.slots;
  }

  get peakMemoryBytes(): number {
    return this.executor.peakWorkerMemoryBytes * this.executor.slots + process.memoryUsage.rss();
  }

  get deaths(): number {
    return this.workerDeaths;
  }

  /** Trajectories in the order of `specs`. Throws StoppedError when the signal is raised. */
  async train(phase: string, specs: readonly RunSpec[]): Promise<RunTrajectory[]> {
    let done = 0;
    const tell = (message?: string) =>
      this.report({
        phase,
        done,
        total: specs.length,
        stepsDone: this.stepsDone,
        stepsTotal: this.stepsTotal,
        message,
      });
    tell();
    await Promise.all(
      specs.map(async (spec) => {
        const run = runIdOf(spec.meaning);
        this.note(run, spec);
        if (await this.isDone(run, spec)) this.stepsDone += ownSteps(spec);
        else await this.runJob(run, spec, tell);
        done++;
        tell();
      }),
    );
    return Promise.all(specs.map(({ meaning }) => this.trajectory(meaning)));
  }

  /** The trajectory on disk, with the parent's part before the fork. */
  async trajectory(meaning: RunMeaning): Promise<RunTrajectory> {
    return new RunTrajectory(runIdOf(meaning), await this.points(meaning));
  }

  private async points(meaning: RunMeaning): Promise<readonly Point[]> {
    const { points } = await this.workspace.run(runIdOf(meaning)).points();
    const { lineage } = meaning;
    if (lineage === undefined) return points;
    const parent = maybeRun(this.workspace, lineage.parent);
    if (parent === undefined) return points;
    const before = await this.points(parent.manifest().meaning);
    return [...before.filter(({ step }) => step <= lineage.forkStep), ...points];
  }

  private async isDone(run: string, spec: RunSpec): Promise<boolean> {
    const reader = maybeRun(this.workspace, run);
    if (reader === undefined) return false;
    const { step, status } = reader.manifest();
    if (step < spec.until || (spec.complete && status !== "complete")) return false;
    return (await firstMissing(reader, spec)) === undefined;
  }

  private async runJob(run: string, spec: RunSpec, tell: () => void): Promise<void> {
    const { role: _role, label, ...job } = spec;
    const outcome = await this.executor.run(
      { name: `${label} (run ${run}) to step ${spec.until}`, payload: { home: this.home, spec: job } },
      {
        signal: this.signal,
        onProgress: (value) => {
          this.stepsDone += (value as TrainProgress).stepsAdded;
          tell();
        },
      },
    );
    if (outcome.status === "stopped") throw new StoppedError();
    this.workerDeaths += outcome.workerDeaths;
    const result = outcome.result as TrainResult;
    this.results.push(result);
    this.messages.push(...result.damaged);
  }

  private note(run: string, { role, label, meaning, until }: RunSpec): void {
    this.lineage.set(run, {
      run,
      role,
      label,
      parent: meaning.lineage?.parent,
      forkStep: meaning.lineage?.forkStep,
      step: until,
      seeds: meaning.seeds,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.executor[Symbol.asyncDispose]();
  }
}

/** Steps that a run trains itself, its parent's not counted. */
export function ownSteps({ until, meaning }: Pick<RunSpec, "until" | "meaning">): number {
  return until - (meaning.lineage?.forkStep ?? 0);
}
