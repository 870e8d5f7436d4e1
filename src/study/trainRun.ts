/**
 * @file Trains one run as far as a job asks, inside a worker process: takes its lease, starts from the best state that
 * is on disk, measures and saves where told, and commits.
 *
 * It can be stopped or killed at any moment and called again: what is committed is not computed twice, and what is
 * computed again has the same bits. Training that breaks (LOSS_NOT_FINITE) is a result, not an error: what was measured
 * before it is kept, with the last finite state, and the run is marked as failed.
 */
import {
  LossNotFiniteError,
  type Manifest,
  type Numerics,
  numericsKeyOf,
  type Point,
  runIdOf,
  type Trainer,
} from "../core/index.ts";
import type { WorkerContext } from "../fleet/index.ts";
import type { RunWriter, Workspace } from "../store/index.ts";
import { acquireRun } from "./acquireRun.ts";
import { isOfOtherNumerics, numericsDiffer } from "./numerics.ts";
import { openTrainer } from "./openTrainer.ts";
import { failureText, parentFailure } from "./runFailure.ts";
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
    const trainer = await openTrainer(meaning, workspace.cacheDir);
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
  const training: Training = { trainer, writer, spec, context, clock, times };
  try {
    for (const mark of marksOf(spec, from)) if (!(await advanceTo(mark, training))) return "stopped";
  } catch (error) {
    if (!(error instanceof LossNotFiniteError)) throw error;
    return resultOf(keepWhatBroke(error, training));
  }
  if (spec.complete) await writer.seal();
  return resultOf();
}

interface Training {
  readonly trainer: Trainer;
  readonly writer: RunWriter;
  readonly spec: TrainJob["spec"];
  readonly context: WorkerContext;
  readonly clock: () => number;
  readonly times: { trainMs: number; measureMs: number };
}

/** Trains to a step at which something is owed, and does it. False when it was stopped on the way. */
async function advanceTo(mark: number, training: Training): Promise<boolean> {
  const { trainer, writer, spec, context, clock, times } = training;
  const numerics = { numericsKey: numericsKeyOf(trainer.numerics), numerics: trainer.numerics };
  if (trainer.step < mark) {
    const began = clock();
    let told = trainer.step;
    const onProgress = (step: number) => {
      context.progress({ step, stepsAdded: step - told } satisfies TrainProgress);
      told = step;
      writer.renewIfDue();
    };
    await trainer
      .advance({ steps: mark - trainer.step, signal: context.signal, onProgress })
      .finally(() => (times.trainMs += clock() - began));
    if (trainer.step < mark) {
      // Between marks nothing is owed, so the state can be kept as it is. At a mark, what is owed comes first.
      if (trainer.step >= forkStepOf(spec))
        writer.commit({ step: trainer.step, status: "paused", checkpoint: trainer.snapshot(), ...numerics });
      return false;
    }
  }
  if (spec.measureAt.includes(mark)) {
    const began = clock();
    const measured = await trainer.measure({ detail: spec.fullAt.includes(mark) ? "full" : "quick" });
    times.measureMs += clock() - began;
    writer.append(measured.map((value): Point => ({ step: mark, wallMs: clock(), ...value })));
  }
  const last = mark === spec.until;
  if (last || spec.checkpointAt.includes(mark))
    writer.commit({
      ...numerics,
      step: mark,
      status: last ? (spec.complete ? "complete" : "paused") : "running",
      checkpoint: spec.checkpointAt.includes(mark) ? trainer.snapshot() : undefined,
    });
  return true;
}

/** Commits up to the update that broke, with the state before it, and marks the run as failed. Returns why. */
function keepWhatBroke(error: LossNotFiniteError, { trainer, writer, spec }: Training): string {
  const { step, beganFinite } = error.what;
  if (step >= forkStepOf(spec))
    writer.commit({
      step,
      status: "running",
      checkpoint: beganFinite ? trainer.snapshot() : undefined,
      numericsKey: numericsKeyOf(trainer.numerics),
      numerics: trainer.numerics,
    });
  const failure = failureText(error, writer.reader);
  writer.fail(failure);
  return failure;
}

/** Steps at which something is owed, ascending, after `from`; the last is the end. */
function marksOf(spec: TrainJob["spec"], from: number): number[] {
  const steps = new Set([...spec.measureAt, ...spec.checkpointAt, spec.until]);
  return [...steps]
    .filter((step) => step <= spec.until && (step > from || (step === from && spec.checkpointAt.includes(step))))
    .sort((a, b) => a - b);
}

function forkStepOf({ meaning }: TrainJob["spec"]): number {
  return meaning.lineage?.forkStep ?? 0;
}

/** A session looks before it sends jobs; here it is looked at again, since another one may have come in between. */
function refuseOtherNumerics(manifest: Manifest, here: Numerics): void {
  if (!isOfOtherNumerics(manifest, here)) return;
  throw numericsDiffer([manifest], here, {
    what: `Run ${manifest.id}`,
    wayOut: "use another workspace (--home), remove the run's folder, or go on where it was begun",
  });
}
