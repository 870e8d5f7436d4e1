/**
 * @file What an ensemble needs of one run's model: its loop, and the numbers that are its own.
 */
import type { Tensor } from "../../core/index.ts";
import type { LoopSpec } from "../../engine/index.ts";
import type { Regime } from "../regime.ts";

export interface MemberLoop {
  /** The same for all runs of one shape. Its output "loss" is the loss of the step, nats. */
  readonly spec: LoopSpec;
  /** Residents and tables that may differ between runs of one shape. */
  readonly perMember: readonly string[];
  readonly resident: Record<string, Tensor>;
  /** Rows of the updates `step` … `step + steps − 1`, all under one regime. */
  table(options: { readonly step: number; readonly steps: number; readonly regime: Regime }): Record<string, Tensor>;
}
