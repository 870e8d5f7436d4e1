/**
 * @file One sitting of a study: the workspace, the workers, the ledger, and the tally of what was done.
 *
 * `train` is the only way in which the rungs get runs: it looks at the files, sends what is missing to the workers, and
 * hands back the trajectories as they stand on disk.
 */
import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { type EnsembleMembership, OntogenyError, type Point, type RunMeaning, runIdOf } from "../core/index.ts";
import type { MembersChoice } from "../engine/index.ts";
import { availableMemoryBytes } from "../engine/native.ts";
import { type Executor, LocalExecutor } from "../fleet/index.ts";
import { type Ledger, Workspace } from "../store/index.ts";
import { type EnsembleMode, EnsemblePlans, type RunJob } from "./ensemble/ensemblePlans.ts";
import { RunTrajectory } from "./outcomes.ts";
import { memoryWarning, processKey, requireOwnNumerics } from "./preflight.ts";
import type { LineageRow } from "./results.ts";
import { failureOf } from "./runFailure.ts";
import type {
  ChooseJob,
  InspectJob,
  InspectResult,
  RunSpec,
  TrainGroupJob,
  TrainJob,
  TrainProgress,
  TrainResult,
} from "./runSpec.ts";
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
  /** Whether runs of one shape may be trained at once where that is faster. Default "exact": only where bits stay the same. */
  readonly ensembles?: EnsembleMode;
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
  private readonly ensembles: EnsemblePlans;
  private readonly report: (event: StudyProgress) => void;
  private readonly inspected = new Map<string, Promise<InspectResult>>();
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
    this.ensembles = new EnsemblePlans({
      workspace,
      workers: executor.slots,
      mode: options.ensembles ?? "exact",
      choose: (asked) => this.choose(asked),
      say: (message) => this.warn(message),
    });
  }

  static async open(options: SessionOptions): Promise<Session> {
    const executor = openWorkers(options.workers ?? Math.max(1, availableParallelism()));
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
    const missing = await this.missing(specs);
    await this.prepare(missing);
    const jobs = missing.length === 0 ? [] : await this.ensembles.jobsOf(specs, missing);
    for (const { ensemble, specs: together } of jobs)
      if (ensemble !== undefined) await this.inspect(together[0].meaning, ensemble);
    for (const spec of specs) if (!missing.includes(spec)) this.stepsDone += ownSteps(spec);
    done = specs.length - missing.length;
    tell();
    await Promise.all(
      jobs.map(async (job) => {
        await this.runJob(job, tell);
        done += job.specs.length;
        tell();
      }),
    );
    for (const spec of specs) this.note(runIdOf(spec.meaning), spec); // in their order, not in that of their ends
    return Promise.all(specs.map(({ meaning }) => this.trajectory(meaning)));
  }

  /** Of these, the ones of which something is not on disk. */
  async missing(specs: readonly RunSpec[]): Promise<RunSpec[]> {
    const done = await Promise.all(specs.map((spec) => this.isDone(runIdOf(spec.meaning), spec)));
    return specs.filter((_, i) => !done[i]);
  }

  /**
   * Looks at what is about to be trained before any of it is. Throws NUMERICS_DIFFER when runs that would be continued or
   * branched were made under another key; says so when the workers are not expected to fit in memory.
   */
  async prepare(specs: readonly RunSpec[]): Promise<void> {
    if (specs.length === 0) return;
    const meanings = specs.map(({ meaning }) => meaning);
    const own = new Set(this.results.map(({ run }) => run));
    await requireOwnNumerics({
      workspace: this.workspace,
      meanings,
      inspect: (meaning, ensemble) => this.inspect(meaning, ensemble),
      isOwn: (run) => own.has(run),
    });
    if (this.inspected.size === 0) await this.inspect(meanings[0]);
  }

  /** Once for each process and ensemble. */
  private inspect(meaning: RunMeaning, ensemble?: EnsembleMembership): Promise<InspectResult> {
    const key = processKey(meaning, ensemble);
    let inspected = this.inspected.get(key);
    if (inspected === undefined) {
      inspected = this.inspectWith(meaning, ensemble);
      this.inspected.set(key, inspected);
    }
    return inspected;
  }

  private async inspectWith(meaning: RunMeaning, ensemble?: EnsembleMembership): Promise<InspectResult> {
    const payload: InspectJob = { kind: "inspect", meaning, ensemble };
    const job = { name: `look at run ${runIdOf(meaning)}`, payload };
    const outcome = await this.executor.run(job, { signal: this.signal });
    if (outcome.status === "stopped") throw new StoppedError();
    const inspected = outcome.result as InspectResult;
    const warning = memoryWarning({ workers: this.workers, inspected, availableBytes: availableMemoryBytes() });
    if (warning !== undefined) this.warn(warning);
    return inspected;
  }

  /** The trajectory on disk, with the parent's part before the fork. */
  async trajectory(meaning: RunMeaning): Promise<RunTrajectory> {
    const run = runIdOf(meaning);
    return new RunTrajectory(run, await this.points(meaning), failureOf(this.workspace, this.workspace.run(run)));
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

  /** A failed run is done when it has what it can have: it would fail again with the same bits. */
  private async isDone(run: string, spec: RunSpec): Promise<boolean> {
    const reader = maybeRun(this.workspace, run);
    if (reader === undefined) return false;
    const { step, status } = reader.manifest();
    if (status === "failed") return (await firstMissing(reader, upTo(spec, step))) === undefined;
    if (step < spec.until || (spec.complete && status !== "complete")) return false;
    return (await firstMissing(reader, spec)) === undefined;
  }

  private warn(message: string): void {
    const { stepsDone, stepsTotal } = this;
    this.report({ phase: "before training", done: 0, total: 0, stepsDone, stepsTotal, message });
  }

  private async runJob({ ensemble, specs }: RunJob, tell: (message?: string) => void): Promise<void> {
    const [{ label, meaning, until }] = specs;
    const jobs = specs.map(({ role: _role, label: _label, ...job }) => job);
    const { home } = this;
    const payload: TrainJob | TrainGroupJob =
      ensemble === undefined
        ? { kind: "train", home, spec: jobs[0] }
        : { kind: "trainGroup", home, specs: jobs, ensemble };
    const others = specs.length > 1 ? ` and ${specs.length - 1} more` : "";
    const outcome = await this.executor.run(
      { name: `${label} (run ${runIdOf(meaning)})${others} to step ${until}`, payload },
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
    const labels = new Map(specs.map((spec) => [runIdOf(spec.meaning) as string, spec.label]));
    for (const result of [outcome.result as TrainResult | TrainResult[]].flat()) {
      this.results.push(result);
      this.messages.push(...result.damaged);
      // The rest stands in the manifest: what was not finite, and the way out.
      if (result.failure !== undefined)
        tell(`${labels.get(result.run)} (run ${result.run}) failed: ${result.failure.split("; ")[0]}`);
    }
  }

  private async choose(asked: Omit<ChooseJob, "kind">): Promise<MembersChoice> {
    const payload: ChooseJob = { kind: "choose", ...asked };
    const outcome = await this.executor.run(
      { name: "measure how many runs to train at once", payload },
      { signal: this.signal },
    );
    if (outcome.status === "stopped") throw new StoppedError();
    return outcome.result as MembersChoice;
  }

  private note(run: string, { role, label, meaning, until }: RunSpec): void {
    const failure = failureOf(this.workspace, this.workspace.run(run));
    this.lineage.set(run, {
      run,
      role,
      label,
      parent: meaning.lineage?.parent,
      forkStep: meaning.lineage?.forkStep,
      step: failure === undefined ? until : Math.min(until, failure.step),
      seeds: meaning.seeds,
      failure: failure?.text,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.executor[Symbol.asyncDispose]();
  }
}

/** The workers of a session: this package's own entry point in child processes. */
export function openWorkers(workers: number): Executor {
  return LocalExecutor.open({ entry: new URL("./worker.js", import.meta.url), workers });
}

/** What is asked of a run up to a step. */
function upTo(spec: RunSpec, last: number): RunSpec {
  const within = (steps: readonly number[]) => steps.filter((step) => step <= last);
  return { ...spec, measureAt: within(spec.measureAt), checkpointAt: within(spec.checkpointAt) };
}

/** Steps that a run trains itself, its parent's not counted. */
export function ownSteps({ until, meaning }: Pick<RunSpec, "until" | "meaning">): number {
  return until - (meaning.lineage?.forkStep ?? 0);
}
