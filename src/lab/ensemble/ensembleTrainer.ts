/**
 * @file Trains runs of one shape in lock-step, as one program.
 *
 * A run's state at a step is a pure function of its own factors, changes, seeds and the ensemble's size: not of the runs
 * beside it, nor of its place. An incomplete ensemble is filled up with copies of its runs, whose work is wasted. A run whose
 * loss or state is not finite leaves the ensemble, before the update that broke; the others go on.
 */
import {
  type AdvanceOptions,
  type Change,
  type EnsembleMembership,
  LossNotFiniteError,
  type Numerics,
  OntogenyError,
  type Snapshot,
  type Tensor,
  type Trainer,
} from "../../core/index.ts";
import {
  type Device,
  type Ensemble,
  ensembleLoop,
  type LoopProgram,
  type LoopResult,
  memberOutputs,
  memberResult,
  memberState,
  pauseForEvents,
  StepPacer,
  stackResident,
  stackState,
  stackTables,
} from "../../engine/index.ts";
import { explainBreak, isAllFinite, maybeBrokenTensor } from "../brokenTraining.ts";
import { NativeTrainer, type NativeTrainerOptions, requireSteps, type State } from "../nativeTrainer.ts";
import { ProgramCache } from "../programCache.ts";
import { type Regime, RegimeHistory } from "../regime.ts";

const programs = new ProgramCache<LoopProgram>(4);
/** A call's table and losses must fit in memory. */
const MOST_STEPS_PER_CALL = 2000;

export interface EnsembleTrainerOptions {
  /** Equal for runs of one shape. */
  readonly key: string;
  readonly runs: readonly NativeTrainerOptions[];
  readonly device: Device;
  readonly ensemble: EnsembleMembership;
  /** Paces the calls; no result depends on it. */
  readonly nowMs?: () => number;
}

export class EnsembleTrainer {
  readonly numerics: Numerics;
  readonly trainingBytes?: number;
  private readonly options: EnsembleTrainerOptions;
  private readonly loops: Ensemble;
  private readonly pacer: StepPacer;
  private readonly histories: readonly RegimeHistory[];
  /** Each run's state between calls of `advance`, and all that is done with one. */
  private readonly trainers: readonly NativeTrainer[];
  private readonly broken = new Set<number>();
  private isAdvancing = false;

  private constructor(options: EnsembleTrainerOptions, loops: Ensemble, program: LoopProgram) {
    const { runs, device, ensemble, nowMs = () => performance.now() } = options;
    this.options = options;
    this.loops = loops;
    this.numerics = { ...device.numericsOf(program), ensemble };
    this.trainingBytes = program.memoryBytes;
    this.pacer = new StepPacer({ nowMs });
    this.histories = runs.map(({ factors, seeds, changes }) => new RegimeHistory({ factors, seeds }, changes));
    this.trainers = runs.map((run) => new NativeTrainer(run));
  }

  /** At step 0. Throws ENSEMBLE_TOO_LARGE for more runs than members, and whatever compilation refuses. */
  static async open(options: EnsembleTrainerOptions): Promise<EnsembleTrainer> {
    const { key, runs, device, ensemble } = options;
    const { members } = ensemble;
    if (runs.length > members || runs.length === 0)
      throw new OntogenyError(
        "ENSEMBLE_TOO_LARGE",
        `Ensemble of ${key}: expected 1 to ${members} runs, got ${runs.length}`,
      );
    const { spec, perMember } = runs[0].model.member!;
    const loops = ensembleLoop(spec, { members, perMember });
    return new EnsembleTrainer(options, loops, await programOf(device, key, loops));
  }

