/**
 * @file Trains runs of one shape in lock-step as one program, inside a worker process: each under its own lease, from the
 * best state on disk, measured, saved and committed as if it were alone.
 *
 * It can be stopped or killed at any moment and called again: runs that were committed farther than others wait until these
 * have caught up. A run whose training breaks fails like any other; the rest go on.
 */
import { type LossNotFiniteError, numericsKeyOf, runIdOf } from "../../core/index.ts";
import type { WorkerContext } from "../../fleet/index.ts";
import type { EnsembleTrainer } from "../../lab/index.ts";
import type { RunWriter, Workspace } from "../../store/index.ts";
import { acquireRun } from "../acquireRun.ts";
import { openEnsemble } from "../openTrainer.ts";
import { parentFailure } from "../runFailure.ts";
import { forkStepOf, keepWhatBroke, marksOf, pause, payAt, type RunInHand, refuseOtherNumerics } from "../runMarks.ts";
import type { TrainGroupJob, TrainJob, TrainProgress, TrainResult } from "../runSpec.ts";
import { findStartState } from "../startState.ts";

export interface TrainGroupOptions {
  readonly workspace: Workspace;
  readonly job: TrainGroupJob;
  readonly context: WorkerContext;
  readonly clock: () => number;
}

/** Results in the order in which runs came to their end. */
export async function trainGroup(options: TrainGroupOptions): Promise<{ result: TrainResult[] } | "stopped"> {
  const { workspace, job, context, clock } = options;
  const taken: { writer: RunWriter; spec: TrainJob["spec"] }[] = [];
  try {
    // In one order everywhere, so that two sessions never wait for each other.
    for (const spec of [...job.specs].sort((a, b) => (runIdOf(a.meaning) < runIdOf(b.meaning) ? -1 : 1))) {
      const writer = await acquireRun({ workspace, meaning: spec.meaning, signal: context.signal, clock });
      if (writer === undefined) return "stopped";
      taken.push({ writer, spec });
    }
    const results = taken.flatMap(({ writer, spec }) => inheritedFailure(workspace, writer, spec));
    const failed = new Set(results.map(({ run }) => run));
    const left = taken.filter(({ writer }) => !failed.has(writer.id));
    if (left.length === 0) return { result: results };
    const ensemble = await openEnsemble(
      left.map(({ spec }) => spec.meaning),
      { cacheDir: workspace.cacheDir, ensemble: job.ensemble },
    );
    try {
      const trained = await new GroupTraining(options, ensemble, left).train();
      return trained === "stopped" ? "stopped" : { result: [...results, ...trained] };
    } finally {
      await ensemble.close();
    }
  } finally {
    for (const { writer } of taken) writer.release();
  }
}

function inheritedFailure(workspace: Workspace, writer: RunWriter, { meaning }: TrainJob["spec"]): TrainResult[] {
  const before = parentFailure(workspace, meaning);
  if (before === undefined) return [];
  const failure = `its parent, run ${meaning.lineage?.parent}, failed at step ${before.step}, before the fork`;
  writer.fail(failure);
  return [{ run: writer.id, steps: 0, trainMs: 0, measureMs: 0, stepsShared: 0, damaged: [], failure }];
}

interface GroupRun extends RunInHand {
  /** In the ensemble. */
  readonly index: number;
  readonly from: number;
  readonly stepsShared: number;
  readonly damaged: readonly string[];
  /** Still owed, ascending; the next one may be where it stands. */
  marks: readonly number[];
}

class GroupTraining {
  private readonly options: TrainGroupOptions;
  private readonly ensemble: EnsembleTrainer;
  private readonly taken: readonly { readonly writer: RunWriter; readonly spec: TrainJob["spec"] }[];
  private readonly results: TrainResult[] = [];
  /** Of runs that are not finished. */
  private readonly held = new Set<RunWriter>();

