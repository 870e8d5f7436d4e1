/**
 * @file What an organism is: a task and a model whose development shows a known phenomenon, ready to be trained.
 */
import type { Change, EnsembleMembership, Factors, MeasureSpec, Process, Seeds, Trainer } from "../core/index.ts";
import type { Device, MembersChoice } from "../engine/index.ts";
import type { EnsembleTrainer } from "./ensemble/ensembleTrainer.ts";
import type { Parameters } from "./parameters.ts";

export interface OpenOptions {
  readonly process: Process;
  /** One value for each of the organism's `seedNames`. */
  readonly seeds: Seeds;
  /** The changes of the lineage, in order, added after those of the process. */
  readonly changes: readonly Change[];
  /** What computes: `nativeDevice` in Node, a jax device in browsers. Part of the numerics key, not of the run's meaning. */
  readonly device: Device;
}

type RunOptions = Omit<OpenOptions, "device">;

/** Runs of one shape, trained as one program. */
export interface OrganismEnsembles {
  /** Runs whose factors give the same text differ in numbers only, so that one program can train them. */
  shapeOf(factors: Factors): string;
  /** Like `open`, for up to `members` runs of one shape. */
  open(options: {
    readonly runs: readonly RunOptions[];
    readonly device: Device;
    readonly ensemble: EnsembleMembership;
  }): Promise<EnsembleTrainer>;
  /** How many to train at once, measured on these runs (repeated where they are fewer). */
  choose(options: {
    readonly runs: readonly RunOptions[];
    readonly device: Device;
    readonly candidates: readonly number[];
    readonly isExactOnly?: boolean;
    readonly nowMs: () => number;
  }): Promise<MembersChoice>;
}

export interface Organism {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The components of its seed vector. */
  readonly seedNames: readonly string[];
  readonly measures: readonly MeasureSpec[];
  /** Every factor setting by dotted path: for documentation, design spaces and messages. */
  readonly parameters: Parameters;
  /** Loose → strict with all defaults filled in; throws FACTORS_INVALID naming the place under `where`. */
  parseFactors(partial: unknown, where: string): Factors;
  /** Throws CHANGE_INVALID when a run with these factors cannot follow the change. */
  validateChange(change: Change, factors: Factors): void;
  /** Name → sha256 of the bytes of each data source; empty when the data are made by rule. */
  dataHashes(): Promise<Record<string, string>>;
  /** A trainer at step 0. Throws before any training when something in the options does not fit. */
  open(options: OpenOptions): Promise<Trainer>;
  /** Absent: its runs are always trained one by one. */
  readonly ensembles?: OrganismEnsembles;
}