  /** One run, with all that a trainer does but advancing. */
  run(index: number): Omit<Trainer, "advance" | "close"> {
    const trainer = this.trainers[index];
    return {
      numerics: this.numerics,
      trainingBytes: this.trainingBytes,
      get step() {
        return trainer.step;
      },
      snapshot: () => {
        this.refuseWhileAdvancing("snapshot");
        return trainer.snapshot();
      },
      restore: (snapshot: Snapshot) => {
        this.refuseWhileAdvancing("restore");
        trainer.restore(snapshot);
        this.broken.delete(index);
      },
      apply: (change: Change) => {
        this.refuseWhileAdvancing("apply");
        trainer.apply(change);
        this.histories[index].add(change);
      },
      measure: async (options) => {
        this.refuseWhileAdvancing("measure");
        return trainer.measure(options);
      },
    };
  }

  /**
   * Advances runs (`only` these, or all) that have not broken; they must stand at one step. Stops early, between calls, when aborted. Returns how
   * those broke that did so in this call; they stand before the update that broke.
   */
  async advance(options: AdvanceOptions & { readonly only?: readonly number[] }): Promise<EnsembleAdvance> {
    this.refuseWhileAdvancing("advance");
    requireSteps(options.steps);
    this.isAdvancing = true;
    try {
      return await this.advanceAll(options);
    } finally {
      this.isAdvancing = false;
    }
  }

  async close(): Promise<void> {
    for (const trainer of this.trainers) await trainer.close();
  }

  private async advanceAll({
    steps,
    signal,
    onProgress,
    only = this.trainers.map((_, run) => run),
  }: Parameters<EnsembleTrainer["advance"]>[0]): Promise<EnsembleAdvance> {
    const failures = new Map<number, LossNotFiniteError>();
    const losses = this.trainers.map((): number[] => []);
    const advanced = { failures, batchLossNats: losses };
    let group = this.gather(only);
    if (group === undefined) return advanced;
    const end = group.step + steps;
    while (group !== undefined && group.step < end && !signal?.aborted) {
      const next: LoopResult = await this.call(group, end - group.step);
      const made = next.outputs.loss.shape[0];
      const { runs } = group;
      const broke = brokenSlots(next).filter((slot) => slot < runs.length);
      for (const slot of broke) failures.set(runs[slot], await this.leave(group, slot, next, losses[runs[slot]]));
      for (const [slot, run] of runs.entries()) if (!broke.includes(slot)) losses[run].push(...lossesOf(next, slot));
      group = { ...group, state: next.state, step: group.step + made };
      if (broke.length > 0) {
        this.scatter(group);
        group = this.gather(only);
      }
      if (group !== undefined) onProgress?.(group.step);
      await pauseForEvents();
    }
    if (group !== undefined) this.scatter(group);
    return advanced;
  }

  private async call(group: Group, limit: number): Promise<LoopResult> {
    const { runs, step, state, resident } = group;
    const boundary = Math.min(...runs.map((run) => this.histories[run].nextBoundary(step)));
    const steps = this.pacer.next(Math.min(limit, boundary - step, MOST_STEPS_PER_CALL));
    const tables = runs.map((run) => this.memberOf(run).table({ step, steps, regime: this.histories[run].at(step) }));
    const table = stackTables(this.loops, this.filledUp(tables));
    return this.pacer.timed(steps, () => this.runProgram(resident, { state, table, steps }));
  }

  private async runProgram(resident: Record<string, Tensor>, run: Parameters<LoopProgram["run"]>[0]) {
    const program = await programOf(this.options.device, this.options.key, this.loops);
    program.bind(resident);
    return program.run(run);
  }

  /** The run in this slot broke in the call that gave `next`: it stays at the last state before. */
  private async leave(
    { runs, step, state }: Group,
    slot: number,
    next: LoopResult,
    before: number[],
  ): Promise<LossNotFiniteError> {
    const losses = lossesOf(next, slot);
    const run = runs[slot];
    const { what, state: last } = await explainBreak({
      model: this.alone(run),
      regime: this.histories[run].at(step),
      state: memberState(state, slot),
      step,
      steps: losses.length,
    });
    this.trainers[run].restore({ step: what.step, tensors: last, cursor: {} });
    this.broken.add(run);
    before.push(...losses.subarray(0, what.step - step));
    return new LossNotFiniteError(what, Float32Array.from(before));
  }