  constructor(options: TrainGroupOptions, ensemble: EnsembleTrainer, taken: GroupTraining["taken"]) {
    this.options = options;
    this.ensemble = ensemble;
    this.taken = taken;
  }

  async train(): Promise<TrainResult[] | "stopped"> {
    for (const { writer } of this.taken) this.held.add(writer);
    let runs: GroupRun[] = [];
    for (const index of this.taken.keys()) runs.push(await this.start(index));
    for (const run of runs) if (run.marks.length === 0) await this.complete(run);
    runs = runs.filter(({ marks }) => marks.length > 0);
    while (runs.length > 0) {
      const step = Math.min(...runs.map(({ trainer }) => trainer.step));
      const group = runs.filter(({ trainer }) => trainer.step === step);
      const owed = group.flatMap(({ marks }) => marks.slice(0, 1));
      const ahead = runs.filter((run) => !group.includes(run)).map(({ trainer }) => trainer.step);
      const target = Math.min(...owed, ...ahead);
      const failures = target === step ? NONE : await this.advance(group, target - step);
      for (const run of group) {
        const failure = failures.get(run.index);
        if (failure !== undefined) this.finish(run, keepWhatBroke(failure, run));
        else if (run.trainer.step === target) await this.pay(run);
      }
      runs = runs.filter((run) => run.marks.length > 0 && !failures.has(run.index));
      if (!this.options.context.signal.aborted) continue;
      // Those ahead of the others stand where they were committed.
      for (const run of runs) if (group.includes(run)) pause(run);
      return runs.length > 0 ? "stopped" : this.results;
    }
    return this.results;
  }

  private async start(index: number): Promise<GroupRun> {
    const { workspace, clock } = this.options;
    const { writer, spec } = this.taken[index];
    const trainer = this.ensemble.run(index);
    refuseOtherNumerics(writer.manifest, trainer.numerics);
    const damaged: string[] = [];
    const numericsKey = numericsKeyOf(trainer.numerics);
    const start = await findStartState({ workspace, spec, numericsKey, damaged });
    if (start !== undefined) trainer.restore(start.snapshot);
    const from = trainer.step;
    writer.resumeFrom(start === undefined || from <= forkStepOf(spec) ? "start" : from);
    const times = { trainMs: 0, measureMs: 0 };
    const stepsShared = start?.shared ?? 0;
    return { index, trainer, writer, spec, clock, times, from, stepsShared, damaged, marks: marksOf(spec, from) };
  }

  private async advance(group: readonly GroupRun[], steps: number): Promise<ReadonlyMap<number, LossNotFiniteError>> {
    const { context, clock } = this.options;
    const began = clock();
    let told = group[0].trainer.step;
    const onProgress = (step: number) => {
      context.progress({ step, stepsAdded: (step - told) * group.length } satisfies TrainProgress);
      told = step;
      for (const writer of this.held) writer.renewIfDue();
    };
    const only = group.map(({ index }) => index);
    const { failures } = await this.ensemble.advance({ steps, signal: context.signal, onProgress, only });
    for (const { times } of group) times.trainMs += (clock() - began) / group.length;
    return failures;
  }

  private async pay(run: GroupRun): Promise<void> {
    const [mark, ...rest] = run.marks;
    if (mark !== run.trainer.step) return;
    await payAt(mark, run);
    run.marks = rest;
    if (rest.length === 0) await this.complete(run);
  }

  private async complete(run: GroupRun): Promise<void> {
    if (run.spec.complete) await run.writer.seal();
    this.finish(run);
  }

  private finish(run: GroupRun, failure?: string): void {
    const { trainer, writer, from, times, stepsShared, damaged } = run;
    this.results.push({ run: writer.id, steps: trainer.step - from, ...times, stepsShared, damaged, failure });
    this.held.delete(writer);
    writer.release();
  }
}

const NONE: ReadonlyMap<number, LossNotFiniteError> = new Map();
