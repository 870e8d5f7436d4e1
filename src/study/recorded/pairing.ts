/**
 * @file Which treated run belongs to which control run: by the seeds that their configurations, or else their names, state.
 *
 * Pairs only when every run of both arms has seeds, no two runs of an arm have the same, and the arms have the same ones:
 * half a pairing would throw runs away. Otherwise the arms are independent samples.
 */
import type { RecordedRun } from "../../core/index.ts";

export interface Pairing {
  /** Aligned: treated[i] belongs to control[i]. Absent: unpaired. */
  readonly pairs?: readonly (readonly [treated: RecordedRun, control: RecordedRun])[];
  /** For people. */
  readonly ground: string;
}

export function pairRuns(treated: readonly RecordedRun[], control: readonly RecordedRun[]): Pairing {
  const [a, b] = [treated, control].map((arm) => new Map(arm.map((run) => [seedsOf(run), run])));
  const missing = [...treated, ...control].find((run) => seedsOf(run) === undefined);
  if (missing !== undefined) return { ground: `unpaired: ${missing.name} states no seed` };
  if (a.size < treated.length || b.size < control.length) return { ground: "unpaired: runs of one arm share a seed" };
  if (a.size !== b.size || ![...a.keys()].every((seeds) => b.has(seeds)))
    return { ground: "unpaired: the arms have different seeds" };
  return {
    pairs: [...a].map(([seeds, run]) => [run, b.get(seeds)!] as const),
    ground: "paired by the seeds that configurations or names state",
  };
}

function seedsOf(run: RecordedRun): string | undefined {
  const stated = Object.entries(run.configuration)
    .filter(
      ([key, value]) =>
        /(^|[._-])seeds?([._-]\w+)?$/i.test(key) && (typeof value === "number" || typeof value === "string"),
    )
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  if (stated.length > 0) return stated.join(" ");
  const named = /(?:^|[^a-z0-9])s(?:eed)?[-_=]?(\d+)(?=$|[^a-z0-9])/i.exec(run.name);
  return named === null ? undefined : `seed=${named[1]}`;
}
