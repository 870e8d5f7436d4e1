/**
 * @file What is owed along a run's way: the steps at which it is measured and saved, and how that reaches the disk.
 */
import {
  type LossNotFiniteError,
  type Manifest,
  type Numerics,
  numericsKeyOf,
  type Point,
  type Trainer,
} from "../core/index.ts";
import type { RunWriter } from "../store/index.ts";
import { isOfOtherNumerics, numericsDiffer } from "./numerics.ts";
import { failureText } from "./runFailure.ts";
import type { TrainJob } from "./runSpec.ts";

/** A run that is being trained, by itself or with others. */
export interface RunInHand {
  readonly trainer: Pick<Trainer, "numerics" | "step" | "snapshot" | "measure">;
  readonly writer: RunWriter;
  readonly spec: TrainJob["spec"];
  readonly clock: () => number;
  readonly times: { trainMs: number; measureMs: number };
}

/** Steps at which something is owed, ascending, after `from`; the last is the end. */
export function marksOf(spec: TrainJob["spec"], from: number): number[] {
  const steps = new Set([...spec.measureAt, ...spec.checkpointAt, spec.until]);
  return [...steps]
    .filter((step) => step <= spec.until && (step > from || (step === from && spec.checkpointAt.includes(step))))
    .sort((a, b) => a - b);
}

/** Measures and commits what is owed at a mark; the run stands there. */
export async function payAt(mark: number, { trainer, writer, spec, clock, times }: RunInHand): Promise<void> {
  if (spec.measureAt.includes(mark)) {
    const began = clock();
    const measured = await trainer.measure({ detail: spec.fullAt.includes(mark) ? "full" : "quick" });
    times.measureMs += clock() - began;
    writer.append(measured.map((value): Point => ({ step: mark, wallMs: clock(), ...value })));
  }
  const last = mark === spec.until;
  if (last || spec.checkpointAt.includes(mark))
    writer.commit({
      ...keyOf(trainer),
      step: mark,
      status: last ? (spec.complete ? "complete" : "paused") : "running",
      checkpoint: spec.checkpointAt.includes(mark) ? trainer.snapshot() : undefined,
    });
}

/** Keeps the state of a run that was stopped between marks, where nothing is owed. */
export function pause({ trainer, writer, spec }: RunInHand): void {
  if (trainer.step >= forkStepOf(spec))
    writer.commit({ step: trainer.step, status: "paused", checkpoint: trainer.snapshot(), ...keyOf(trainer) });
}

/** Commits up to the update that broke, with the state before it, and marks the run as failed. Returns why. */
export function keepWhatBroke(error: LossNotFiniteError, { trainer, writer, spec }: RunInHand): string {
  const { step, beganFinite } = error.what;
  if (step >= forkStepOf(spec))
    writer.commit({
      step,
      status: "running",
      checkpoint: beganFinite ? trainer.snapshot() : undefined,
      ...keyOf(trainer),
    });
  const failure = failureText(error, writer.reader);
  writer.fail(failure);
  return failure;
}

export function forkStepOf({ meaning }: TrainJob["spec"]): number {
  return meaning.lineage?.forkStep ?? 0;
}

/** A session looks before it sends jobs; here it is looked at again, since another one may have come in between. */
export function refuseOtherNumerics(manifest: Manifest, here: Numerics): void {
  if (!isOfOtherNumerics(manifest, here)) return;
  throw numericsDiffer([manifest], here, {
    what: `Run ${manifest.id}`,
    wayOut: "use another workspace (--home), remove the run's folder, or go on where it was begun",
  });
}

function keyOf({ numerics }: Pick<Trainer, "numerics">) {
  return { numericsKey: numericsKeyOf(numerics), numerics };
}
