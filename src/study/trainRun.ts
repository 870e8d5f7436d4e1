/**
 * @file Trains one run as far as a job asks, inside a worker process: takes its lease, starts from the best state that
 * is on disk, measures and saves where told, and commits.
 *
 * It can be stopped or killed at any moment and called again: what is committed is not computed twice, and what is
 * computed again has the same bits.
 */
import { type Manifest, numericsKeyOf, OntogenyError, type Point, runIdOf } from "../core/index.ts";
import { nativeDevice } from "../engine/native.ts";
import type { WorkerContext } from "../fleet/index.ts";
import { organism } from "../lab/index.ts";
import type { Workspace } from "../store/index.ts";
import { acquireRun } from "./acquireRun.ts";
import type { TrainJob, TrainProgress, TrainResult } from "./runSpec.ts";
import { findStartState } from "./startState.ts";

export interface TrainRunOptions {
  readonly workspace: Workspace;
  readonly spec: TrainJob["spec"];
  readonly context: WorkerContext;
  readonly clock: () => number;
}

export async function trainRun({
  workspace,
  spec,
  context,
  clock,
}: TrainRunOptions): Promise<{ result: TrainResult } | "stopped"> {
  const { meaning, until } = spec;
  const writer = await acquireRun({ workspace, meaning, signal: context.signal, clock });
  if (writer === undefined) return "stopped";
  try {
    const kind = organism(meaning.process.organism);
    const trainer = await kind.open({
      process: meaning.process,
      seeds: meaning.seeds,
      changes: meaning.lineage?.changes ?? [],
      device: nativeDevice,
    });
    try {
      const numericsKey = numericsKeyOf(trainer.numerics);
      refuseOtherNumerics(writer.manifest, numericsKey);
      const damaged: string[] = [];
      const start = await findStartState({ workspace, spec, numericsKey, damaged });
      if (start !== undefined) trainer.restore(start.snapshot);
      const from = trainer.step;
      const forkStep = meaning.lineage?.forkStep ?? 0;
      writer.resumeFrom(start === undefined || from <= forkStep ? "start" : from);
      const numerics = { numericsKey, numerics: trainer.numerics };
      const marks = marksOf(spec, from);
      let trainMs = 0;
      let measureMs = 0;
      for (const mark of marks) {
        while (trainer.step < mark) {
          const began = clock();
          const before = trainer.step;
          await trainer.advance({ steps: Math.min(mark - before, PROGRESS_STEPS), signal: context.signal });
          trainMs += clock() - began;
          context.progress({ step: trainer.step, stepsAdded: trainer.step - before } satisfies TrainProgress);
          if (context.signal.aborted && trainer.step < mark) {
            // Between marks nothing is owed, so the state can be kept as it is. At a mark, what is owed comes first.
            if (trainer.step >= forkStep)
              writer.commit({ step: trainer.step, status: "paused", checkpoint: trainer.snapshot(), ...numerics });
            return "stopped";
          }
        }
        if (spec.measureAt.includes(mark)) {
          const began = clock();
          const measured = await trainer.measure({ detail: spec.fullAt.includes(mark) ? "full" : "quick" });
          measureMs += clock() - began;
          writer.append(measured.map((value): Point => ({ step: mark, wallMs: clock(), ...value })));
        }
        const last = mark === until;
        if (last || spec.checkpointAt.includes(mark))
          writer.commit({
            ...numerics,
            step: mark,
            status: last ? (spec.complete ? "complete" : "paused") : "running",
            checkpoint: spec.checkpointAt.includes(mark) ? trainer.snapshot() : undefined,
          });
      }
      if (spec.complete) await writer.seal();
      return {
        result: {
          run: runIdOf(meaning),
          steps: until - from,
          trainMs,
          measureMs,
          stepsShared: start?.shared ?? 0,
          damaged,
          numericsKey,
        },
      };
    } finally {
      await trainer.close();
    }
  } finally {
    writer.release();
  }
}

const PROGRESS_STEPS = 250;

/** Steps at which something is owed, ascending, after `from`; the last is the end. */
function marksOf(spec: TrainJob["spec"], from: number): number[] {
  const steps = new Set([...spec.measureAt, ...spec.checkpointAt, spec.until]);
  return [...steps]
    .filter((step) => step <= spec.until && (step > from || (step === from && spec.checkpointAt.includes(step))))
    .sort((a, b) => a - b);
}

function refuseOtherNumerics(manifest: Manifest, numericsKey: string): void {
  if (manifest.numericsKey === undefined || manifest.numericsKey === numericsKey) return;
  throw new OntogenyError(
    "NUMERICS_DIFFER",
    `Run ${manifest.id}: expected numerics key ${numericsKey}, got ${manifest.numericsKey} from an earlier attempt (another engine version, runtime or processor); its bits cannot be continued here. Use another workspace (--home) or remove the run`,
  );
}
