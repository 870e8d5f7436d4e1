/**
 * @file What every suite shares: rows, alternating measurement, medians and their ratios. Ours and the peers take turns within one run,
 * so that a slow spell of the machine falls on all of them.
 */
import { Rng } from "../src/core/index.ts";

export interface BenchRow {
  readonly suite: string;
  readonly case: string;
  readonly ours: number;
  /** Null when there is no peer, or it could not be run: then `note` says why. */
  readonly peer: number | null;
  readonly peerName: string | null;
  /** ours / peer. */
  readonly ratio: number | null;
  /** 95% interval of the ratio; absent: not measured. */
  readonly ratioInterval?: readonly [low: number, high: number];
  /** The bound that `held` is held to; null: none. */
  readonly goal: number | null;
  /** What the goal bounds, and from which side. Default: `ours` at most. */
  readonly held?: { readonly what: "ours" | "ratio"; readonly side: "atMost" | "atLeast" };
  readonly unit: string;
  /** Turns that the medians are taken over. */
  readonly runs: number;
  readonly note?: string;
  /** What `--profile` calls the case, where it can be profiled. */
  readonly profile?: string;
}

export interface Contestant {
  readonly name: string;
  /** One turn: the cost in the suite's unit. */
  readonly turn: () => Promise<number>;
}

/** Everyone takes `turns` turns, in rotation; every cost, by name. */
export async function alternateCosts(
  contestants: readonly Contestant[],
  turns: number,
): Promise<Map<string, readonly number[]>> {
  const costs = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn++)
    for (const { name, turn: take } of contestants) costs.get(name)!.push(await take());
  return costs;
}

/** The median of each, by name. */
export async function alternate(contestants: readonly Contestant[], turns: number): Promise<Map<string, number>> {
  return new Map([...(await alternateCosts(contestants, turns))].map(([name, values]) => [name, median(values)]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const DRAWS = 4000;

/**
 * 95% percentile-bootstrap interval of median(ours) / median(peer) over turns; a draw takes both costs of a turn, since
 * they were measured side by side.
 */
export function ratioInterval(ours: readonly number[], peer: readonly number[]): [low: number, high: number] {
  const rng = Rng.of(1, "bench ratio");
  const ratios = Array.from({ length: DRAWS }, () => {
    const turns = ours.map(() => rng.int(ours.length));
    return median(turns.map((turn) => ours[turn])) / median(turns.map((turn) => peer[turn]));
  }).sort((a, b) => a - b);
  return [ratios[Math.floor(0.025 * DRAWS)], ratios[Math.ceil(0.975 * DRAWS) - 1]];
}

/** Null: there is no goal. */
export function isMet({ ours, ratio, goal, held }: BenchRow): boolean | null {
  if (goal === null) return null;
  const value = held?.what === "ratio" ? ratio : ours;
  if (value === null) return null;
  return held?.side === "atLeast" ? value >= goal : value <= goal;
}

export const goalText = ({ goal, held }: BenchRow): string =>
  goal === null ? "—" : `${held?.side === "atLeast" ? "≥" : "≤"} ${goal}`;
