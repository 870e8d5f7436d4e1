/**
 * @file Trains a stored run again, inside a worker process, and compares it with itself: the state's hash at every
 * checkpoint on the way, and what was measured. Takes no lease and writes nothing.
 *
 * Refuses numerics other than the run's (NUMERICS_DIFFER) before it begins, unless it is to compare within a tolerance; then
 * every checkpoint is reached from the one stored before it, so that rounding has only that stretch to grow in.
 */
import { type Numerics, OntogenyError, type Snapshot, type Trainer } from "../../core/index.ts";
import type { WorkerContext } from "../../fleet/index.ts";
import { stateHashOf, type Workspace } from "../../store/index.ts";
import { isOfOtherNumerics, type NumericsDifference, numericsDiffer, numericsDifferences } from "../numerics.ts";
import { openTrainer } from "../openTrainer.ts";
import type { ReplayJob, TrainProgress } from "../runSpec.ts";
import { compareMeasures, type MeasureDifference } from "./compareMeasures.ts";
import { isWithin, stateDifferences, type TensorDifference } from "./compareStates.ts";
import { type Stretch, stretchesOf } from "./stretches.ts";

/** One checkpoint, compared. */
export interface CheckpointRow {
  /** The run, or the ancestor that the checkpoint belongs to. */
  readonly run: string;
  readonly step: number;
  /** Hash of the state in the file; absent when the file cannot be read. */
  readonly stored?: string;
  readonly replayed: string;
  readonly same: boolean;
  /** Tensors that differ; empty when the hashes are equal. */
  readonly tensors: readonly TensorDifference[];
  /** What is wrong with the stored checkpoint itself. */
  readonly problem?: string;
}

export interface ReplayResult {
  /** Step that the replay began from: 0, or that of a checkpoint. */
  readonly from: number;
  readonly until: number;
  readonly steps: number;
  readonly checkpoints: readonly CheckpointRow[];
  readonly measures: {
    readonly compared: number;
    readonly differences: readonly MeasureDifference[];
    readonly unknown: readonly string[];
  };
  /** Components of the numerics key that differ; only with a tolerance. */
  readonly numerics: readonly NumericsDifference[];
}

/** What the worker tells while it works. */
export type ReplayProgress =
  | ({ readonly kind: "step"; readonly total: number } & TrainProgress)
  | { readonly kind: "checkpoint"; readonly row: CheckpointRow }
  | { readonly kind: "numerics"; readonly differences: readonly NumericsDifference[] };

export interface ReplayRunOptions {
  readonly workspace: Workspace;
  readonly job: ReplayJob;
  readonly context: WorkerContext;
}

export async function replayRun(options: ReplayRunOptions): Promise<{ result: ReplayResult } | "stopped"> {
  const { workspace, job } = options;
  const stretches = await stretchesOf(workspace, job.run);
  const from = job.from ?? 0;
  const until = job.until ?? stretches[stretches.length - 1].to;
  checkRange(job.run, stretches, from, until);
  const replay = new Replay(options, stretches, from, until);
  try {
    return await replay.run();
  } finally {
    await replay.close();
  }
}

class Replay {
  private readonly options: ReplayRunOptions;
  private readonly stretches: readonly Stretch[];
  private readonly from: number;
  private readonly until: number;
  private readonly trainers: Trainer[] = [];
  private readonly rows: CheckpointRow[] = [];
  private readonly unknown = new Set<string>();
  private readonly differences: MeasureDifference[] = [];
  private compared = 0;

  constructor(options: ReplayRunOptions, stretches: readonly Stretch[], from: number, until: number) {
    this.options = options;
    this.stretches = stretches.filter((stretch) => stretch.to >= from && stretch.from < until);
    this.from = from;
    this.until = until;
  }

  async run(): Promise<{ result: ReplayResult } | "stopped"> {
    for (const { manifest } of this.stretches)
      this.trainers.push(await openTrainer(manifest.meaning, { ensemble: manifest.numerics?.ensemble }));
    const numerics = this.checkNumerics();
    let state = this.from === 0 ? undefined : this.load(this.from);
    for (const [i, stretch] of this.stretches.entries()) {
      const trainer = this.trainers[i];
      if (state !== undefined) trainer.restore(state);
      if (!(await this.follow(stretch, trainer))) return "stopped";
      state = trainer.snapshot();
    }
    return {
      result: {
        from: this.from,
        until: this.until,
        steps: this.until - this.from,
        checkpoints: this.rows,
        measures: { compared: this.compared, differences: this.differences, unknown: [...this.unknown] },
        numerics,
      },
    };
  }

  async close(): Promise<void> {
    for (const trainer of this.trainers) await trainer.close();
  }

