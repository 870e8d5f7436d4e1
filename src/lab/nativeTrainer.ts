/**
 * @file The native trainer: drives a model of the lab under a run's factors, changes and seeds.
 *
 * The state at a step is a pure function of (factors, changes, seeds, step): the same however `advance` is cut up, and
 * after any snapshot and restore. Work is done in calls that take a fraction of a second, with a pause for the event
 * loop between them. A loss or state that is not finite ends it (LOSS_NOT_FINITE), before the update that broke. Refuses changes that
 * the run cannot follow, foreign snapshots, and use while busy or after close.
 */
import {
  type AdvanceOptions,
  type AdvanceResult,
  type Change,
  type Factors,
  LossNotFiniteError,
  type MeasuredValue,
  type Numerics,
  OntogenyError,
  type Seeds,
  type Snapshot,
  type Tensor,
  type Trainer,
} from "../core/index.ts";
import { type NonFiniteOrigin, pauseForEvents, StepPacer } from "../engine/index.ts";
import { explainBreak, isAllFinite, maybeBrokenTensor } from "./brokenTraining.ts";
import type { MemberLoop } from "./ensemble/memberLoop.ts";
import { type Regime, RegimeHistory } from "./regime.ts";

/** However fast the steps are: a call's table and losses must fit in memory. */
const MOST_STEPS_PER_CALL = 2000;

export type State = Readonly<Record<string, Tensor>>;

/** What an organism hands to the trainer: one run's model, without any notion of past or future. */
export interface NativeModel {
  readonly numerics: Numerics;
  /** What an ensemble needs of it; absent: it trains alone. */
  readonly member?: MemberLoop;
  readonly trainingBytes?: number;
  initialState(): State;
  /** `steps` updates from `step` on, all under one regime. Returns new tensors; leaves `state` alone. */
  update(options: {
    readonly state: State;
    readonly step: number;
    readonly steps: number;
    readonly regime: Regime;
  }): Promise<{ state: State; batchLossNats: Float32Array }>;
  /** Where the first value that is not finite arises in the update from `step`; undefined when it cannot be said. */
  firstNonFinite(options: {
    readonly state: State;
    readonly step: number;
    readonly regime: Regime;
  }): Promise<NonFiniteOrigin | undefined>;
  measure(options: {
    readonly state: State;
    readonly only?: readonly string[];
    readonly detail: "quick" | "full";
  }): Promise<readonly MeasuredValue[]>;
  close(): Promise<void>;
}

export interface NativeTrainerOptions {
  readonly model: NativeModel;
  readonly factors: Factors;
  readonly seeds: Seeds;
  readonly changes: readonly Change[];
  readonly measureNames: readonly string[];
  readonly validateChange: (change: Change) => void;
  /** Paces the calls; no result depends on it. */
  readonly nowMs?: () => number;
}

export class NativeTrainer implements Trainer {
  readonly numerics: Numerics;
  readonly trainingBytes?: number;
  private readonly options: NativeTrainerOptions;
  private readonly history: RegimeHistory;
  private readonly pacer: StepPacer;
  private state: State;
  private stepsDone = 0;
  private status: "ready" | "advancing" | "measuring" | "closed" = "ready";

  constructor(options: NativeTrainerOptions) {
    for (const change of options.changes) options.validateChange(change);
    this.options = options;
    this.numerics = options.model.numerics;
    this.trainingBytes = options.model.trainingBytes;
    this.history = new RegimeHistory({ factors: options.factors, seeds: options.seeds }, options.changes);
    this.pacer = new StepPacer({ nowMs: options.nowMs ?? (() => performance.now()) });
    this.state = options.model.initialState();
  }

  get step(): number {
    return this.stepsDone;
  }

  async advance({ steps, signal, onProgress }: AdvanceOptions): Promise<AdvanceResult> {
    requireSteps(steps);
    return this.whileBusy("advancing", async () => {
      const losses = new Float32Array(steps);
      let done = 0;
      while (done < steps && !signal?.aborted) {
        const made = await this.call(steps - done, losses.subarray(0, done));
        losses.set(made, done);
        done += made.length;
        onProgress?.(this.stepsDone);
        await pauseForEvents();
      }
      return { batchLossNats: losses.subarray(0, done) };
    });
  }