  /** One run by itself with the ensemble's bits: an ensemble of its copies. */
  private alone(run: number): Pick<NativeTrainerOptions["model"], "update" | "firstNonFinite"> {
    const { members } = this.loops;
    const copies = <T>(one: T): T[] => Array.from({ length: members }, () => one);
    const resident = stackResident(this.loops, copies(this.memberOf(run).resident));
    return {
      update: async ({ state, step, steps, regime }: { state: State; step: number; steps: number; regime: Regime }) => {
        const table = stackTables(this.loops, copies(this.memberOf(run).table({ step, steps, regime })));
        const result = await this.runProgram(resident, { state: stackState(copies({ ...state })), table, steps });
        const own = memberResult(result, 0);
        return { state: own.state, batchLossNats: own.outputs.loss.data as Float32Array };
      },
      firstNonFinite: (options) => this.options.runs[run].model.firstNonFinite(options),
    };
  }

  /** Those of these runs that have not broken, stacked; undefined when there is none. */
  private gather(only: readonly number[]): Group | undefined {
    const runs = only.filter((run) => !this.broken.has(run));
    if (runs.length === 0) return undefined;
    const snapshots = runs.map((run) => this.trainers[run].snapshot());
    const steps = [...new Set(snapshots.map(({ step }) => step))];
    if (steps.length > 1)
      throw new OntogenyError(
        "ENSEMBLE_OUT_OF_STEP",
        `Ensemble of ${this.options.key}: expected all runs at one step, got steps ${steps.join(", ")}`,
      );
    return {
      runs,
      step: steps[0],
      state: stackState(this.filledUp(snapshots.map(({ tensors }) => ({ ...tensors })))),
      resident: stackResident(this.loops, this.filledUp(runs.map((run) => this.memberOf(run).resident))),
    };
  }

  private scatter({ runs, step, state }: Group): void {
    for (const [slot, run] of runs.entries())
      if (!this.broken.has(run)) this.trainers[run].restore({ step, tensors: memberState(state, slot), cursor: {} });
  }

  private refuseWhileAdvancing(what: string): void {
    if (this.isAdvancing)
      throw new OntogenyError(
        "TRAINER_BUSY",
        `${what}: expected the trainer to be ready, got a trainer that is advancing`,
      );
  }

  private filledUp<T>(own: readonly T[]): T[] {
    return Array.from({ length: this.loops.members }, (_, slot) => own[slot % own.length]);
  }

  private memberOf(run: number) {
    return this.options.runs[run].model.member!;
  }
}

export interface EnsembleAdvance {
  /** By run: how it broke in this call of `advance`. */
  readonly failures: ReadonlyMap<number, LossNotFiniteError>;
  /** Of each run's updates just done, nats per example; the runs' own bits, where their states have these. */
  readonly batchLossNats: readonly (readonly number[])[];
}

interface Group {
  /** By slot; the slots after them hold copies. */
  readonly runs: readonly number[];
  readonly step: number;
  readonly state: Record<string, Tensor>;
  readonly resident: Record<string, Tensor>;
}

function programOf(device: Device, key: string, { members, loop }: Ensemble): Promise<LoopProgram> {
  return programs.get(device, `${members} × ${key}`, () => device.compileLoop(loop));
}

function brokenSlots(result: LoopResult): number[] {
  const { state, outputs } = result;
  if (isAllFinite(outputs.loss.data as Float32Array) && maybeBrokenTensor(state) === undefined) return [];
  const members = outputs.loss.shape[1];
  return Array.from({ length: members }, (_, slot) => slot).filter(
    (slot) => !isAllFinite(lossesOf(result, slot)) || maybeBrokenTensor(memberState(state, slot)) !== undefined,
  );
}

function lossesOf({ outputs: { loss } }: LoopResult, slot: number): Float32Array {
  return memberOutputs({ loss }, slot).loss.data as Float32Array;
}