  /** Along one stretch; false when it was stopped. */
  private async follow(stretch: Stretch, trainer: Trainer): Promise<boolean> {
    const { signal } = this.options.context;
    const end = Math.min(stretch.to, this.until);
    const owed = [...stretch.checkpoints, ...stretch.points].map(({ step }) => step);
    const isFirst = trainer.step === this.from && this.from === 0 && stretch.from < 0;
    const marks = [...new Set([...owed, end])].filter((step) => step <= end && (step > trainer.step || isFirst));
    for (const mark of marks.sort((a, b) => a - b)) {
      let told = trainer.step;
      const onProgress = (step: number) => {
        this.tell({ kind: "step", step, stepsAdded: step - told, total: this.until - this.from });
        told = step;
      };
      await trainer.advance({ steps: mark - trainer.step, signal, onProgress });
      if (trainer.step < mark) return false;
      await this.compareAt(mark, stretch, trainer);
    }
    return !signal.aborted;
  }

  private async compareAt(step: number, stretch: Stretch, trainer: Trainer): Promise<void> {
    const tolerance = this.options.job.tolerance ?? 0;
    const points = stretch.points.filter((point) => point.step === step);
    if (points.length > 0) {
      const { compared, differences, unknown } = await compareMeasures(trainer, points, tolerance);
      this.compared += compared;
      this.differences.push(...differences);
      for (const measure of unknown) this.unknown.add(measure);
    }
    if (!stretch.checkpoints.some((checkpoint) => checkpoint.step === step)) return;
    const { row, stored } = this.compareCheckpoint(step, stretch, trainer.snapshot());
    this.rows.push(row);
    this.tell({ kind: "checkpoint", row });
    if (tolerance > 0 && stored !== undefined) trainer.restore(stored);
  }

  private compareCheckpoint(
    step: number,
    { run, checkpoints }: Stretch,
    replayed: Snapshot,
  ): { row: CheckpointRow; stored?: Snapshot } {
    const { tolerance } = this.options.job;
    const row = { run: run.id, step, replayed: stateHashOf(replayed.tensors) };
    let stored: Snapshot;
    try {
      stored = run.loadCheckpoint(step);
    } catch (error) {
      if (!(error instanceof OntogenyError)) throw error;
      return { row: { ...row, same: false, tensors: [], problem: error.message.split("\n")[0] } };
    }
    const hash = stateHashOf(stored.tensors);
    const said = checkpoints.find((checkpoint) => checkpoint.step === step)!.meta.stateHash;
    const tensors = hash === row.replayed ? [] : stateDifferences(stored.tensors, replayed.tensors);
    const fits = tolerance === undefined ? tensors.length === 0 : isWithin(tensors, tolerance);
    const problem = hash === said ? undefined : `its description says ${said.slice(0, 12)}`;
    return { row: { ...row, stored: hash, same: fits && problem === undefined, tensors, problem }, stored };
  }

  private load(step: number): Snapshot {
    const holder = this.stretches.find(({ checkpoints }) => checkpoints.some((checkpoint) => checkpoint.step === step));
    return holder!.run.loadCheckpoint(step);
  }

  /** The components that differ, when that is allowed. */
  private checkNumerics(): NumericsDifference[] {
    const others = this.stretches
      .map(({ manifest }, i) => ({ manifest, here: this.trainers[i].numerics }))
      .filter(({ manifest, here }) => isOfOtherNumerics(manifest, here));
    if (others.length === 0) return [];
    const [{ manifest, here }] = others;
    if (this.options.job.tolerance === undefined)
      throw numericsDiffer(
        others.map((one) => one.manifest),
        here,
        {
          what: `Replay of run ${this.options.job.run}`,
          wayOut: "replay it where it was made, or compare within a tolerance with --across-numerics",
        },
      );
    const differences = manifest.numerics === undefined ? [] : numericsDifferences(manifest.numerics, here as Numerics);
    this.tell({ kind: "numerics", differences });
    return differences;
  }

  private tell(progress: ReplayProgress): void {
    this.options.context.progress(progress);
  }
}

function checkRange(run: string, stretches: readonly Stretch[], from: number, until: number): void {
  const last = stretches[stretches.length - 1].to;
  const stored = stretches.flatMap(({ checkpoints }) => checkpoints.map(({ step }) => step));
  if (from !== 0 && !stored.includes(from))
    throw new OntogenyError(
      "CHECKPOINT_MISSING",
      `Replay of run ${run}: expected --from to be 0 or the step of a checkpoint (${stored.join(", ") || "there is none"}), got ${from}`,
    );
  if (until <= from || until > last)
    throw new OntogenyError(
      "OUT_OF_DOMAIN",
      `Replay of run ${run}: expected --until to lie after ${from} and at most at ${last}, the run's last step, got ${until}`,
    );
}