  /** One call of the model, of at most `limit` steps; its losses. `before`: those of the calls before it. */
  private async call(limit: number, before: Float32Array): Promise<Float32Array> {
    const { model } = this.options;
    const { state, stepsDone: step } = this;
    const regime = this.history.at(step);
    const steps = this.pacer.next(Math.min(limit, this.history.nextBoundary(step) - step, MOST_STEPS_PER_CALL));
    const next = await this.pacer.timed(steps, () => model.update({ state, step, steps, regime }));
    const losses = next.batchLossNats;
    if (!isAllFinite(losses) || maybeBrokenTensor(next.state) !== undefined) {
      const broken = await explainBreak({ model, regime, state, step, steps });
      this.state = broken.state;
      this.stepsDone = broken.what.step;
      throw new LossNotFiniteError(broken.what, concatenated(before, losses.subarray(0, broken.what.step - step)));
    }
    this.state = next.state;
    this.stepsDone = step + steps;
    return losses;
  }

  snapshot(): Snapshot {
    this.refuseUnlessReady("snapshot");
    return { step: this.stepsDone, tensors: copyOf(this.state), cursor: {} };
  }

  restore(snapshot: Snapshot): void {
    this.refuseUnlessReady("restore");
    const expected = describe(this.state);
    const got = describe(snapshot.tensors);
    if (got !== expected)
      throw new OntogenyError("SNAPSHOT_MISMATCH", `restore: expected tensors ${expected}, got ${got}`);
    for (const [name, { shape, data }] of Object.entries(snapshot.tensors))
      if (data.length !== shape.reduce((product, size) => product * size, 1))
        throw new OntogenyError("SNAPSHOT_MISMATCH", `restore: ${name} has ${data.length} items for shape [${shape}]`);
    if (!Number.isSafeInteger(snapshot.step) || snapshot.step < 0)
      throw new OntogenyError("SNAPSHOT_MISMATCH", `restore: expected a step ≥ 0, got ${snapshot.step}`);
    const names = Object.keys(this.state);
    const copy = copyOf(snapshot.tensors);
    this.state = Object.fromEntries(names.map((name) => [name, copy[name]]));
    this.stepsDone = snapshot.step;
  }

  apply(change: Change): void {
    this.refuseUnlessReady("apply");
    if (change.from < this.stepsDone)
      throw new OntogenyError(
        "CHANGE_INVALID",
        `apply: expected a change from step ${this.stepsDone} or later, got ${change.from}; restore an earlier checkpoint first`,
      );
    this.options.validateChange(change);
    this.history.add(change);
  }

  async measure({
    only,
    detail = "quick",
  }: {
    only?: readonly string[];
    detail?: "quick" | "full";
  } = {}): Promise<readonly MeasuredValue[]> {
    const unknown = only?.find((name) => !this.options.measureNames.includes(name));
    if (unknown !== undefined)
      throw new OntogenyError(
        "MEASURE_UNKNOWN",
        `measure: expected one of ${this.options.measureNames.join(", ")}, got "${unknown}"`,
      );
    return this.whileBusy("measuring", () => this.options.model.measure({ state: this.state, only, detail }));
  }

  async close(): Promise<void> {
    if (this.status === "closed") return;
    this.status = "closed";
    await this.options.model.close();
  }

  private async whileBusy<T>(status: "advancing" | "measuring", work: () => Promise<T>): Promise<T> {
    this.refuseUnlessReady(status);
    this.status = status;
    try {
      return await work();
    } finally {
      if (this.status === status) this.status = "ready";
    }
  }

  private refuseUnlessReady(what: string): void {
    if (this.status !== "ready")
      throw new OntogenyError(
        "TRAINER_BUSY",
        `${what}: expected the trainer to be ready, got a trainer that is ${this.status}`,
      );
  }
}

export function requireSteps(steps: number): void {
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new OntogenyError("OUT_OF_DOMAIN", `advance: expected steps to be an integer ≥ 0, got ${steps}`);
}

function concatenated(a: Float32Array, b: Float32Array): Float32Array {
  const joined = new Float32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function copyOf(state: State): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(state).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape: [...shape], data: data.slice() },
    ]),
  );
}

function describe(state: State): string {
  return Object.entries(state)
    .map(([name, { dtype, shape }]) => `${name} ${dtype}[${shape.join(", ")}]`)
    .sort()
    .join("; ");
}
