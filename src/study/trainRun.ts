/**
 * @file Trains one run as far as a job asks, inside a worker process: takes its lease, starts from the best state that
 * is on disk, measures and saves where told, and commits.
 *
 * It can be stopped or killed at any moment and called again: what is committed is not computed twice, and what is
 * computed again has the same bits. Training that breaks (LOSS_NOT_FINITE) is a result, not an error: what was measured
 * before it is kept, with the last finite state, and the run is marked as failed.
 */
import { LossNotFiniteError, numericsKeyOf, runIdOf, type Trainer } from "../core/index.ts";
import type { WorkerContext } from "../fleet/index.ts";
import type { RunWriter, Workspace } from "../store/index.ts";
import { acquireRun } from "./acquireRun.ts";
import { openTrainer } from "./openTrainer.ts";
import { parentFailure } from "./runFailure.ts";
import { forkStepOf, keepWhatBroke, marksOf, pause, payAt, type RunInHand, refuseOtherNumerics } from "./runMarks.ts";
import type { TrainJob, TrainProgress, TrainResult } from "./runSpec.ts";
import { findStartState } from "./startState.ts";

export interface TrainRunOptions {
  readonly workspace: Workspace;
  readonly spec: TrainJob["spec"];
  readonly context: WorkerContext;
  readonly clock: () => number;
}

export async function trainRun(options: TrainRunOptions): Promise<{ result: TrainResult } | "stopped"> {
  const { workspace, spec, context, clock } = options;
  const { meaning } = spec;
  const writer = await acquireRun({ workspace, meaning, signal: context.signal, clock });
  if (writer === undefined) return "stopped";
  try {
    const before = parentFailure(workspace, meaning);
    if (before !== undefined) {
      const failure = `its parent, run ${meaning.lineage?.parent}, failed at step ${before.step}, before the fork`;
      writer.fail(failure);
      const nothing = { steps: 0, trainMs: 0, measureMs: 0, stepsShared: 0, damaged: [] };
      return { result: { run: runIdOf(meaning), ...nothing, failure } };
    }
    const trainer = await openTrainer(meaning, { cacheDir: workspace.cacheDir });
    try {
      return await trainWith(trainer, writer, options);
    } finally {
      await trainer.close();
    }
  } finally {
    writer.release();
  }
}

async function trainWith(
  trainer: Trainer,
  writer: RunWriter,
  { workspace, spec, context, clock }: TrainRunOptions,
): Promise<{ result: TrainResult } | "stopped"> {
  const { meaning } = spec;
  refuseOtherNumerics(writer.manifest, trainer.numerics);
  const numericsKey = numericsKeyOf(trainer.numerics);
  const damaged: string[] = [];
  const start = await findStartState({ workspace, spec, numericsKey, damaged });
  if (start !== undefined) trainer.restore(start.snapshot);
  const from = trainer.step;
  writer.resumeFrom(start === undefined || from <= forkStepOf(spec) ? "start" : from);
  const times = { trainMs: 0, measureMs: 0 };
  const resultOf = (failure?: string): { result: TrainResult } => ({
    result: {
      run: runIdOf(meaning),
      steps: trainer.step - from,
      ...times,
      stepsShared: start?.shared ?? 0,
      damaged,
      failure,
    },
  });
  const run = { trainer, writer, spec, clock, times };
  try {
    for (const mark of marksOf(spec, from)) if (!(await advanceTo(mark, trainer, run, context))) return "stopped";
  } catch (error) {
    if (!(error instanceof LossNotFiniteError)) throw error;
    return resultOf(keepWhatBroke(error, run));
  }
  if (spec.complete) await writer.seal();
  return resultOf();
}

/** Trains to a step at which something is owed, and does it. False when it was stopped on the way. */
async function advanceTo(
  mark: number,
  trainer: Trainer,
  run: RunInHand,
  { signal, progress }: WorkerContext,
): Promise<boolean> {
  if (trainer.step < mark) {
    const began = run.clock();
    let told = trainer.step;
    const onProgress = (step: number) => {
      progress({ step, stepsAdded: step - told } satisfies TrainProgress);
      told = step;
      run.writer.renewIfDue();
    };
    await trainer
      .advance({ steps: mark - trainer.step, signal, onProgress })
      .finally(() => (run.times.trainMs += run.clock() - began));
    if (trainer.step < mark) {
      pause(run);
      return false;
    }
  }
  await payAt(mark, run);
  return true;
}
