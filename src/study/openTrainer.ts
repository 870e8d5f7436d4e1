/**
 * @file The trainer of a run. Opening one starts sessions of the native runtime, so only worker processes do it: one
 * process trains one run at a time, and ending it harms nobody else.
 */
import type { RunMeaning, Trainer } from "../core/index.ts";
import { nativeDevice } from "../engine/native.ts";
import { organism } from "../lab/index.ts";

/** At step 0. Throws before any training when something in the meaning does not fit. */
export function openTrainer({ process, seeds, lineage }: RunMeaning): Promise<Trainer> {
  return organism(process.organism).open({ process, seeds, changes: lineage?.changes ?? [], device: nativeDevice });
}
