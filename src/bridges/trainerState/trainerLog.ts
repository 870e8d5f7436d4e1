/**
 * @file `log_history` as points: which entry is which kind, and what its keys are called (rules: trainerStateBridge.ts).
 */
import type { Json } from "../../core/index.ts";
import { isJsonObject } from "../jsonFile.ts";

export interface LogEntry {
  readonly measure: string;
  readonly step: number;
  readonly value: number;
}

export interface LogEntries {
  /** In the order of the log. */
  readonly entries: readonly LogEntry[];
  /** Of the last entry about the whole run. */
  readonly finals?: Readonly<Record<string, Json>>;
  readonly withoutStep: number;
  readonly notNumbers: number;
  readonly firstNotNumber?: string;
}

export function entriesOf(history: readonly unknown[]): LogEntries {
  const entries: LogEntry[] = [];
  let [finals, withoutStep, notNumbers]: [Record<string, Json> | undefined, number, number] = [undefined, 0, 0];
  let firstNotNumber: string | undefined;
  let epochAt = "";
  for (const entry of history) {
    if (!isJsonObject(entry)) {
      withoutStep++;
      continue;
    }
    const { step, epoch, ...values } = entry;
    if ("train_runtime" in values) {
      finals = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value as Json]));
      continue;
    }
    if (typeof step !== "number" || !Number.isFinite(step)) {
      withoutStep++;
      continue;
    }
    if (typeof epoch === "number" && epochAt !== `${step} ${epoch}`) {
      entries.push({ measure: "epoch", step, value: epoch });
      epochAt = `${step} ${epoch}`;
    }
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === "number") entries.push({ measure: measureOf(name, values), step, value });
      else if (value !== null) {
        notNumbers++;
        firstNotNumber ??= `${name} at step ${step} is ${JSON.stringify(value)?.slice(0, 60)}`;
      }
    }
  }
  return {
    entries,
    withoutStep,
    notNumbers,
    ...(finals !== undefined && { finals }),
    ...(firstNotNumber !== undefined && { firstNotNumber }),
  };
}

function measureOf(name: string, values: Readonly<Record<string, unknown>>): string {
  for (const kind of ["eval", "test"]) if (name.startsWith(`${kind}_`)) return `${kind}/${name.slice(kind.length + 1)}`;
  const bare = name.startsWith("train_") ? name.slice("train_".length) : name;
  return `train/${bare !== name && bare in values ? name : bare}`;
}
